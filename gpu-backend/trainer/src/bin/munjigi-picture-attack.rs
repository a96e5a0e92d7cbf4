//! `munjigi-picture-attack`: tries every attacker on every kind of challenge and
//! writes the report.
#![expect(clippy::print_stdout, reason = "a command prints to its caller")]

use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use anyhow::Result;
use clap::Parser;
use munjigi_trainer::attack::hard::mark;
use munjigi_trainer::attack::results::{Results, Row};
use munjigi_trainer::attack::{Attacker, Budget, Kind, tried};
use munjigi_trainer::harvest::Store;
use munjigi_trainer::page;
use munjigi_trainer::record::date;

/// Tries programs on pictures and writes docs/reports/bot-pass-rates.{md,toml}.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Minutes on two cores: fewer means fewer challenges and less training
    #[arg(long, default_value_t = 60.0)]
    budget: f64,
    /// Only `grid`, `area` or `turn`; no report
    #[arg(long)]
    only: Option<String>,
    /// Try nothing: write the report of what was measured before
    #[arg(long)]
    report: bool,
    /// Where drawn pictures, networks and finished rows are kept
    #[arg(long, default_value = ".munjigi/attack")]
    work: PathBuf,
    /// Where the report goes
    #[arg(long, default_value = "docs/reports")]
    docs: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the command reads the clock, here alone")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let budget = Budget::minutes(arguments.budget);
    let store = Store::open(&arguments.work)?;
    let mut results = Results::read(&store)?;
    let mut order: Vec<(Kind, Attacker)> = Kind::ALL
        .into_iter()
        .filter(|_| !arguments.report)
        .filter(|kind| arguments.only.as_deref().is_none_or(|only| only == kind.name()))
        .flat_map(|kind| budget.attackers(kind).into_iter().map(move |attacker| (kind, attacker)))
        .collect();
    // Cheap attackers first: an interrupted run has something of each kind.
    order.sort_by_key(|&(_, attacker)| budget.steps_of(attacker));
    for (kind, attacker) in order {
        let effort = (budget.challenges(kind), budget.steps_of(attacker));
        let judge = mark(kind)?;
        if results.of(kind, &judge, attacker, effort).is_none() {
            let started = Instant::now();
            let found = tried(&store, kind, attacker, budget)?;
            let seconds = started.elapsed().as_secs();
            let (challenges, steps) = effort;
            let scenes = kind.scenes().hash().to_owned();
            let judge = judge.clone();
            results.put(Row {
                kind,
                scenes,
                judge,
                attacker,
                challenges,
                steps,
                score: found,
                seconds,
            });
            results.date = date(SystemTime::now());
            results.write(&store)?;
        }
        if let Some(row) = results.of(kind, &judge, attacker, effort) {
            let share = row.score.challenges;
            let [low, high] = share.interval().map(|bound| bound * 100.0);
            println!(
                "{:5} {:32} {:6.2} % ({low:.1} to {high:.1} %) of {}; {} s",
                kind.name(),
                attacker.to_string(),
                share.rate() * 100.0,
                share.tried,
                row.seconds
            );
        }
    }
    if arguments.only.is_none() {
        page::write(&arguments.docs, &results)?;
    }
    Ok(())
}
