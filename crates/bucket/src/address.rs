//! `s3://BUCKET/PREFIX`.

use std::fmt;
use std::str::FromStr;

/// A bucket, and a folder in it or all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketAddress {
    bucket: String,
    prefix: String,
}

/// Why a text is not a bucket address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not start with `s3://`.
    #[error("must be a folder or s3://BUCKET/PREFIX")]
    Scheme,
    /// Nothing follows `s3://`.
    #[error("the bucket is missing: s3://BUCKET/PREFIX")]
    NoBucket,
    /// Not a valid bucket name.
    #[error("the name of a bucket has 3 to 63 letters, digits, '.', '-' and '_'")]
    Bucket,
    /// Not the path of a folder.
    #[error("a prefix must be the path of a folder, without empty parts, '.' and '..'")]
    Prefix,
}

impl BucketAddress {
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What keys below the prefix begin with; `None` for all keys.
    pub fn folder(&self) -> Option<String> {
        (!self.prefix.is_empty()).then(|| format!("{}/", self.prefix))
    }
}

impl fmt::Display for BucketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.prefix.is_empty() { "" } else { "/" };
        write!(f, "s3://{}{separator}{}", self.bucket, self.prefix)
    }
}

impl FromStr for BucketAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let rest = text.strip_prefix("s3://").ok_or(AddressError::Scheme)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(AddressError::NoBucket);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let is_name = (3..=63).contains(&bucket.len())
            && bucket.chars().all(plain)
            && bucket.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !is_name {
            return Err(AddressError::Bucket);
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_part = |part: &str| {
            !matches!(part, "" | "." | "..") && !part.chars().any(|c| c.is_ascii_control())
        };
        if !prefix.is_empty() && !prefix.split('/').all(is_part) {
            return Err(AddressError::Prefix);
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_bucket_and_a_folder() {
        for (text, bucket, folder) in [
            ("s3://shop-photos", "shop-photos", None),
            ("s3://shop-photos/", "shop-photos", None),
            ("s3://shop-photos/2026", "shop-photos", Some("2026/")),
            ("s3://Shop.photos/2026/with cups/", "Shop.photos", Some("2026/with cups/")),
            ("s3://photos/50%25?#", "photos", Some("50%25?#/")),
        ] {
            let address: BucketAddress = text.parse().unwrap();
            assert_eq!((address.bucket(), address.folder().as_deref()), (bucket, folder), "{text}");
        }
    }

    #[test]
    fn an_address_is_shown_as_it_is_written() {
        for text in ["s3://shop-photos", "s3://shop-photos/2026/with cups"] {
            assert_eq!(text.parse::<BucketAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (text, error) in [
            ("", AddressError::Scheme),
            ("gs://photos", AddressError::Scheme),
            ("S3://photos", AddressError::Scheme),
            ("s3:/photos", AddressError::Scheme),
            ("s3://", AddressError::NoBucket),
            ("s3:///photos", AddressError::NoBucket),
            ("s3://ab", AddressError::Bucket),
            ("s3://..photos", AddressError::Bucket),
            ("s3://photos?x=1/2026", AddressError::Bucket),
            ("s3://name:secret@photos/2026", AddressError::Bucket),
            ("s3://photos//2026", AddressError::Prefix),
            ("s3://photos/2026//", AddressError::Prefix),
            ("s3://photos/2026/../2025", AddressError::Prefix),
            ("s3://photos/a\nb", AddressError::Prefix),
        ] {
            assert_eq!(text.parse::<BucketAddress>(), Err(error), "{text}");
        }
    }
}
