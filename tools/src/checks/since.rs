//! The checks that a change can concern, by the folders that each of them looks at: for
//! people, who need not wait for the others. CI runs all.

use anyhow::{Result, anyhow};

use super::history::git;
use super::{ALL, Check};
use crate::project::Project;

/// The documents beside the sources.
const TEXTS: &[&str] =
    &["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README", "SECURITY.md", "docs"];

/// What a check looks at. Whatever is in none of these, such as a manifest or our own
/// tools, concerns all.
const LOOKS_AT: &[(&str, &[&[&str]])] = &[
    ("format", ANYTHING),
    ("tree", ANYTHING),
    ("layers", ANYTHING),
    ("migrations", ANYTHING),
    ("commits", ANYTHING),
    ("worker", &[&["crates", "edge"]]),
    ("widget", &[&["crates", "widget"]]),
    ("publish", &[&["crates", "edge", "widget", "wrangler.toml"]]),
    ("types", &[&["tests", "widget"]]),
    ("widget-tests", &[&["crates", "widget"]]),
    ("bench-tests", &[&["tests/bench", "tests/fleet", "tests/support"]]),
    ("clippy", &[RUST, &["clippy.toml", "tests/Cargo.toml", "tests/src", "tests/tests"]]),
    ("clippy-wasm", &[&["clippy.toml", "crates", "edge", "widget"]]),
    ("gpu-backend", &[&["clippy.toml", "crates", "deny.toml", "gpu-backend"]]),
    ("fuzz", &[&["crates", "fuzz"]]),
    ("dependencies", &[&["deny.toml"]]),
    ("install", &[&["crates", "deploy", "gate", "scripts", "tests/install", "widget"]]),
    ("unit", &[RUST, TEXTS, &["deploy", "examples", "fuzz", "tests", "wrangler.toml"]]),
    ("gate", &[&["crates", "deploy", "gate", "tests", "widget"]]),
    ("deploy", &[&["crates", "deploy", "gate", "origin", "tests", "widget"]]),
    ("journeys", &[RUST, TEXTS, &["examples", "gpu-backend", "tests", "wrangler.toml"]]),
    ("whole", &[RUST, &["gpu-backend", "tests", "wrangler.toml"]]),
    ("examples", &[&["examples"]]),
    ("clients", &[RUST, &["tests", "wrangler.toml"]]),
    ("queries", &[&["crates", "origin"]]),
    ("clean", ANYTHING),
];

const ANYTHING: &[&[&str]] = &[&[""]];
const RUST: &[&str] = &["crates", "edge", "gate", "origin", "widget"];

/// A check, and the first changed file that it looks at, if there is one.
pub type Concern = (Check, Option<String>);

/// Every check, with what concerns it among the files that differ from this commit, also
/// those that are not committed yet.
///
/// # Errors
///
/// There is no such commit.
pub fn concerned(project: &Project, commit: &str) -> Result<Vec<Concern>> {
    let named = format!("{commit}^{{commit}}");
    let found = git(project, &["rev-parse", "--verify", "--quiet", "--end-of-options", &named]);
    let found = found.map_err(|_| anyhow!("git knows no commit `{commit}`"))?;
    let changed = git(project, &["diff", "--name-only", "--no-renames", found.trim()])?;
    let new = git(project, &["ls-files", "--others", "--exclude-standard"])?;
    let changed: Vec<&str> = changed.lines().chain(new.lines()).collect();
    let concern = |check: &Check| {
        let path = changed.iter().find(|path| concerns(path, check.name));
        (*check, path.map(ToString::to_string))
    };
    Ok(ALL.iter().map(concern).collect())
}

/// Whether a file concerns a check.
fn concerns(path: &str, check: &str) -> bool {
    let of = |(name, all): &(&str, &[&[&str]])| {
        *name == check && all.iter().flat_map(|some| some.iter()).any(|part| is_in(path, part))
    };
    is_everyones(path) || LOOKS_AT.iter().any(of)
}

/// Whether a file is one that no table can tell of: which crates and packages there are,
/// what runs the checks, and what is in none of their folders.
fn is_everyones(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_manifest =
        ["Cargo.toml", "Cargo.lock", "package.json", "package-lock.json"].contains(&name);
    let parts = LOOKS_AT.iter().flat_map(|(_, all)| all.iter().flat_map(|some| some.iter()));
    is_manifest || !parts.filter(|part| !part.is_empty()).any(|part| is_in(path, part))
}

/// Whether a path is this file or below this folder. `README` is in each language.
fn is_in(path: &str, part: &str) -> bool {
    let rest = path.strip_prefix(part);
    part.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path, PathBuf};

    use super::*;

    fn concerned_by(path: &str) -> Vec<&'static str> {
        ALL.iter().map(|check| check.name).filter(|name| concerns(path, name)).collect()
    }

    #[test]
    fn the_table_has_every_check_and_no_other() {
        let names: Vec<&str> = LOOKS_AT.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ALL.iter().map(|check| check.name).collect::<Vec<_>>());
    }

    #[test]
    fn a_change_concerns_what_looks_at_it_and_an_unknown_one_everybody() {
        let always = ["format", "tree", "layers", "migrations", "commits"];
        let of = |more: &[&'static str]| [&always[..], more, &["clean"]].concat();
        assert_eq!(concerned_by("tests/bench/report.mjs").len(), 14);
        assert_eq!(concerned_by("examples/shop-go/main.go"), of(&["unit", "journeys", "examples"]));
        assert_eq!(concerned_by("README.ko.md"), of(&["unit", "journeys"]));
        assert_eq!(
            concerned_by("gpu-backend/src/lib.rs"),
            of(&["gpu-backend", "journeys", "whole"])
        );
        for path in ["tools/src/say.rs", "gate/Cargo.toml", "rust-toolchain.toml", ".ci/run", "new"]
        {
            assert_eq!(concerned_by(path).len(), ALL.len(), "{path}");
        }
        assert!(!is_in("gateway/src/lib.rs", "gate"));
    }

    /// Sources of a folder.
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    #[test]
    fn what_sources_include_concerns_their_tests() {
        let project = Project::here();
        let mut found = Vec::new();
        for folder in RUST {
            sources(&project.at(folder), &mut found);
        }
        let mut included = 0;
        for source in found {
            let text = std::fs::read_to_string(&source).unwrap();
            for rest in text.split("include_str!(\"").skip(1) {
                let mut path = source.parent().unwrap().to_path_buf();
                for part in Path::new(rest.split('"').next().unwrap()).components() {
                    match part {
                        Component::ParentDir => drop(path.pop()),
                        part => path.push(part),
                    }
                }
                let path = path.strip_prefix(project.root()).unwrap().to_str().unwrap().to_owned();
                assert!(concerns(&path, "unit"), "{path}, of {}", source.display());
                included += 1;
            }
        }
        assert!(included > 40, "{included}");
    }
}
