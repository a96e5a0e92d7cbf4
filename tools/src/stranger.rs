//! The stranger's test: a reader who knows the field but not this project finds
//! the right file quickly. Each word in `tools/stranger.toml` must lead there by
//! one of two searches: by file name, or by text.

use std::cmp::Reverse;
use std::fmt;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::project::Project;

const WORDS: &str = "tools/stranger.toml";
/// How many results a stranger looks at.
const FIRST: usize = 3;
/// Left out of searches: pages that name everything, texts in three languages,
/// tests, and generated files.
const ASIDE: [&str; 9] = [
    ".md",
    ".ftl",
    ".snap",
    ".lock",
    "package-lock.json",
    "stranger.toml",
    "/tests/",
    "/tests.rs",
    "/.sqlx/",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    word: Vec<Word>,
}

/// A word of the field and where it should lead.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    /// In lower case, as one would type it.
    text: String,
    /// The right file; more than one where several are equally right.
    files: Vec<String>,
}

/// The result for one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    word: String,
    /// The search that found it, and its place in the list.
    found: Option<(Search, usize, String)>,
    /// The first results of each search.
    instead: [Vec<String>; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    /// For a file by its path, the shortest first.
    Name,
    /// For a file by its text, the most lines first.
    Text,
}

impl Search {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Text => "by text",
        }
    }
}

impl Hit {
    /// Whether a stranger gets there.
    pub const fn is_found(&self) -> bool {
        self.found.is_some()
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word, found, instead: [names, texts] } = self;
        match found {
            Some((search, place, file)) => {
                write!(f, "{word:<18} {:<8} {}  {file}", search.as_str(), place + 1)
            }
            None => write!(
                f,
                "{word:<18} not found; by name: {}; by text: {}",
                names.join(", "),
                texts.join(", ")
            ),
        }
    }
}

/// A committed file, as searches see it.
struct File {
    path: String,
    /// Path and text in lower case, with spaces for hyphens and underscores.
    plain_path: String,
    plain_text: String,
}

/// Looks every word up.
pub fn hits(project: &Project, listing: &str) -> Result<Vec<Hit>> {
    let text = std::fs::read_to_string(project.at(WORDS)).context(WORDS)?;
    let Words { word: words } = toml::from_str(&text).context(WORDS)?;
    let files: Vec<File> = listing
        .split('\0')
        .filter(|path| !path.is_empty() && !ASIDE.iter().any(|aside| path.contains(aside)))
        .filter_map(|path| {
            let text = std::fs::read_to_string(project.at(path)).ok()?;
            Some(File { path: path.to_owned(), plain_path: plain(path), plain_text: plain(&text) })
        })
        .collect();
    for file in words.iter().flat_map(|word| &word.files) {
        ensure!(files.iter().any(|known| known.path == *file), "{WORDS}: {file} is not there");
    }
    Ok(words.iter().map(|word| look_up(word, &files)).collect())
}

fn look_up(word: &Word, files: &[File]) -> Hit {
    let [names, texts] = [by_name(&word.text, files), by_text(&word.text, files)];
    let place = |list: &[String]| list.iter().position(|path| word.files.contains(path));
    let of = |search, list: &[String]| Some((search, place(list)?, list[place(list)?].clone()));
    let found = of(Search::Name, &names).or_else(|| of(Search::Text, &texts));
    Hit { word: word.text.clone(), found, instead: [names, texts] }
}

fn by_name(word: &str, files: &[File]) -> Vec<String> {
    let mut named: Vec<&File> =
        files.iter().filter(|file| file.plain_path.contains(word)).collect();
    named.sort_by_key(|file| (file.path.len(), &file.path));
    first(&named)
}

fn by_text(word: &str, files: &[File]) -> Vec<String> {
    let lines = |file: &File| file.plain_text.lines().filter(|line| line.contains(word)).count();
    let mut telling: Vec<(usize, &File)> =
        files.iter().map(|file| (lines(file), file)).filter(|(lines, _)| *lines > 0).collect();
    telling.sort_by_key(|(lines, file)| (Reverse(*lines), &file.path));
    first(&telling.into_iter().map(|(_, file)| file).collect::<Vec<_>>())
}

fn first(files: &[&File]) -> Vec<String> {
    files.iter().take(FIRST).map(|file| file.path.clone()).collect()
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), plain_path: plain(path), plain_text: plain(text) }
    }

    fn word(text: &str, file: &str) -> Word {
        Word { text: text.to_owned(), files: vec![file.to_owned()] }
    }

    #[test]
    fn a_name_leads_before_a_text_and_three_places_count() {
        let files = [
            file("a/dry_run.rs", ""),
            file("a/b/dry-run.html", ""),
            file("a/deeper/dry_run.rs", ""),
            file("a/deeper/still/dry_run.rs", ""),
            file("a/gate.rs", "the CSRF_TOKEN\nthe csrf-token"),
            file("a/form.rs", "csrf token"),
        ];
        let found = |text, path| look_up(&word(text, path), &files).found;
        let name = |place, path: &str| Some((Search::Name, place, path.to_owned()));
        assert_eq!(found("dry run", "a/dry_run.rs"), name(0, "a/dry_run.rs"));
        assert_eq!(found("dry run", "a/deeper/dry_run.rs"), name(2, "a/deeper/dry_run.rs"));
        assert_eq!(found("dry run", "a/deeper/still/dry_run.rs"), None);
        let text = Some((Search::Text, 0, "a/gate.rs".to_owned()));
        assert_eq!(found("csrf token", "a/gate.rs"), text);
        let lost = look_up(&word("ssrf", "a/form.rs"), &files);
        assert!(!lost.is_found() && lost.to_string().contains("not found"));
    }
}
