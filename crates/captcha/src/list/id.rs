//! How a rule refers to a list, and the list's key at the edge.

use core::fmt;
use core::str::FromStr;

use crate::crockford;

/// What begins the id of an organisation's own list. No name of a published
/// list contains `_`.
const OWN: &str = "list_";

/// Characters of the longest name of a published list.
const MAX_NAME: usize = 32;

/// Bytes of an own list's id: 16 digits.
const OWN_BYTES: usize = 10;

/// The name of a published list, such as `tor-exits`, or the id of an
/// organisation's own, `list_` and 16 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(Box<str>);

/// A text is not the id of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list is a name such as tor-exits, or list_ and 16 digits")]
pub struct InvalidListId;

impl ListId {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after `list_` of an organisation's own list; `None` for a
    /// published one.
    pub fn own(&self) -> Option<&str> {
        self.0.strip_prefix(OWN)
    }

    /// The id of an organisation's own list from its digits.
    pub fn of_own(digits: &str) -> Result<Self, InvalidListId> {
        [OWN, digits].concat().parse()
    }
}

impl FromStr for ListId {
    type Err = InvalidListId;

    fn from_str(text: &str) -> Result<Self, InvalidListId> {
        let is_id = if let Some(digits) = text.strip_prefix(OWN) {
            crockford::decode::<OWN_BYTES>(digits).is_some()
        } else {
            let is_letter =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=MAX_NAME).contains(&text.len())
                && text.starts_with(|first: char| first.is_ascii_lowercase())
                && text.bytes().all(is_letter)
        };
        is_id.then(|| Self(text.into())).ok_or(InvalidListId)
    }
}

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
