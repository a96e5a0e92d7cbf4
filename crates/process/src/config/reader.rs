//! Reads variables one by one and collects every mistake.

use super::{Environment, Mistake, Mistakes, Problem, Variable};

/// Reads the variables of an environment.
#[derive(Debug)]
pub struct Reader<'a> {
    environment: &'a Environment,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    /// Starts with the mistakes that the environment itself has.
    pub fn new(environment: &'a Environment) -> Self {
        Self { environment, mistakes: environment.mistakes.clone() }
    }

    /// The parsed value, or the parsed default; a mistake if there is neither.
    pub fn required<T>(
        &mut self,
        variable: &Variable,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        // An empty value is how compose files and shells spell "not set".
        let value = self.environment.values.get(variable.name).filter(|value| !value.is_empty());
        let problem = match value.map(String::as_str).or(variable.default) {
            Some(text) => match parse(text) {
                Ok(value) => return Some(value),
                Err(form) => Problem::Bad(form),
            },
            None => Problem::Missing(variable.meaning),
        };
        // An unreadable file is already reported, and so is a variable that is
        // set twice.
        let file_name = format!("{}_FILE", variable.name);
        if !self.mistakes.iter().any(|mistake| mistake.name == file_name) {
            self.mistakes.push(Mistake { name: variable.name.to_owned(), problem });
        }
        None
    }

    /// Whether a variable is set to something that is not empty.
    pub fn is_set(&self, variable: &Variable) -> bool {
        self.environment.values.get(variable.name).is_some_and(|value| !value.is_empty())
    }

    /// The configuration, unless there was a mistake.
    pub fn finish<T>(self, config: Option<T>) -> Result<T, Mistakes> {
        match config {
            Some(config) if self.mistakes.is_empty() => Ok(config),
            _ => Err(Mistakes { found: self.mistakes, listed: self.environment.listed }),
        }
    }
}
