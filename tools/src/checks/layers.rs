//! The layers of the code: which package may depend on which, and that modules
//! do not depend on each other in a circle. ARCHITECTURE.md states the rules;
//! this module reads the code, and the ones below build the two graphs.

mod circles;
mod crates;
mod graph;
mod imports;
mod mentions;
mod plant;
mod product;
mod rules;
mod source;
#[cfg(test)]
mod tests;
mod tokens;

use anyhow::{Context as _, Result, ensure};

use super::{Context, Outcome};
use crate::project::Project;

pub use circles::{Circle, circles, uses};
use crates::Packages;
pub use graph::Graph;
pub use plant::Plant;
use rules::{DOCUMENT, Rules};

/// The code's structure, and its rules.
#[derive(Debug)]
pub struct Layers {
    rules: Rules,
    packages: Packages,
    graphs: Vec<(String, Vec<Graph>)>,
}

impl Layers {
    /// Reads rules, packages and modules of a checkout.
    pub fn read(project: &Project) -> Result<Self> {
        let document = std::fs::read_to_string(project.at(DOCUMENT))
            .with_context(|| format!("read {DOCUMENT}"))?;
        let rules = Rules::parse(&document)?;
        let packages = Packages::read(project.root())?;
        let mut graphs = Vec::new();
        for (name, package) in &packages.0 {
            let found = graph::of_package(project.root(), name, &package.folder)?;
            graphs.push((name.clone(), found));
        }
        Ok(Self { rules, packages, graphs })
    }

    /// Packages in alphabetical order, each with the graphs of its library and
    /// its programs.
    pub fn graphs(&self) -> impl Iterator<Item = (&str, &[Graph])> {
        self.graphs.iter().map(|(name, graphs)| (name.as_str(), graphs.as_slice()))
    }

    /// Whether circles among the modules of a package are a failure.
    pub fn holds(&self, package: &str) -> bool {
        self.rules.held.contains(package)
    }

    /// Every violation of the rules.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.packages.problems(&self.rules);
        for graph in self.held() {
            let circles = graph.levels.iter().flat_map(circles);
            problems.extend(circles.map(|circle| format!("{}: {circle}", graph.name)));
        }
        problems
    }

    /// What the check reports about each arrow and circle that it must reject.
    pub fn plants(&self) -> Vec<Plant> {
        let held: Vec<Graph> = self.held().cloned().collect();
        let mut plants = plant::arrows(&self.packages, &self.rules);
        plants.extend(plant::module_circles(&held));
        plants
    }

    fn held(&self) -> impl Iterator<Item = &Graph> {
        let held = self.graphs.iter().filter(|(name, _)| self.holds(name));
        held.flat_map(|(_, graphs)| graphs)
    }
}

/// Checks that packages and modules keep to ARCHITECTURE.md.
pub(super) fn layers(context: &Context) -> Result<Outcome> {
    let layers = Layers::read(&context.project)?;
    let problems = layers.problems();
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    let free = layers.graphs().filter(|(name, graphs)| !graphs.is_empty() && !layers.holds(name));
    let free: Vec<&str> = free.map(|(name, _)| name).collect();
    if free.is_empty() {
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::Noted(format!("modules may still form circles in {}", free.join(", "))))
}
