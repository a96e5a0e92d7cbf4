//! The layers of the code: which package may depend on which, and that modules
//! do not depend on each other in a circle. ARCHITECTURE.md states the rules.

mod circle;
mod crates;
mod modules;
mod rules;

use anyhow::{Context as _, Result, ensure};

use super::{Context, Outcome};
use crate::project::Project;

use crates::Packages;
use rules::{DOCUMENT, Rules};

/// Checks that packages and modules keep to ARCHITECTURE.md.
pub(super) fn layers(context: &Context) -> Result<Outcome> {
    let problems = problems(&context.project)?;
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(Outcome::Passed)
}

/// Every violation of the rules.
fn problems(project: &Project) -> Result<Vec<String>> {
    let document = std::fs::read_to_string(project.at(DOCUMENT))
        .with_context(|| format!("read {DOCUMENT}"))?;
    let rules = Rules::parse(&document)?;
    let packages = Packages::read(project.root())?;
    let mut problems = packages.problems(&rules);
    for (name, package) in packages.0.iter().filter(|(name, _)| rules.held.contains(*name)) {
        let circles = modules::circles(&project.at(package.folder.to_string_lossy().as_ref()))?;
        problems.extend(circles.into_iter().map(|circle| format!("{name}: {circle}")));
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_arrow_that_is_not_allowed_would_be_noticed_in_this_checkout() {
        let project = Project::here();
        assert_eq!(problems(&project).unwrap(), [""; 0]);
        let rules = Rules::parse(&std::fs::read_to_string(project.at(DOCUMENT)).unwrap()).unwrap();
        let packages = Packages::read(project.root()).unwrap();
        let mut planted = 0;
        for (from, allowed) in &rules.allowed {
            for to in packages.0.keys().filter(|to| *to != from && !allowed.includes(to)) {
                let mut with = packages.clone();
                with.0.get_mut(from).unwrap().needs.insert(to.clone());
                let said = with.problems(&rules);
                assert_eq!(said, [format!("{from} -> {to} is not allowed by {DOCUMENT}")]);
                planted += 1;
            }
        }
        assert!(planted > 400, "{planted}");
    }
}
