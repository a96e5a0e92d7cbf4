//! What must not change once it is on the main branch.

use std::process::Command;

use anyhow::{Result, ensure};

use super::{Context, Outcome};
use crate::files;
use crate::project::Project;

/// A migration that ran somewhere cannot be rewritten.
pub(super) fn migrations_only_grow(context: &Context) -> Result<Outcome> {
    let Some(base) = base(&context.project)? else {
        return Ok(Outcome::Skipped("no main branch to compare with".to_owned()));
    };
    let arguments =
        ["diff", "--name-status", "--no-renames", base.as_str(), "--", "origin/migrations"];
    let diff = git(&context.project, &arguments)?;
    let changed = rewritten(&diff);
    ensure!(
        changed.is_empty(),
        "changed since {base}: {}; revert it and add a new migration",
        changed.join(", ")
    );
    Ok(Outcome::Passed)
}

/// Where this branch left the main branch.
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

/// Files of a `--name-status` listing that are not additions.
fn rewritten(diff: &str) -> Vec<&str> {
    diff.lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(status, _)| *status != "A")
        .map(|(_, path)| path)
        .collect()
}

pub(super) fn git(project: &Project, arguments: &[&str]) -> Result<String> {
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
}
