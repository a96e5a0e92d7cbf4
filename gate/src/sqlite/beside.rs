//! Files beside the store.

use std::ffi::OsString;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

/// A file beside another, by what its name ends with.
pub fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    name.into()
}

/// Gives a new file to the owner of its folder, as far as this user may: what
/// root does by hand must not keep the gate's own user out.
pub fn give_to_owner(file: &Path) {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if let Ok(found) = folder.metadata() {
        // Others than root may not, and need not.
        let _ = chown(file, Some(found.uid()), Some(found.gid()));
    }
}
