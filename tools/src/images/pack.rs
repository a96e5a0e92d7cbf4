//! Archives whose bytes depend on nothing but what is in them.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

/// A file or folder of an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    path: String,
    mode: u32,
    owner: u32,
    /// `None`: a folder.
    bytes: Option<Vec<u8>>,
}

impl Entry {
    #[must_use]
    pub fn file(path: &str, mode: u32, bytes: Vec<u8>) -> Self {
        Self { path: path.to_owned(), mode, owner: 0, bytes: Some(bytes) }
    }

    /// A folder of root's.
    #[must_use]
    pub fn folder(path: &str, mode: u32) -> Self {
        Self { path: path.to_owned(), mode, owner: 0, bytes: None }
    }

    /// The same, of a user and the group with the same number.
    #[must_use]
    pub fn owned_by(mut self, owner: u32) -> Self {
        self.owner = owner;
        self
    }
}

/// A tar archive, sorted by path.
pub fn tar(mut entries: Vec<Entry>, moment: u64) -> Result<Vec<u8>> {
    entries.sort();
    let mut builder = Builder::new(Vec::new());
    for entry in entries {
        let bytes = entry.bytes.as_deref().unwrap_or_default();
        let (kind, path) = match entry.bytes {
            Some(_) => (EntryType::Regular, entry.path),
            None => (EntryType::Directory, format!("{}/", entry.path)),
        };
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(entry.mode);
        header.set_uid(entry.owner.into());
        header.set_gid(entry.owner.into());
        header.set_mtime(moment);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, path, bytes)?;
    }
    Ok(builder.into_inner()?)
}

/// Compressed, without a name or a time.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Adds a folder with everything below it, readable by all.
pub fn read(folder: &Path, name: &str, entries: &mut Vec<Entry>) -> Result<()> {
    entries.push(Entry::folder(name, 0o755));
    for item in std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let path = item?.path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            read(&path, &name, entries)?;
        } else {
            let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            entries.push(Entry::file(&name, 0o644, bytes));
        }
    }
    Ok(())
}

/// Writes entries below a folder, as this user's.
pub fn unpack(mut entries: Vec<Entry>, folder: &Path) -> Result<()> {
    entries.sort();
    std::fs::create_dir_all(folder)?;
    for entry in entries {
        let path = folder.join(&entry.path);
        let failed = || format!("write {}", path.display());
        let Some(bytes) = entry.bytes else {
            std::fs::create_dir_all(&path).with_context(failed)?;
            let mode = std::fs::Permissions::from_mode(entry.mode);
            std::fs::set_permissions(&path, mode).with_context(failed)?;
            continue;
        };
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(entry.mode);
        options.open(&path).and_then(|mut file| file.write_all(&bytes)).with_context(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_of_the_same_files_are_equal_in_whatever_order_they_are_found() {
        let file = |name: &str| Entry::file(name, 0o644, name.as_bytes().to_vec());
        let one = vec![Entry::folder("a", 0o755), file("a/b"), file("c")];
        let other: Vec<Entry> = one.iter().rev().cloned().collect();
        let packed = |entries| gzip(&tar(entries, 7).unwrap()).unwrap();
        assert_eq!(packed(one.clone()), packed(other));
        // No time and no name in gzip's header.
        assert_eq!(packed(one.clone())[3..8], [0; 5]);
        let bytes = tar(one, 7).unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let paths: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                assert_eq!((header.mtime().unwrap(), header.uid().unwrap()), (7, 0));
                entry.path().unwrap().display().to_string()
            })
            .collect();
        assert_eq!(paths, ["a/", "a/b", "c"]);
    }

    #[test]
    fn a_folder_is_read_and_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let entries = vec![Entry::folder("p", 0o755), Entry::file("p/a", 0o644, b"1".to_vec())];
        unpack(entries.clone(), dir.path()).unwrap();
        let mut found = Vec::new();
        read(&dir.path().join("p"), "p", &mut found).unwrap();
        assert_eq!(found, entries);
    }
}
