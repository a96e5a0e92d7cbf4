//! The deny list: what was paused, deleted or rotated away while caches
//! elsewhere may not know yet. An entry lives for an hour; by then every cache
//! has expired. The platform decides where the list is stored.
//!
//! **deny list**: sites and secrets that are refused at once, while caches may
//! still know them as valid.

use munjigi_captcha::redemption::{Denial, Redeem};
use munjigi_keys::UnixMillis;

use crate::ports::DenyEntry;

const LIFETIME_MS: u64 = 3_600_000;

/// The list in memory. Short: the pauses, deletions and rotations of one hour.
#[derive(Debug, Default)]
pub struct DenyList(Vec<Entry>);

/// An entry and when it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A sitekey, or the hash of a secret.
    pub name: String,
    /// The version of the site's configuration that it came from.
    pub version: u64,
    /// Whether it is denied.
    pub denied: bool,
    /// Expiry, in milliseconds since 1970.
    pub until: u64,
}

impl DenyList {
    /// The list as it was stored, one entry per name.
    pub const fn new(entries: Vec<Entry>) -> Self {
        Self(entries)
    }

    /// What the list says about a redemption.
    pub fn denial(&self, redeem: &Redeem, now: UnixMillis) -> Denial {
        if self.0.is_empty() {
            return Denial::None;
        }
        let denied = |name: &str| {
            self.0.iter().any(|entry| entry.name == name && entry.denied && entry.until > now.0)
        };
        if denied(redeem.secret.as_str()) {
            Denial::Secret
        } else if denied(&redeem.facts.sitekey.to_string()) {
            Denial::Attempt
        } else {
            Denial::None
        }
    }

    /// What is to be stored for an entry, and then [kept](Self::keep); `None` if
    /// it changes nothing, like one of an older version than the list
    /// has.
    pub fn entry(&self, wanted: &DenyEntry, now: UnixMillis) -> Option<Entry> {
        let entry = Entry {
            name: wanted.name.clone(),
            version: wanted.version,
            denied: wanted.denied,
            until: now.0.saturating_add(LIFETIME_MS),
        };
        let known = self.0.iter().find(|known| known.name == entry.name);
        supersedes(known, &entry).then_some(entry)
    }

    /// Adds an entry, replacing the one with its name.
    pub fn keep(&mut self, entry: Entry) {
        self.0.retain(|known| known.name != entry.name);
        self.0.push(entry);
    }

    /// Removes expired entries; returns how many.
    pub fn sweep(&mut self, now: UnixMillis) -> usize {
        let before = self.0.len();
        self.0.retain(|entry| entry.until > now.0);
        before - self.0.len()
    }
}

/// An entry that allows what was never denied needs no row.
fn supersedes(known: Option<&Entry>, new: &Entry) -> bool {
    match known {
        None => new.denied,
        Some(known) => new.version >= known.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(version: u64, denied: bool) -> Entry {
        Entry { name: String::new(), version, denied, until: 1 }
    }

    #[test]
    fn an_older_verdict_changes_nothing() {
        assert!(supersedes(None, &entry(1, true)));
        assert!(!supersedes(None, &entry(1, false)));
        assert!(supersedes(Some(&entry(1, true)), &entry(2, false)));
        assert!(supersedes(Some(&entry(2, true)), &entry(2, false)));
        assert!(!supersedes(Some(&entry(2, false)), &entry(1, true)));
    }

    #[test]
    fn an_entry_is_forgotten_after_an_hour() {
        let mut list = DenyList::default();
        let entry = DenyEntry { name: "mj_a".into(), version: 1, denied: true };
        let entry = list.entry(&entry, UnixMillis(5)).unwrap();
        assert_eq!(entry.until, 5 + LIFETIME_MS);
        list.keep(entry.clone());
        assert_eq!(list.sweep(UnixMillis(entry.until - 1)), 0);
        assert_eq!(list.sweep(UnixMillis(entry.until)), 1);
    }
}
