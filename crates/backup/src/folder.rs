//! A folder of backups, each with its date in its name.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use munjigi_keys::UnixMillis;

/// A time as a part of a file's name: `20261126T225500Z`.
#[must_use]
pub fn stamp(at: UnixMillis) -> String {
    let text = UnixMillis::from_seconds(at.seconds()).rfc3339();
    let seconds = text.split('.').next().unwrap_or_default().trim_end_matches('Z');
    seconds.replace(['-', ':'], "") + "Z"
}

/// Makes renames of a file durable.
///
/// # Errors
///
/// The folder cannot be opened or flushed.
pub fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Deletes all files of a folder whose names begin and end so, but the last
/// `keep` by name.
///
/// # Errors
///
/// The folder cannot be read, or a file not deleted.
pub fn prune(folder: &Path, [begin, end]: [&str; 2], keep: usize) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with(begin) && text.ends_with(end) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let old = names.len().saturating_sub(keep);
    names.iter().take(old).try_for_each(|name| fs::remove_file(folder.join(name)))
}
