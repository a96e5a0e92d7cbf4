//! From sizes to money: a line for each price, and their sum.

use serde::Serialize;

use super::demand::Demand;
use super::figures::Figures;
use super::number::{float, whole};
use super::prices::{Basis, Price, Prices, Target, Unit};
use super::sizes::Sizes;

const MILLION: f64 = 1e6;
/// Calls of the Worker, and of a redemption object, for one pass.
const WORKER_CALLS: f64 = super::demand::REQUESTS_A_PASS;
const OBJECT_CALLS: f64 = 1.0;

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub item: String,
    /// How many units are charged.
    pub quantity: f64,
    /// What one unit is: `machines`.
    pub unit: &'static str,
    /// Price of one unit, won.
    pub won_per_unit: f64,
    /// Price of all, whole won, rounded half up.
    pub won: u64,
    pub basis: Basis,
    /// Where the price comes from.
    pub source: String,
    /// The day it was read.
    pub date: String,
}

/// What an installation costs a month at one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bill {
    pub target: Target,
    /// Machines of the service; none where the platform has no machines.
    pub machines: u64,
    /// The lines.
    pub lines: Vec<Line>,
    /// Their sum, won a month; nothing if a price is missing.
    pub sum_won: Option<u64>,
    /// What the sum holds, and what it does not.
    pub notes: Vec<String>,
}

/// What a small community may spend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Budget {
    /// Won a month that a published plan costs.
    pub won: u64,
    pub source: String,
    /// The targets whose sum is within it.
    pub within: Vec<Target>,
}

impl Budget {
    /// The published plan that the prices name, if they name one.
    pub(super) fn of(bills: &[Bill], prices: &Prices) -> Option<Self> {
        let plan = prices.prices.iter().find(|price| price.unit == Unit::Comparison)?;
        let won = whole(prices.won(plan));
        let within = bills.iter().filter(|bill| bill.sum_won.is_some_and(|sum| sum <= won));
        let within = within.map(|bill| bill.target).collect();
        Some(Self { won, source: format!("{}; {}", plan.item, plan.source), within })
    }
}

impl Bill {
    /// The bill of a target.
    pub fn of(
        target: Target,
        demand: &Demand,
        sizes: &Sizes,
        figures: &Figures,
        prices: &Prices,
    ) -> Self {
        let machines = machines(target, sizes);
        let mut lines: Vec<Line> = Vec::new();
        for price in prices.of(target) {
            lines.extend(line(price, demand, machines, prices));
        }
        if target == Target::Cloudflare && !lines.is_empty() {
            lines.push(rest_of_the_edge(demand, figures, prices));
        }
        let machines_are_priced =
            machines == 0 || prices.of(target).any(|price| price.unit == Unit::MachineMonth);
        let is_whole = !lines.is_empty() && machines_are_priced;
        let sum_won =
            is_whole.then(|| lines.iter().map(|line| line.won).fold(0, u64::saturating_add));
        Self { target, machines, lines, sum_won, notes: notes(target, sizes) }
    }
}

/// Machines of the service. The published plan for AWS has a standby of each
/// that holds data; elsewhere there is none.
fn machines(target: Target, sizes: &Sizes) -> u64 {
    let standby = sizes.postgres_machines + 1;
    match target {
        Target::Cloudflare => 0,
        Target::Vm => sizes.gate_machines + sizes.postgres_machines,
        Target::Aws | Target::KakaoCloud => sizes.gate_machines + sizes.postgres_machines + standby,
    }
}

fn line(price: &Price, demand: &Demand, machines: u64, prices: &Prices) -> Option<Line> {
    let beyond = |calls_a_pass: f64| {
        let calls = demand.passes_per_month * calls_a_pass - float(price.included);
        calls.max(0.0) / MILLION
    };
    let (quantity, unit) = match price.unit {
        Unit::Month => (1.0, "a month"),
        Unit::MachineMonth => (float(machines), "machines"),
        Unit::MillionRequests => (beyond(WORKER_CALLS), "million beyond those included"),
        Unit::MillionObjectRequests => (beyond(OBJECT_CALLS), "million beyond those included"),
        Unit::FreeRequestsPerDay | Unit::Comparison => return None,
    };
    let won_per_unit = prices.won(price);
    Some(Line {
        item: price.item.clone(),
        quantity,
        unit,
        won_per_unit,
        won: whole(quantity * won_per_unit),
        basis: price.basis,
        source: price.source.clone(),
        date: price.date.clone(),
    })
}

/// Processor time, rows, duration and queues: what the measured price of a
/// million passes holds beyond the calls. Nothing included is deducted, so it
/// is a ceiling.
fn rest_of_the_edge(demand: &Demand, figures: &Figures, prices: &Prices) -> Line {
    let edge = &figures.edge_price;
    let calls = prices.of(Target::Cloudflare).map(|price| match price.unit {
        Unit::MillionRequests => prices.won(price) * WORKER_CALLS,
        Unit::MillionObjectRequests => prices.won(price) * OBJECT_CALLS,
        _ => 0.0,
    });
    let whole_won = edge.value * prices.exchange.won_per_dollar;
    let won_per_unit = (whole_won - calls.sum::<f64>()).max(0.0);
    let quantity = demand.passes_per_month / MILLION;
    Line {
        item: "processor time, rows, duration and queues; nothing deducted".to_owned(),
        quantity,
        unit: "million passes",
        won_per_unit,
        won: whole(quantity * won_per_unit),
        basis: Basis::ListPrice,
        source: format!("docs/figures.toml, {}, less the calls above", edge.id),
        date: edge.date.clone(),
    }
}

fn notes(target: Target, sizes: &Sizes) -> Vec<String> {
    let mut notes = match target {
        Target::Vm => vec!["without a standby; back it up elsewhere"],
        Target::Cloudflare => vec![
            "the edge alone: the origin with its console needs a machine besides",
            "pictures in R2 are not in the sum",
        ],
        Target::Aws => vec![
            "t3 machines earn processor credits: a long peak uses them up",
            "traffic is the published plan's and does not grow here; compare the traffic above",
        ],
        Target::KakaoCloud => Vec::new(),
    };
    if target != Target::Cloudflare && sizes.gate_machines > 1 {
        notes.push("gates cannot share one store yet: give each gate sites of its own");
    }
    notes.into_iter().map(str::to_owned).collect()
}
