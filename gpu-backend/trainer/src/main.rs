//! `munjigi-trainer`: makes the committed networks.
#![expect(clippy::print_stdout, reason = "a command prints to its caller")]

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use anyhow::{Result, bail};
use clap::Parser;
use munjigi_trainer::harvest::Store;
use munjigi_trainer::make::{self, Effort};
use munjigi_trainer::record::{date, models};
use munjigi_trainer::train::Plan;

/// Trains a network and writes it with its record where the gpu-backend's
/// registry finds it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// `scene-tile` or `scene-things`
    name: String,
    /// Pictures to learn from
    #[arg(long)]
    pictures: usize,
    /// Pictures to measure with
    #[arg(long, default_value_t = 1_000)]
    held: usize,
    /// Batches
    #[arg(long)]
    steps: usize,
    /// Samples of a batch
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Of weights, order and changes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where drawn pictures and a run on its way are kept
    #[arg(long, default_value = ".munjigi/attack")]
    work: PathBuf,
    /// The folder of models
    #[arg(long)]
    models: Option<PathBuf>,
}

#[expect(clippy::disallowed_methods, reason = "the command reads the clock, here alone")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let Arguments { name, pictures, held, steps, batch, seed, work, .. } = arguments;
    let store = Store::open(&work)?;
    let effort = Effort { pictures, held, plan: Plan { seed, steps, batch, rate: 2e-3 } };
    let started = Instant::now();
    let made = match name.as_str() {
        "scene-tile" => make::tile(&store, effort)?,
        "scene-things" => make::things(&store, effort)?,
        _ => bail!("there is `scene-tile` and `scene-things`"),
    };
    let folder = arguments.models.unwrap_or_else(models);
    let day = date(SystemTime::now());
    make::keep(&folder, &name, effort, &made, (&day, started.elapsed().as_secs()))?;
    println!("{name}: {} of {} held out are right", made.held_out.passed, made.held_out.tried);
    Ok(())
}
