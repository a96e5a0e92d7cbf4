//! A file or object to import: its path and its size.

use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The path; for an object, its key.
    pub path: PathBuf,
    /// The path relative to the folder; for an object, its key.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
}
