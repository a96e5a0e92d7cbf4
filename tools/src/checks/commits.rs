//! Commits that belong to an earlier one and must be folded into it before
//! they reach the main branch.

use anyhow::{Result, ensure};

use super::history::git;
use super::{Context, Outcome};
use crate::project::Project;

/// How many commits are looked at where the branch has none of its own.
const LATEST: &str = "--max-count=50";

/// How git begins the subjects of such commits.
const PREFIXES: [&str; 3] = ["fixup!", "squash!", "amend!"];

/// A branch is merged as it is, so nothing folds them in later. A shallow clone
/// may lack the point where the branch began; then its latest commits count.
pub(super) fn none_left_to_fold(context: &Context) -> Result<Outcome> {
    let base = base(&context.project);
    let own = base.as_ref().map(|base| format!("{base}..HEAD"));
    let which = own.as_deref().unwrap_or(LATEST);
    let subjects = git(&context.project, &["log", "--format=%s", which])?;
    let left = left_to_fold(&subjects);
    ensure!(
        left.is_empty(),
        "to be folded into earlier commits: {}; run `git rebase --autosquash {}`",
        left.join(", "),
        base.as_deref().unwrap_or("HEAD~50")
    );
    Ok(Outcome::Passed)
}

/// The commit at which this branch left the main branch. `None` if it has no
/// commits of its own, or if that commit is not here.
fn base(project: &Project) -> Option<String> {
    let commit = |arguments: &[&str]| {
        let found = git(project, arguments).ok()?;
        Some(found.trim().to_owned()).filter(|found| !found.is_empty())
    };
    let base = ["origin/main", "main"]
        .into_iter()
        .find_map(|main| commit(&["merge-base", "HEAD", main]))?;
    (Some(&base) != commit(&["rev-parse", "HEAD"]).as_ref()).then_some(base)
}

/// The subjects of commits that belong to an earlier one.
fn left_to_fold(subjects: &str) -> Vec<&str> {
    let is_left = |subject: &&str| PREFIXES.iter().any(|prefix| subject.starts_with(prefix));
    subjects.lines().filter(is_left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_that_belong_to_an_earlier_one_are_named() {
        let subjects = "feat(gate): add a thing\nfixup! feat(gate): add a thing\n\
                        squash! docs: say it\namend! fix: repair it\n";
        assert_eq!(
            left_to_fold(subjects),
            ["fixup! feat(gate): add a thing", "squash! docs: say it", "amend! fix: repair it"]
        );
    }

    #[test]
    fn a_subject_may_mention_them() {
        assert!(left_to_fold("feat(tools): refuse fixup! commits\nfix: fixups\n\n").is_empty());
        assert!(left_to_fold("").is_empty());
    }
}
