//! Files beside the store.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A file beside another, by what its name ends with.
pub fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    name.into()
}
