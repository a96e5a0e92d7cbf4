//! Internal formats: bytes that one process of ours writes and another reads,
//! possibly one of another release. During a roll-out both run side by side, and
//! rows outlive the release that wrote them.
//!
//! Three rules keep them apart. The bytes of a format are its version, then its
//! fields in postcard. Its fields are those of one struct, whose documentation
//! says that it is stored. And a test holds it to annotated bytes: a field that a
//! rule adds without a new version fails. A release reads a new version before any
//! release writes it.
//!
//! **format**: bytes with a version that one process of ours writes and another
//! reads.
#![warn(missing_docs)]

#[cfg(feature = "contract")]
pub mod contract;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A struct whose bytes have a version.
pub trait Format: Serialize + DeserializeOwned {
    /// Increases with every change of the bytes, also with a field at the end.
    const VERSION: u8;

    /// The version and the fields.
    ///
    /// # Errors
    ///
    /// Never for structs of numbers, texts and bytes.
    fn to_bytes(&self) -> Result<Vec<u8>, FormatError> {
        postcard::to_extend(self, vec![Self::VERSION]).map_err(|_| FormatError::Unwritable)
    }

    /// Reads all of the bytes.
    ///
    /// # Errors
    ///
    /// Bytes of another version, or that are none of this one. The caller
    /// cannot guess what they say.
    fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        let (found, fields) = bytes.split_first().ok_or(FormatError::Malformed)?;
        if *found != Self::VERSION {
            return Err(FormatError::Version { found: *found, known: Self::VERSION });
        }
        match postcard::take_from_bytes(fields) {
            Ok((value, [])) => Ok(value),
            _ => Err(FormatError::Malformed),
        }
    }
}

/// Why bytes cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Another release wrote them.
    #[error("version {found} of a format that this release knows in version {known}")]
    Version {
        /// The bytes' version.
        found: u8,
        /// The version that is read.
        known: u8,
    },
    /// They are cut off, have something behind their end, or a value that does
    /// not exist.
    #[error("bytes that do not have the form of their version")]
    Malformed,
    /// The value has no form.
    #[error("a value that cannot be written")]
    Unwritable,
}
