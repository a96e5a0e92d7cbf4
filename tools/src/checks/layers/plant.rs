//! Tests the check itself: each arrow that the rules forbid, and a circle in
//! each crate without circles, are planted in memory one at a time.

use std::collections::BTreeSet;
use std::fmt;

use super::circles::circles;
use super::crates::{Packages, forbidden};
use super::graph::{Graph, Level, Use};
use super::rules::Rules;

/// Something planted, and what the check reported.
#[derive(Debug)]
pub struct Plant {
    pub what: String,
    /// The full report of the check.
    pub said: String,
    /// Whether that is the expected report.
    pub noticed: bool,
}

impl fmt::Display for Plant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.noticed { "noticed " } else { "UNNOTICED" };
        write!(f, "{word}  {}: {}", self.what, self.said)
    }
}

/// Every arrow between two packages that the rules do not allow.
pub fn arrows(packages: &Packages, rules: &Rules) -> Vec<Plant> {
    let mut plants = Vec::new();
    let before: BTreeSet<String> = packages.problems(rules).into_iter().collect();
    for (from, allowed) in &rules.allowed {
        for to in packages.0.keys().filter(|to| *to != from && !allowed.includes(to)) {
            let mut planted = packages.clone();
            if let Some(package) = planted.0.get_mut(from) {
                package.needs.insert(to.clone());
            }
            let expected = forbidden(from, to);
            let mut said = planted.problems(rules);
            said.retain(|problem| *problem == expected || !before.contains(problem));
            let noticed = said == [expected];
            plants.push(Plant { what: format!("{from} -> {to}"), said: said.join("; "), noticed });
        }
    }
    plants
}

/// One circle of two modules in each crate that has two siblings.
pub fn module_circles(graphs: &[Graph]) -> Vec<Plant> {
    graphs.iter().filter_map(module_circle).collect()
}

fn module_circle(graph: &Graph) -> Option<Plant> {
    let used = graph.levels.iter().find(|level| !level.arrows.is_empty());
    let level = used.or_else(|| graph.levels.iter().find(|level| level.modules.len() > 1))?;
    let (from, to) = level.arrows.keys().next().cloned().or_else(|| {
        let mut names = level.modules.iter().cloned();
        Some((names.next()?, names.next()?))
    })?;
    let mut planted: Level = level.clone();
    for (user, used) in [(&from, &to), (&to, &from)] {
        let place = Use { file: "planted".to_owned(), line: 1, path: format!("super::{used}") };
        let arrow = planted.arrows.entry((user.clone(), used.clone())).or_default();
        if arrow.is_empty() {
            arrow.push(place);
        }
    }
    let found = circles(&planted);
    let noticed = found.iter().any(|circle| {
        circle.members.contains(&from.as_str()) && circle.members.contains(&to.as_str())
    });
    let said = found.iter().map(|it| format!("circle in {}: {}", it.parent, it.members.join(", ")));
    let what = format!("{} {}: {to} -> {from} beside {from} -> {to}", graph.name, level.parent);
    Some(Plant { what, said: said.collect::<Vec<_>>().join("; "), noticed })
}
