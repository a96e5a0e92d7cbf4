//! The environment passed in: names and values, with files already read. The
//! command line reads the process's own environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;

use super::{Mistake, Problem, Variable};

/// The variable names that a service knows.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Any other variable with this prefix is a mistake.
    pub prefix: &'static str,
    pub variables: &'a [Variable],
    /// Names with the same prefix that belong to other services: one
    /// environment may serve several.
    pub others: &'a [&'static str],
    /// A sentence that says where all variables are listed.
    pub listed: &'static str,
}

/// The `MUNJIGI_*` variables that are set, as text.
#[derive(Default)]
pub struct Environment {
    pub(super) values: BTreeMap<String, String>,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) listed: &'static str,
}

/// Holds secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// Takes the `MUNJIGI_*` variables from `pairs`. For a secret, `NAME_FILE`
    /// is replaced by what `read_file` returns, without its last line break.
    pub fn new(
        known: &Known<'_>,
        pairs: impl IntoIterator<Item = (OsString, OsString)>,
        read_file: impl Fn(&str) -> io::Result<String>,
    ) -> Self {
        let mut environment = Self { listed: known.listed, ..Self::default() };
        for (name, value) in pairs {
            let Some(name) = name.to_str().filter(|name| name.starts_with("MUNJIGI_")) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => drop(environment.values.insert(name.to_owned(), value)),
                Err(_) => environment.mistake(name, Problem::Bad("not UTF-8".to_owned())),
            }
        }
        for variable in known.variables.iter().filter(|variable| variable.secret) {
            environment.read_secret_file(variable.name, &read_file);
        }
        let names = environment.values.keys().filter(|name| name.starts_with(known.prefix));
        let unknown = names.filter(|name| !known.names().any(|known| known == *name));
        let unknown: Vec<String> = unknown.cloned().collect();
        for name in unknown {
            environment.mistake(&name, Problem::Unknown(known.nearest(&name)));
        }
        environment
    }

    /// Whether a variable is set.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// A variable's text, for commands that print it back to its owner.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn read_secret_file(&mut self, name: &str, read_file: impl Fn(&str) -> io::Result<String>) {
        let file_name = format!("{name}_FILE");
        let Some(path) = self.values.remove(&file_name) else { return };
        if self.values.contains_key(name) {
            self.mistake(&file_name, Problem::Both);
            return;
        }
        match read_file(&path) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                self.values.insert(name.to_owned(), text.to_owned());
            }
            Err(error) => self.mistake(&file_name, Problem::Unreadable(error.to_string())),
        }
    }

    fn mistake(&mut self, name: &str, problem: Problem) {
        self.mistakes.push(Mistake { name: name.to_owned(), problem });
    }
}

impl Known<'_> {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.variables.iter().map(|variable| variable.name).chain(self.others.iter().copied())
    }

    fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.names())
    }
}

/// The known name that differs in the fewest characters, if a typing error is
/// likely.
pub fn nearest<N: AsRef<str> + Ord>(name: &str, known: impl IntoIterator<Item = N>) -> Option<N> {
    known
        .into_iter()
        .map(|known| (distance(name.as_bytes(), known.as_ref().as_bytes()), known))
        .min()
        .filter(|(distance, _)| *distance <= 4)
        .map(|(_, known)| known)
}

/// The Levenshtein distance of two names.
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
