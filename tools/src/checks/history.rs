//! Files that must not change once they are on the main branch.

use std::process::Command;

use anyhow::{Result, ensure};

use super::{Context, Outcome};
use crate::files;
use crate::project::Project;

/// Migrations, in whichever folder of the origin they are.
const MIGRATIONS: &str = ":(glob)origin/**/migrations/*.sql";

/// The first migration of the first release. Older ones are of no release and
/// may go.
const FIRST_RELEASED: &str = "20261127000000";

/// A migration that ran somewhere cannot be rewritten: databases know its name
/// and the checksum of its text.
pub(super) fn migrations_only_grow(context: &Context) -> Result<Outcome> {
    let Some(base) = base(&context.project)? else {
        return Ok(Outcome::Skipped("no main branch to compare with".to_owned()));
    };
    let diff = git(
        &context.project,
        &["diff", "--name-status", "--find-renames=100%", base.as_str(), "--", MIGRATIONS],
    )?;
    let changed = rewritten(&diff);
    ensure!(
        changed.is_empty(),
        "changed since {base}: {}; revert it and add a new migration",
        changed.join(", ")
    );
    Ok(Outcome::Passed)
}

/// The commit at which this branch left the main branch.
fn base(project: &Project) -> Result<Option<String>> {
    for main in ["origin/main", "main"] {
        let reference = format!("{main}^{{commit}}");
        if git(project, &["rev-parse", "--verify", "--quiet", &reference]).is_ok() {
            let base = git(project, &["merge-base", "HEAD", main])?;
            return Ok(Some(base.trim().to_owned()));
        }
    }
    Ok(None)
}

/// Files of a `--name-status` listing that are neither additions nor moved to
/// another folder as they were, nor older than the first release.
fn rewritten(diff: &str) -> Vec<&str> {
    diff.lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(status, paths)| match paths.split_once('\t') {
            Some((old, new)) => *status != "R100" || name(old) != name(new),
            None => *status != "A",
        })
        .map(|(_, path)| path)
        .filter(|path| {
            let before = path.split('\t').next().unwrap_or(path);
            name(before).get(..FIRST_RELEASED.len()).is_none_or(|time| time >= FIRST_RELEASED)
        })
        .collect()
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub fn git(project: &Project, arguments: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    let output = files::output_of(git.args(arguments).current_dir(project.root()), None)?;
    ensure!(
        output.status.success(),
        "git {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_are_allowed_and_changes_are_named() {
        let diff = "A\torigin/migrations/20261127000300_add_a.sql\n\
            M\torigin/migrations/20261127000000_create_b.sql\n\
            D\torigin/migrations/20261127000100_create_c.sql\n";
        assert_eq!(
            rewritten(diff),
            [
                "origin/migrations/20261127000000_create_b.sql",
                "origin/migrations/20261127000100_create_c.sql"
            ]
        );
    }

    #[test]
    fn a_file_may_move_but_neither_its_name_nor_its_text_may_change() {
        let old = "origin/migrations/20261127000000_create_a.sql";
        let moved = format!("R100\t{old}\torigin/store/migrations/20261127000000_create_a.sql\n");
        assert!(rewritten(&moved).is_empty());
        let paths = format!("{old}\torigin/migrations/20261127000100_create_a.sql");
        assert_eq!(rewritten(&format!("R100\t{paths}")), [paths.as_str()]);
        let edited = format!("R098\t{old}\torigin/store/migrations/20261127000000_create_a.sql");
        assert_eq!(rewritten(&edited).len(), 1);
    }

    #[test]
    fn what_is_older_than_the_first_release_may_go() {
        let diff = "D\torigin/migrations/20261126235959_create_a.sql\n\
            M\torigin/migrations/20261120080000_create_b.sql\n\
            R100\torigin/migrations/20261120080100_create_c.sql\torigin/migrations/20261127000100_create_c.sql\n";
        assert!(rewritten(diff).is_empty());
    }
}
