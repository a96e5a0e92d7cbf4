//! Where commands read and write files: a path, or part of a bucket.

use std::fmt;
use std::path::PathBuf;

use munjigi_bucket::{AddressError, BucketAddress};

/// A path, or part of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    Path(PathBuf),
    Bucket(BucketAddress),
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Bucket(address) => address.fmt(f),
        }
    }
}

/// Anything that looks like an address is one: no one means the folder `s3:`.
pub fn parse(path: PathBuf) -> Result<Storage, AddressError> {
    match path.to_str() {
        Some(text) if text.starts_with("s3:") || text.contains("://") => {
            text.parse().map(Storage::Bucket)
        }
        _ => Ok(Storage::Path(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storage_is_a_path_or_part_of_a_bucket() {
        for path in ["photos", "./photos", "s3", "/s3:/photos"] {
            assert_eq!(parse(path.into()), Ok(Storage::Path(path.into())));
        }
        let address = Storage::Bucket("s3://photos/2026".parse().unwrap());
        assert_eq!(parse("s3://photos/2026".into()), Ok(address));
        assert_eq!(parse("s3://".into()), Err(AddressError::NoBucket));
        assert_eq!(parse("s3:/photos".into()), Err(AddressError::Scheme));
        assert_eq!(parse("https://photos.example".into()), Err(AddressError::Scheme));
    }
}
