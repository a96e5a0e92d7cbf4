//! The mark that a form carries of the settings that it was shown with: it
//! stays the same until someone changes one. A site's version is not suitable,
//! because it also rises when the site is paused or gets another secret, which
//! is no reason to refuse a form.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Settings;
use super::changes::fields;

const BYTES: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mark([u8; BYTES]);

/// Why a text is not a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mark must be 32 hexadecimal digits")]
pub struct MarkError;

impl Settings {
    #[expect(clippy::missing_panics_doc, reason = "half of a digest is as long as it is")]
    pub fn mark(&self) -> Mark {
        let mut hash = Sha256::new();
        for (field, value) in fields(self) {
            hash.update(field);
            hash.update(value.to_string());
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        Mark(*digest.first_chunk().expect("half of a digest"))
    }
}

impl TryFrom<String> for Mark {
    type Error = MarkError;

    fn try_from(text: String) -> Result<Self, MarkError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| MarkError)?;
        bytes.try_into().map(Self).map_err(|_| MarkError)
    }
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        mark.to_string()
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_that_of_these_settings_alone() {
        let settings = Settings::of_a_new_site();
        let mark = settings.mark();
        assert_eq!(Mark::try_from(mark.to_string()), Ok(mark.clone()));
        assert_eq!(settings.clone().mark(), mark);
        let renamed = Settings { name: "Shop".to_owned(), ..settings.clone() };
        let hosts = Settings { hosts: vec!["shop.example".to_owned()], ..settings };
        assert!(renamed.mark() != mark && hosts.mark() != mark && hosts.mark() != renamed.mark());
        for other in ["", "x", "-1", "7", "0123456789ABCDEF0123456789ABCDEF"] {
            assert_eq!(Mark::try_from(other.to_owned()), Err(MarkError), "{other}");
        }
    }
}
