//! What can be wrong with the environment, described for an operator. Values
//! are never shown, because they may be secret.

use std::fmt;

/// One mistake in the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Name of the variable.
    pub name: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is required and not set; the text says what for.
    Missing(&'static str),
    /// No part of Munjigi has a variable of this name; the nearest known name.
    Unknown(Option<&'static str>),
    /// The value does not have the form that the text describes.
    Bad(String),
    /// The file that it names cannot be read.
    Unreadable(String),
    /// The variable and its `_FILE` are both set.
    Both,
}

/// Every mistake in an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    /// The mistakes; never empty.
    pub found: Vec<Mistake>,
    /// A sentence that says where all variables are listed.
    pub listed: &'static str,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.problem {
            Problem::Missing(meaning) => write!(f, "{name} is not set: {meaning}"),
            Problem::Unknown(Some(nearest)) => {
                write!(f, "{name} is not a Munjigi variable; did you mean {nearest}?")
            }
            Problem::Unknown(None) => write!(f, "{name} is not a Munjigi variable"),
            Problem::Bad(form) => write!(f, "{name} is invalid: {form}"),
            Problem::Unreadable(why) => write!(f, "the file of {name} cannot be read: {why}"),
            Problem::Both => write!(f, "{name}: set either this or the variable itself, not both"),
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the environment has errors:")?;
        for mistake in &self.found {
            write!(f, "\n  {mistake}")?;
        }
        write!(f, "\n{}", self.listed)
    }
}
