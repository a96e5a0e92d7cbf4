//! Places that commands read or write: a path, or part of a bucket.

use std::fmt;
use std::path::PathBuf;

use munjigi_bucket::{AddressError, BucketAddress, BucketSettings, WrongVariable};

use super::{Exit, Fail};

/// A path, or part of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Path(PathBuf),
    Bucket(BucketAddress),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Bucket(address) => address.fmt(f),
        }
    }
}

/// Anything that looks like an address is one: no one means the folder `s3:`.
pub fn parse(path: PathBuf) -> Result<Place, AddressError> {
    match path.to_str() {
        Some(text) if text.starts_with("s3:") || text.contains("://") => {
            text.parse().map(Place::Bucket)
        }
        _ => Ok(Place::Path(path)),
    }
}

/// How to call buckets, from this process's variables. `what` did not happen
/// without them.
pub fn settings(what: &'static str) -> Result<BucketSettings, Fail> {
    read(what, |name| std::env::var(name).ok())
}

fn read(
    what: &'static str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<BucketSettings, Fail> {
    let wrong = |wrong: Vec<WrongVariable>| {
        let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        Fail::new(Exit::Environment, what, wrong.join("; "))
    };
    BucketSettings::read(lookup).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_or_part_of_a_bucket() {
        for path in ["photos", "./photos", "s3", "/s3:/photos"] {
            assert_eq!(parse(path.into()), Ok(Place::Path(path.into())));
        }
        let address = Place::Bucket("s3://photos/2026".parse().unwrap());
        assert_eq!(parse("s3://photos/2026".into()), Ok(address));
        assert_eq!(parse("s3://".into()), Err(AddressError::NoBucket));
        assert_eq!(parse("s3:/photos".into()), Err(AddressError::Scheme));
        assert_eq!(parse("https://photos.example".into()), Err(AddressError::Scheme));
    }
    #[test]
    fn wrong_variables_are_mistakes_of_the_environment() {
        let lookup = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| "s3.example".to_owned());
        let fail = read("nothing was done", lookup).unwrap_err();
        assert_eq!(fail.exit, Exit::Environment);
        assert!(fail.to_string().contains("AWS_ENDPOINT_URL"), "{fail}");
    }
}
