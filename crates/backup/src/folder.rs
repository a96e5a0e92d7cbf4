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

/// The date in the name of a backup, `munjigi-20261126T225500Z.backup`, as [`stamp`]
/// writes it; `None` for any other name. `begin` and `end` stand around it.
#[must_use]
pub fn dated<'a>(name: &'a str, [begin, end]: [&str; 2]) -> Option<&'a str> {
    let date = name.strip_prefix(begin)?.strip_suffix(end)?;
    let form = date.bytes().zip(*b"00000000T000000Z");
    let is_one =
        |(byte, form): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    (date.len() == 16 && form.into_iter().all(is_one)).then_some(date)
}

/// Whether a date is ahead of now.
#[must_use]
pub fn is_ahead(date: &str, now: UnixMillis) -> bool {
    date > stamp(UnixMillis(now.0.saturating_add(AHEAD_MS))).as_str()
}

/// Deletes all backups of a folder, by their names, but the last `keep` of those up
/// to the one that was just written. Later ones and other names neither count nor
/// are deleted.
///
/// # Errors
///
/// The folder cannot be read, or a file not deleted.
pub fn prune(folder: &Path, around: [&str; 2], keep: usize, written: UnixMillis) -> io::Result<()> {
    let (mut names, latest) = (Vec::new(), stamp(written));
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if dated(&text, around).is_some_and(|date| date <= latest.as_str()) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let old = names.len().saturating_sub(keep);
    names.iter().take(old).try_for_each(|name| fs::remove_file(folder.join(name)))
}
