//! `munjigi-tools layers`: shows how the modules of each crate use each other.

use std::process::ExitCode;

use anyhow::{Result, ensure};

use crate::checks::layers::{Graph, Layers, circles, uses};
use crate::project::Project;

/// Arguments of `munjigi-tools layers`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only this package, without `munjigi-`
    #[arg(long = "crate", value_name = "NAME")]
    package: Option<String>,
    /// Print every arrow between sibling modules and how many uses it has
    #[arg(long)]
    graph: bool,
    /// Plant each forbidden arrow in memory and print what the check says
    #[arg(long, conflicts_with_all = ["package", "graph"])]
    plant: bool,
}

/// Prints circles, arrows or plants; fails whenever the check would.
pub fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let layers = Layers::read(project)?;
    if arguments.plant {
        return Ok(plant(&layers));
    }
    let chosen = |name: &str| arguments.package.as_deref().is_none_or(|package| package == name);
    let mut free = Vec::new();
    let mut known = false;
    for (_, graphs) in layers.graphs().filter(|(name, _)| chosen(name)) {
        known = true;
        for graph in graphs {
            if arguments.graph {
                print_arrows(graph);
            } else if print_circles(graph) == 0 {
                free.push(graph.name.as_str());
            }
        }
    }
    ensure!(known, "no package {}", arguments.package.as_deref().unwrap_or("at all"));
    if !arguments.graph {
        println!("no circle in: {}", free.join(", "));
        let held = layers.graphs().map(|(name, _)| name).filter(|name| layers.holds(name));
        println!("held by ARCHITECTURE.md: {}", held.collect::<Vec<_>>().join(", "));
    }
    let problems = layers.problems();
    for problem in &problems {
        println!("problem: {problem}");
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_circles(graph: &Graph) -> usize {
    let mut count = 0;
    for circle in graph.levels.iter().flat_map(circles) {
        println!("{}: {circle}", graph.name);
        count += 1;
    }
    count
}

fn print_arrows(graph: &Graph) {
    for level in &graph.levels {
        println!("{} {}:", graph.name, level.parent);
        for ((from, to), places) in &level.arrows {
            println!("  {from} -> {to} ({})", uses(places.len()));
        }
    }
}

fn plant(layers: &Layers) -> ExitCode {
    let plants = layers.plants();
    for plant in &plants {
        println!("{plant}");
    }
    let unnoticed = plants.iter().filter(|plant| !plant.noticed).count();
    println!("{} planted, {unnoticed} unnoticed", plants.len());
    if unnoticed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
