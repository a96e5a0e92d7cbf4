//! The environment as it was passed in: names and values, files already read.
//! The process's own environment is read by the command line, not here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;

use super::variables::VARIABLES;
use super::{Mistake, Problem};

/// Every `MUNJIGI_*` variable.
#[derive(Default)]
pub struct Environment {
    pub(super) values: BTreeMap<String, String>,
    pub(super) mistakes: Vec<Mistake>,
}

/// Holds secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// Takes the `MUNJIGI_*` variables of `pairs`. `NAME_FILE` of a secret is
    /// replaced by what `read_file` finds there, less its last line break.
    pub fn new(
        pairs: impl IntoIterator<Item = (OsString, OsString)>,
        read_file: impl Fn(&str) -> io::Result<String>,
    ) -> Self {
        let mut environment = Self::default();
        for (name, value) in pairs {
            let Some(name) = name.to_str().filter(|name| name.starts_with("MUNJIGI_")) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => drop(environment.values.insert(name.to_owned(), value)),
                Err(_) => environment.mistake(name, Problem::Bad("not UTF-8".to_owned())),
            }
        }
        for variable in VARIABLES.iter().filter(|variable| variable.secret) {
            environment.read_secret_file(variable.name, &read_file);
        }
        environment
    }

    /// Whether a variable is set at all.
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
