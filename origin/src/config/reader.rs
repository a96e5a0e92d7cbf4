//! Reads variables one by one and keeps every mistake.

use super::variables::{VARIABLES, Variable};
use super::{Environment, Mistake, Mistakes, Problem};

pub struct Reader<'a> {
    environment: &'a Environment,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    pub fn new(environment: &'a Environment) -> Self {
        let mut mistakes = environment.mistakes.clone();
        for name in environment.values.keys() {
            if !VARIABLES.iter().any(|variable| variable.name == name) {
                let problem = Problem::Unknown(nearest(name));
                mistakes.push(Mistake { name: name.clone(), problem });
            }
        }
        Self { environment, mistakes }
    }

    /// The parsed value, or its default's; a mistake where neither is there.
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
        // A file that could not be read is already told, and what is wrong
        // with a variable set twice is that.
        let file_name = format!("{}_FILE", variable.name);
        if !self.mistakes.iter().any(|mistake| mistake.name == file_name) {
            self.mistakes.push(Mistake { name: variable.name.to_owned(), problem });
        }
        None
    }

    pub fn finish<T>(self, config: Option<T>) -> Result<T, Mistakes> {
        match config {
            Some(config) if self.mistakes.is_empty() => Ok(config),
            _ => Err(Mistakes(self.mistakes)),
        }
    }
}

/// The name that differs in the fewest letters, where that is a likely slip.
fn nearest(name: &str) -> Option<&'static str> {
    VARIABLES
        .iter()
        .map(|variable| (distance(name.as_bytes(), variable.name.as_bytes()), variable.name))
        .min()
        .filter(|(distance, _)| *distance <= 4)
        .map(|(_, name)| name)
}

/// Levenshtein's distance.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = replaced.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
