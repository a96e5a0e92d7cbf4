//! Circles among sibling modules, and the arrows whose removal would break
//! them.

use std::collections::BTreeSet;
use std::fmt;

use super::graph::{Level, Use};

/// Modules that all depend on each other.
#[derive(Debug)]
pub struct Circle<'a> {
    /// The module that contains them.
    pub parent: &'a str,
    pub members: Vec<&'a str>,
    /// Removing these breaks every circle; those with the fewest uses come
    /// first.
    pub cut: Vec<Arrow<'a>>,
    /// The other arrows between members, in the same order.
    pub kept: Vec<Arrow<'a>>,
}

/// What one module uses of another.
#[derive(Debug)]
pub struct Arrow<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub uses: &'a [Use],
}

/// The circles of one level.
pub fn circles(level: &Level) -> Vec<Circle<'_>> {
    let names: Vec<&str> = level.modules.iter().map(String::as_str).collect();
    let mut left = names.clone();
    let mut found = Vec::new();
    while let Some(&first) = left.first() {
        let to_first = |name: &&str| reached(level, name).contains(first);
        let from_first = reached(level, first);
        let members: Vec<&str> = left
            .iter()
            .copied()
            .filter(|name| from_first.contains(name))
            .filter(to_first)
            .collect();
        left.retain(|name| *name != first && !members.contains(name));
        if !members.is_empty() {
            found.push(Circle::among(level, members));
        }
    }
    found
}

/// The modules that a module depends on, directly or indirectly.
fn reached<'a>(level: &'a Level, from: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let next = level.arrows.keys().filter(|(user, _)| user == at);
        open.extend(next.map(|(_, used)| used.as_str()).filter(|used| found.insert(*used)));
    }
    found
}

impl<'a> Circle<'a> {
    fn among(level: &'a Level, members: Vec<&'a str>) -> Self {
        let inside = level.arrows.iter().filter(|((from, to), _)| {
            members.contains(&from.as_str()) && members.contains(&to.as_str())
        });
        let mut arrows: Vec<Arrow<'_>> =
            inside.map(|((from, to), uses)| Arrow { from, to, uses }).collect();
        arrows.sort_by_key(|arrow| arrow.uses.len());
        let order = order(&members, &arrows);
        let place = |name: &str| order.iter().position(|other| *other == name);
        let (cut, kept) = arrows.into_iter().partition(|arrow| place(arrow.from) > place(arrow.to));
        Self { parent: &level.parent, members, cut, kept }
    }
}

/// Orders users before what they use, with few uses in the other direction: one
/// module after the other moves to its best place until none gains.
fn order<'a>(members: &[&'a str], arrows: &[Arrow<'_>]) -> Vec<&'a str> {
    let mut order = members.to_vec();
    let mut cost = uses_backwards(&order, arrows);
    loop {
        let mut better = None;
        for from in 0..order.len() {
            for to in 0..order.len() {
                let mut other = order.clone();
                let moved = other.remove(from);
                other.insert(to, moved);
                let other_cost = uses_backwards(&other, arrows);
                if other_cost < cost {
                    cost = other_cost;
                    better = Some(other);
                }
            }
        }
        match better {
            Some(other) => order = other,
            None => return order,
        }
    }
}

fn uses_backwards(order: &[&str], arrows: &[Arrow<'_>]) -> usize {
    let place = |name: &str| order.iter().position(|other| *other == name);
    let backwards = arrows.iter().filter(|arrow| place(arrow.from) > place(arrow.to));
    backwards.map(|arrow| arrow.uses.len()).sum()
}

impl fmt::Display for Circle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "circle in {}: {}", self.parent, self.members.join(", "))?;
        writeln!(f, "  without these, no circle is left ({}):", counted(&self.cut))?;
        self.cut.iter().try_for_each(|arrow| write!(f, "{arrow}"))?;
        writeln!(f, "  the other arrows ({}):", counted(&self.kept))?;
        self.kept.iter().try_for_each(|arrow| write!(f, "{arrow}"))
    }
}

impl fmt::Display for Arrow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "    {} -> {} ({})", self.from, self.to, uses(self.uses.len()))?;
        self.uses.iter().try_for_each(|place| writeln!(f, "      {place}"))
    }
}

fn counted(arrows: &[Arrow<'_>]) -> String {
    uses(arrows.iter().map(|arrow| arrow.uses.len()).sum())
}

/// A number of uses as text.
pub fn uses(count: usize) -> String {
    if count == 1 { "1 use".to_owned() } else { format!("{count} uses") }
}
