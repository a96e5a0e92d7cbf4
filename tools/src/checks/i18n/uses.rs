//! The keys that Rust and templates name. A use is a call on something called
//! `t`: `t.get("key")`, `t.html("key-html")`, `t.each("family", …)`. Keys in
//! tables are seen as words in quotation marks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

/// Folders without code that shows texts: what is built, and the crate of the
/// texts, whose tests have keys of their own.
const LEFT_OUT: [&str; 3] = ["i18n", "target", "tests"];

/// What the code uses. The places are files.
#[derive(Debug, Default)]
pub struct Uses {
    pub keys: BTreeMap<String, String>,
    pub families: BTreeMap<String, String>,
    /// Everything in quotation marks that can be a key.
    pub words: BTreeSet<String>,
    /// Markup that is asked for as text, and text as markup.
    pub problems: Vec<String>,
}

impl Uses {
    pub fn read(folder: &Path) -> Result<Self> {
        let mut uses = Self::default();
        uses.folder(folder)?;
        Ok(uses)
    }

    fn folder(&mut self, folder: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if !LEFT_OUT.contains(&name) {
                    self.folder(&path)?;
                }
            } else if is_read(&path) && name != "tests.rs" {
                self.add(&path.display().to_string(), &std::fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }

    fn add(&mut self, place: &str, source: &str) {
        self.words.extend(source.split('"').filter(|word| is_key(word)).map(str::to_owned));
        // A call can be broken anywhere.
        let source: String = source.chars().filter(|char| !char.is_whitespace()).collect();
        for key in arguments(&source, ".get(\"").filter(|(before, _)| ends_with_t(before)) {
            self.key(place, key.1);
        }
        for (_, key) in arguments(&source, ".html(\"") {
            self.key(place, key);
            if !key.ends_with("-html") {
                self.problems.push(format!("{place}: {key} is not marked as markup by -html"));
            }
        }
        for (_, family) in arguments(&source, ".each(\"") {
            self.families.insert(family.to_owned(), place.to_owned());
        }
        for (before, key) in arguments(&source, ".get(\"") {
            if ends_with_t(before) && key.ends_with("-html") {
                self.problems.push(format!("{place}: {key} is markup, so ask for it with html"));
            }
        }
    }

    fn key(&mut self, place: &str, key: &str) {
        self.keys.insert(key.to_owned(), place.to_owned());
    }
}

/// The first argument of each such call, with what stands before the call.
fn arguments<'a>(source: &'a str, call: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    source.match_indices(call).filter_map(move |(at, _)| {
        let (before, after) = source.split_at_checked(at)?;
        let (key, _) = after.strip_prefix(call)?.split_once('"')?;
        Some((before, key))
    })
}

/// Whether a call is made on `t` or `t()`, and not on `content`.
fn ends_with_t(before: &str) -> bool {
    let Some(rest) = before.strip_suffix("()").unwrap_or(before).strip_suffix('t') else {
        return false;
    };
    !rest.ends_with(|char: char| char.is_alphanumeric() || char == '_')
}

/// Rust and templates.
fn is_read(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs" || extension == "html")
}

fn is_key(word: &str) -> bool {
    let is_fit = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
    word.starts_with(|char: char| char.is_ascii_lowercase()) && word.chars().all(is_fit)
}
