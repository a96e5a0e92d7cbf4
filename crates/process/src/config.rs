//! Configuration: the variables of all services, the environment passed in, and
//! every mistake in it. What a value means is up to the service.

mod environment;
mod mistake;
mod reader;
mod variable;
pub mod variables;

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

pub use environment::{Environment, Known, nearest};
pub use mistake::{Mistake, Mistakes, Problem};
pub use reader::Reader;
pub use variable::Variable;

/// Parses a whole number within bounds; otherwise returns the expected form.
pub fn number<N>(text: &str, bounds: RangeInclusive<N>) -> Result<N, String>
where
    N: FromStr + PartialOrd + Display,
{
    let (least, most) = (bounds.start(), bounds.end());
    let wrong = || format!("must be a whole number from {least} to {most}");
    text.parse().ok().filter(|number| bounds.contains(number)).ok_or_else(wrong)
}
