//! Files beside the store.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown, lchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// A file beside another, by what its name ends with.
pub fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    name.into()
}

/// Opens a file for writing, or creates it for its owner alone. A symbolic link
/// is refused: a user who can write in the folder must not choose what root writes.
///
/// # Errors
///
/// The system's words.
pub fn open(file: &Path) -> io::Result<File> {
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600).custom_flags(no_link);
    let open = options.open(file)?;
    if let Some((user, group)) = owner_of_folder(file) {
        // Others than root may not, and need not.
        let _ = fchown(&open, Some(user), Some(group));
    }
    Ok(open)
}

/// Gives a file to the owner of its folder, as far as this user may: what root
/// does by hand must not keep the gate's own user out.
pub fn give_to_owner(file: &Path) {
    if let Some((user, group)) = owner_of_folder(file) {
        let _ = lchown(file, Some(user), Some(group));
    }
}

fn owner_of_folder(file: &Path) -> Option<(u32, u32)> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let found = folder.unwrap_or(Path::new(".")).metadata().ok()?;
    Some((found.uid(), found.gid()))
}
