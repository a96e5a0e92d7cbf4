//! What changes on the way to a million people, and when. Every threshold is
//! computed from the measured rates and the prices.

use serde::Serialize;

use super::demand::{Demand, Inputs, MONTH_SECONDS, REQUESTS_A_PASS, Subject};
use super::figures::Figures;
use super::money::Bill;
use super::number::{float, floor};
use super::prices::{Prices, Target, Unit};
use super::sizes::{Sizes, passes_per_gate, passes_per_shared_postgres};

/// People a month of each phase.
pub const PHASES: [u64; 5] = [1_000, 5_000, 50_000, 500_000, 1_000_000];

const DAYS_A_MONTH: f64 = 30.0;

/// When more is needed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    /// Most people a month before it.
    pub people: u64,
    pub then: &'static str,
    /// How the number comes about.
    pub because: String,
}

/// A size on the way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    /// People a month.
    pub people: u64,
    /// Passes a month.
    pub passes_per_month: f64,
    /// Our own requests per second at the peak.
    pub peak_requests_per_second: f64,
    /// Peak siteverify calls, in percent of one gate's rate.
    pub gate_siteverify_percent: f64,
    /// Events in Postgres, bytes.
    pub postgres_bytes: f64,
    /// What it costs a month, by target that has prices.
    pub won: Vec<(Target, u64)>,
    /// What changes since the phase before.
    pub changes: Vec<&'static str>,
}

/// Every threshold for these inputs, lowest first.
pub(super) fn thresholds(inputs: &Inputs, figures: &Figures, prices: &Prices) -> Vec<Threshold> {
    let people = |passes: f64| floor(passes / inputs.passes_per_person);
    let gate = passes_per_gate(figures);
    let mut thresholds = vec![
        Threshold {
            people: people(gate / inputs.peak_factor * MONTH_SECONDS),
            then: "second gate machine",
            because: format!("peak uses 50 % of one gate: {gate:.0} passes/s"),
        },
        Threshold {
            people: people(passes_per_shared_postgres(inputs, figures)),
            then: "Postgres on its own machine",
            because: format!(
                "{} days of events fill half of {} GiB of memory",
                inputs.event_days, inputs.machine_memory_gib
            ),
        },
    ];
    if let Some(free) = prices.free_requests_per_day(Target::Cloudflare) {
        thresholds.push(Threshold {
            people: people(free * DAYS_A_MONTH / REQUESTS_A_PASS),
            then: "Cloudflare: paid plan",
            because: format!("a mean day has {free} requests; busy days exceed it earlier"),
        });
    }
    let calls = prices.of(Target::Cloudflare).find(|price| price.unit == Unit::MillionRequests);
    if let Some(calls) = calls {
        thresholds.push(Threshold {
            people: people(float(calls.included) / REQUESTS_A_PASS),
            then: "Cloudflare: requests beyond those included",
            because: format!("a month has {} requests", calls.included),
        });
    }
    thresholds.sort_by_key(|threshold| threshold.people);
    thresholds
}

/// Every phase at these inputs.
pub(super) fn phases(
    inputs: &Inputs,
    figures: &Figures,
    prices: &Prices,
    thresholds: &[Threshold],
) -> Vec<Phase> {
    let mut before = 0;
    let phase = |people: u64| {
        let inputs = Inputs { subject: Subject::MonthlyPeople(people), ..inputs.clone() };
        let demand = Demand::of(&inputs);
        let sizes = Sizes::of(&inputs, &demand, figures);
        let won = |target: Target| {
            let sum = Bill::of(target, &demand, &sizes, figures, prices).sum_won?;
            Some((target, sum))
        };
        let crossed = thresholds.iter().filter(|it| (before..people).contains(&it.people));
        let changes = crossed.map(|it| it.then).collect();
        before = people;
        Phase {
            people,
            passes_per_month: demand.passes_per_month,
            peak_requests_per_second: demand.peak_requests_per_second,
            gate_siteverify_percent: sizes.gate_siteverify_percent,
            postgres_bytes: sizes.postgres_bytes,
            won: Target::ALL.into_iter().filter_map(won).collect(),
            changes,
        }
    };
    PHASES.into_iter().map(phase).collect()
}
