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

/// How far clocks of two machines may differ.
const AHEAD_MS: u64 = 10 * 60 * 1_000;

/// Whether a name such as `munjigi-20261126T225500Z.backup` has a date ahead of now.
/// `begin` is what stands before the date.
#[must_use]
pub fn is_ahead(name: &str, begin: &str, now: UnixMillis) -> bool {
    let latest = stamp(UnixMillis(now.0.saturating_add(AHEAD_MS)));
    let date = name.strip_prefix(begin).and_then(|rest| rest.get(..latest.len()));
    date.is_some_and(|date| date > latest.as_str())
}

/// Deletes all files of a folder whose names begin and end so, but the last
/// `keep` by name. Those that [`is_ahead`] names do not count and stay.
///
/// # Errors
///
/// The folder cannot be read, or a file not deleted.
pub fn prune(
    folder: &Path,
    [begin, end]: [&str; 2],
    keep: usize,
    now: UnixMillis,
) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with(begin) && text.ends_with(end) && !is_ahead(&text, begin, now) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let old = names.len().saturating_sub(keep);
    names.iter().take(old).try_for_each(|name| fs::remove_file(folder.join(name)))
}
