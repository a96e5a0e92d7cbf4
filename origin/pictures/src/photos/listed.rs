//! What there is to import: its place and its size.

use std::path::PathBuf;

/// A file or an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it is; of an object, its key.
    pub path: PathBuf,
    /// The same below the folder; of an object, its key.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}
