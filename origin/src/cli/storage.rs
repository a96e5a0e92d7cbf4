//! Where commands read and write files, and how to call buckets.

use munjigi_bucket::{BucketSettings, WrongVariable};

use super::{Exit, Fail};

pub use crate::storage::{Storage, parse};

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
    fn wrong_variables_are_mistakes_of_the_environment() {
        let lookup = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| "s3.example".to_owned());
        let fail = read("nothing was done", lookup).unwrap_err();
        assert_eq!(fail.exit, Exit::Environment);
        assert!(fail.to_string().contains("AWS_ENDPOINT_URL"), "{fail}");
    }
}
