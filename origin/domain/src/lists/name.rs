//! What an organisation calls a list.

use std::fmt;
use std::str::FromStr;

const MAX_CHARS: usize = 40;

/// A short name, unique within the organisation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListName(String);

/// A text is not the name of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list's name is 1 to 40 lower-case letters, digits and hyphens, such as office-networks")]
pub struct ListNameError;

impl ListName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ListName {
    type Err = ListNameError;

    fn from_str(text: &str) -> Result<Self, ListNameError> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
        let is_name = text.len() <= MAX_CHARS && text.split('-').all(is_word);
        is_name.then(|| Self(text.to_owned())).ok_or(ListNameError)
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_words_with_hyphens() {
        for text in ["office", "office-networks", "24-7", &["a"; 40].concat()] {
            assert_eq!(text.parse::<ListName>().map(|name| name.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "-a", "a-", "a--b", "Office", "a b", "a_b", "é", &["a"; 41].concat()] {
            assert_eq!(text.parse::<ListName>(), Err(ListNameError), "{text}");
        }
    }
}
