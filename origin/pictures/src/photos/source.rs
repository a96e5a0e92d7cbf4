//! Where photos are: a folder, or below a prefix of a bucket. Listing and
//! reading live here; which of the files are photos, and what permits their
//! use, is decided in `scan`.

use std::path::{Path, PathBuf};

use munjigi_bucket::BucketError;
use tokio::io::AsyncReadExt;

use super::bucket::Bucket;
use super::listed::Listed;

#[derive(Debug)]
pub enum Source {
    /// A folder, including its subfolders.
    Folder(PathBuf),
    /// The listing of a bucket.
    Bucket(Bucket),
}

/// Why something cannot be listed or read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

impl SourceError {
    /// There is no such file or object.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::File(error) => error.kind() == std::io::ErrorKind::NotFound,
            Self::Bucket(error) => matches!(error, BucketError::NoObject),
        }
    }

    /// Whether nothing else can be read either.
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::Bucket(BucketError::Unreachable { .. }))
    }
}

impl Source {
    /// All files, in no particular order; or the path that cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, (PathBuf, std::io::Error)> {
        match self {
            Self::Folder(folder) => walk(folder),
            Self::Bucket(bucket) => Ok(bucket.list()),
        }
    }

    /// The beginning of a file: `most` bytes, and one more if the file is
    /// longer.
    pub async fn read(&self, path: &Path, most: usize) -> Result<Vec<u8>, SourceError> {
        let most = most.saturating_add(1);
        match self {
            Self::Folder(_) => {
                let mut bytes = Vec::new();
                let file = tokio::fs::File::open(path).await?;
                file.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes).await?;
                Ok(bytes)
            }
            Self::Bucket(bucket) => Ok(bucket.read(path, most).await?),
        }
    }
}

fn walk(folder: &Path) -> Result<Vec<Listed>, (PathBuf, std::io::Error)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = std::fs::read_dir(&next).map_err(|error| (next.clone(), error))?;
        for entry in entries {
            let path = entry.map_err(|error| (next.clone(), error))?.path();
            // A link could lead in a circle, or out of the folder.
            let kind = path.symlink_metadata().map_err(|error| (path.clone(), error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let name = path.strip_prefix(folder).unwrap_or(&path);
                let name = name.to_string_lossy().into_owned();
                files.push(Listed { path, name, bytes: kind.len() });
            }
        }
    }
    Ok(files)
}
