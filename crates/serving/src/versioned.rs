//! What the origin publishes in versions, sites and lists: what is stored of one
//! of them, and which call comes too late. Calls may be repeated, and overtake
//! each other.

use munjigi_captcha::Refusal;
use munjigi_protocol::Code;

pub trait Versioned: Sized + PartialEq {
    /// Increases with every change.
    fn version(&self) -> u64;

    /// Reads what is stored; `None` if this release cannot.
    fn read(text: &str) -> Option<Self>;
}

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored<T> {
    /// No value.
    Nothing,
    /// A value that this release cannot read.
    Unreadable,
    /// It was deleted at this version.
    Deleted(u64),
    Published(Box<T>),
}

/// The mark that something deleted leaves behind, so that an older PUT still in
/// flight does not bring it back. Neither base64 nor JSON begins like it.
const DELETED: &str = "deleted:";

/// The value for something that is deleted at a version.
pub fn deleted(version: u64) -> String {
    format!("{DELETED}{version}")
}

/// What a DELETE has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// Nothing: it is already deleted at this version.
    Done(u64),
    /// Everything, under this version.
    Due(u64),
}

impl<T: Versioned> Stored<T> {
    /// Parses a value.
    pub fn parse(text: Option<&str>) -> Self {
        let Some(text) = text else { return Self::Nothing };
        if let Some(version) = text.strip_prefix(DELETED) {
            return version.parse().map_or(Self::Unreadable, Self::Deleted);
        }
        T::read(text).map_or(Self::Unreadable, |value| Self::Published(Box::new(value)))
    }

    pub fn published(self) -> Option<T> {
        match self {
            Self::Published(value) => Some(*value),
            Self::Nothing | Self::Unreadable | Self::Deleted(_) => None,
        }
    }

    /// The lowest version that is newer than what is stored.
    pub fn next_version(&self) -> u64 {
        match self {
            Self::Nothing | Self::Unreadable => 1,
            Self::Deleted(version) => version + 1,
            Self::Published(value) => value.version() + 1,
        }
    }

    /// Whether this may be published over what is stored.
    pub fn admits(&self, new: &T) -> bool {
        match self {
            Self::Nothing | Self::Unreadable => true,
            Self::Deleted(version) => new.version() > *version,
            Self::Published(stored) => is_next(&**stored, new),
        }
    }

    /// What a DELETE has to do, at a version or at the current one. `None` if what
    /// is stored is newer.
    pub fn deletion(&self, wanted: Option<u64>) -> Option<Deletion> {
        let (stored, is_deleted) = match self {
            Self::Nothing | Self::Unreadable => (0, false),
            Self::Deleted(version) => (*version, true),
            Self::Published(value) => (value.version(), false),
        };
        let wanted = wanted.unwrap_or(stored);
        if wanted < stored {
            return None;
        }
        if is_deleted && wanted <= stored {
            return Some(Deletion::Done(stored));
        }
        Some(Deletion::Due(wanted))
    }
}

/// A version is published once; the same again is a retry after a lost answer.
pub fn is_next<T: Versioned>(stored: &T, new: &T) -> bool {
    new.version() > stored.version() || new == stored
}

/// The refusal of a call that comes too late.
pub fn stale() -> Refusal {
    Refusal::new(Code::StaleVersion, "this version or a newer one is already published")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A version and what it says, in an example of the form `2 text`.
    #[derive(Debug, Clone, PartialEq)]
    struct Note(u64, String);

    impl Versioned for Note {
        fn version(&self) -> u64 {
            self.0
        }

        fn read(text: &str) -> Option<Self> {
            let (version, said) = text.split_once(' ')?;
            Some(Self(version.parse().ok()?, said.to_owned()))
        }
    }

    fn note(version: u64, said: &str) -> Note {
        Note(version, said.to_owned())
    }

    fn published(version: u64) -> Stored<Note> {
        Stored::Published(Box::new(note(version, "a")))
    }

    #[test]
    fn what_is_stored_is_read() {
        for (text, stored) in [
            (None, Stored::Nothing),
            (Some(deleted(7).as_str()), Stored::Deleted(7)),
            (Some("deleted:x"), Stored::Unreadable),
            (Some("nonsense"), Stored::Unreadable),
            (Some("3 a"), published(3)),
        ] {
            assert_eq!(Stored::parse(text), stored, "{text:?}");
        }
        assert_eq!(published(3).published(), Some(note(3, "a")));
        assert_eq!(Stored::<Note>::Deleted(3).published(), None);
    }

    #[test]
    fn a_version_is_published_once() {
        for (stored, new, admitted) in [
            (Stored::Nothing, note(1, "a"), true),
            (Stored::Unreadable, note(1, "a"), true),
            (published(1), note(2, "b"), true),
            (published(2), note(2, "a"), true),
            (published(2), note(2, "b"), false),
            (published(3), note(2, "a"), false),
            (Stored::Deleted(1), note(2, "a"), true),
            (Stored::Deleted(2), note(2, "a"), false),
        ] {
            assert_eq!(stored.admits(&new), admitted, "{stored:?} {new:?}");
        }
    }

    #[test]
    fn what_is_not_known_yet_is_deleted_all_the_same() {
        for (stored, wanted, outcome) in [
            (Stored::Nothing, Some(7), Some(Deletion::Due(7))),
            (Stored::Unreadable, Some(7), Some(Deletion::Due(7))),
            (published(5), None, Some(Deletion::Due(5))),
            (published(5), Some(0), None),
            (published(5), Some(4), None),
            (published(5), Some(5), Some(Deletion::Due(5))),
            (published(5), Some(6), Some(Deletion::Due(6))),
            (Stored::Deleted(5), None, Some(Deletion::Done(5))),
            (Stored::Deleted(5), Some(4), None),
            (Stored::Deleted(5), Some(5), Some(Deletion::Done(5))),
            (Stored::Deleted(5), Some(6), Some(Deletion::Due(6))),
        ] {
            assert_eq!(stored.deletion(wanted), outcome, "{stored:?} {wanted:?}");
        }
    }
}
