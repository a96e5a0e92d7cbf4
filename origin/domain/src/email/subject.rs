//! The subject of an email, in one line: a line break in it would start a
//! header of another person's choosing.

use std::fmt;
use std::str::FromStr;

const MAX_CHARS: usize = 150;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

/// What is wrong with a subject. A bug of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubjectMistake {
    /// Empty, or only blanks.
    #[error("the subject is empty")]
    Empty,
    /// More than 150 characters.
    #[error("the subject is longer than 150 characters")]
    TooLong,
    /// A line break or another control character.
    #[error("the subject has a line break or another control character")]
    Control,
}

impl Subject {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Subject {
    type Err = SubjectMistake;

    fn from_str(text: &str) -> Result<Self, SubjectMistake> {
        if text.chars().any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')) {
            return Err(SubjectMistake::Control);
        }
        if text.trim().is_empty() {
            return Err(SubjectMistake::Empty);
        }
        if text.chars().count() > MAX_CHARS {
            return Err(SubjectMistake::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(
            "주소를 확인해 주세요".parse::<Subject>().unwrap().as_str(),
            "주소를 확인해 주세요"
        );
        for (text, mistake) in [
            ("", SubjectMistake::Empty),
            ("  ", SubjectMistake::Empty),
            ("Hello\r\nBcc: all@example.org", SubjectMistake::Control),
            ("Hello\n", SubjectMistake::Control),
            ("Hello\u{85}", SubjectMistake::Control),
            (&"a".repeat(151), SubjectMistake::TooLong),
        ] {
            assert_eq!(text.parse::<Subject>(), Err(mistake), "{text:?}");
        }
    }
}
