//! Rules for the committed files, and that checks do not change any.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::history::git;
use super::{Context, Outcome, i18n};
use crate::project::Project;
use crate::{glossary, readme, security};

/// Most lines of a source file, including its tests.
const MAX_LINES: usize = 500;
const SOURCES: [&str; 7] = ["rs", "ts", "mjs", "js", "css", "py", "sh"];

/// Documents that send readers to source files.
const GUIDES: [&str; 5] =
    ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/data.md", "docs/decisions.md"];

/// The files' state as git sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(String);

impl Snapshot {
    pub fn take(project: &Project) -> Result<Self> {
        Ok(Self(git(project, &["status", "--porcelain"])?))
    }
}

/// Each generated file has one command; if that changes the tree, the committed
/// version was stale.
pub(super) fn unchanged(context: &Context) -> Result<Outcome> {
    let now = Snapshot::take(&context.project)?;
    ensure!(
        now == context.before,
        "the checks changed the tree; commit what they wrote:\nbefore:\n{}now:\n{}",
        context.before.0,
        now.0
    );
    Ok(Outcome::Passed)
}

/// Checks that no file is too long and none names this machine or a registry
/// mirror, that documents send readers to files that exist, that the READMEs say
/// what was measured and show what exists, and that the translations agree.
pub(super) fn contents(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let listing = git(project, &["ls-files", "-z"])?;
    let machine = machine_paths(project);
    let mut problems = readme::problems(project)?;
    problems.extend(security::problems(project, &listing)?);
    problems.extend(glossary::problems(project, &listing));
    problems.extend(i18n::problems(project.root())?);
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        // A link, a deleted file or an image has no text to check.
        if let Ok(text) = std::fs::read_to_string(project.at(path)) {
            problems.extend(problems_of(path, &text, &machine));
        }
    }
    let paths: Vec<&str> = listing.split('\0').collect();
    for guide in GUIDES {
        let text =
            std::fs::read_to_string(project.at(guide)).with_context(|| format!("read {guide}"))?;
        let lost = lost_files(&text, &paths).into_iter();
        problems.extend(lost.map(|file| format!("{guide}: names {file}, which does not exist")));
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(Outcome::Passed)
}

/// Folders of this machine that are meaningless on another.
fn machine_paths(project: &Project) -> Vec<String> {
    let home = std::env::var("HOME").ok().filter(|home| home.len() > 1);
    let root = Some(project.root().to_string_lossy().into_owned());
    [home, root].into_iter().flatten().map(|folder| format!("{folder}/")).collect()
}

/// Source files that a text names in backticks and by a folder, as in
/// `checks/tree.rs`, where no path ends like that.
fn lost_files<'a>(text: &'a str, paths: &[&str]) -> Vec<&'a str> {
    let is_source = |name: &str| {
        let extension = Path::new(name).extension().and_then(std::ffi::OsStr::to_str);
        !name.starts_with('/')
            && name.contains('/')
            && !name.contains(|c: char| c.is_whitespace() || "*:<{".contains(c))
            && extension
                .is_some_and(|extension| extension == "html" || SOURCES.contains(&extension))
    };
    let exists = |name: &str| paths.iter().any(|path| Path::new(path).ends_with(name));
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| is_source(name) && !exists(name)).collect()
}

fn problems_of(path: &str, text: &str, machine: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    let extension = Path::new(path).extension().and_then(std::ffi::OsStr::to_str);
    let lines = text.lines().count();
    if extension.is_some_and(|extension| SOURCES.contains(&extension)) && lines > MAX_LINES {
        problems.push(format!("{path}: {lines} lines, at most {MAX_LINES}"));
    }
    for folder in machine.iter().filter(|folder| text.contains(folder.as_str())) {
        problems.push(format!("{path}: names {folder}, which is this machine's"));
    }
    if path.ends_with("package-lock.json") && text.contains("\"resolved\": \"http") {
        problems
            .push(format!("{path}: names a registry's host; set omit-lockfile-registry-resolved"));
    }
    if path.ends_with("Cargo.lock") {
        let foreign = text.lines().filter(|line| {
            line.starts_with("source = ")
                && !line.contains("registry+https://github.com/rust-lang/crates.io-index")
        });
        problems.extend(foreign.map(|line| format!("{path}: {line}")));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_and_paths_of_this_machine_are_named() {
        let machine = vec!["/home/kim/".to_owned()];
        assert!(problems_of("a.rs", "fn main() {}\n", &machine).is_empty());
        assert_eq!(problems_of("a.rs", &"\n".repeat(501), &machine).len(), 1);
        assert!(problems_of("a.md", &"\n".repeat(501), &machine).is_empty());
        assert_eq!(problems_of("a.md", "see /home/kim/notes", &machine).len(), 1);
    }

    #[test]
    fn files_that_a_guide_names_and_that_do_not_exist_are_found() {
        let paths = ["origin/console/src/lib.rs", "widget/frame/frame.css"];
        let text = "`src/lib.rs`, `frame/frame.css`, not `rame/frame.css` or `http/lib.rs`; \
                    `lib.rs`, `/v1/api.js`, `sh a/b.sh` and `tests/*.rs` are no files by a folder.";
        assert_eq!(lost_files(text, &paths), ["rame/frame.css", "http/lib.rs"]);
    }

    #[test]
    fn lockfiles_name_no_other_source() {
        let npm = "{\"resolved\": \"https://mirror.example/a.tgz\"}";
        assert_eq!(problems_of("package-lock.json", npm, &[]).len(), 1);
        let good = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert!(problems_of("Cargo.lock", good, &[]).is_empty());
        assert_eq!(problems_of("Cargo.lock", "source = \"git+https://a.example\"", &[]).len(), 1);
    }
}
