//! Files that must not change once they are on the main branch.

use std::process::Command;

use anyhow::{Result, ensure};

use super::{Context, Outcome};
use crate::files;
use crate::project::Project;

/// Migrations, in whichever folder of the origin they are.
const MIGRATIONS: &str = ":(glob)origin/**/migrations/*.sql";

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
/// another folder as they were.
fn rewritten(diff: &str) -> Vec<&str> {
    diff.lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(status, paths)| match paths.split_once('\t') {
            Some((old, new)) => *status != "R100" || name(old) != name(new),
            None => *status != "A",
        })
        .map(|(_, path)| path)
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
        let diff =
            "A\torigin/migrations/3.sql\nM\torigin/migrations/1.sql\nD\torigin/migrations/2.sql\n";
        assert_eq!(rewritten(diff), ["origin/migrations/1.sql", "origin/migrations/2.sql"]);
    }

    #[test]
    fn a_file_may_move_but_neither_its_name_nor_its_text_may_change() {
        let moved = "R100\torigin/migrations/1.sql\torigin/store/migrations/1.sql\n";
        assert!(rewritten(moved).is_empty());
        let renamed = "R100\torigin/migrations/1.sql\torigin/migrations/2.sql";
        assert_eq!(rewritten(renamed), ["origin/migrations/1.sql\torigin/migrations/2.sql"]);
        let edited = "R098\torigin/migrations/1.sql\torigin/store/migrations/1.sql";
        assert_eq!(rewritten(edited).len(), 1);
    }
}
