//! What each part needs, by the measured rates.

use serde::Serialize;

use super::demand::{Demand, Inputs, MONTH_SECONDS};
use super::figures::Figures;
use super::number::ceiling;

/// The share of a measured rate that a plan uses at the peak.
pub const USED_SHARE: f64 = 0.5;

/// How long a row of the gate's store is kept at most: until `keep_until`
/// (300 + 900 + 300 s) and 60 s, then until its ten-minute table goes.
/// `docs/protocol/seals.md` fixes these times.
pub const ROW_KEPT_SECONDS: f64 = 300.0 + 900.0 + 300.0 + 60.0 + 600.0;

/// How long a row is kept after that, in case the origin loses it, and how many
/// of them at most.
const RECALLED_SECONDS: f64 = 86_400.0;
const MOST_RECALLED: f64 = 1_000_000.0;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
const DAYS_A_MONTH: f64 = 30.0;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sizes {
    /// Processor seconds of a gate for one pass.
    pub gate_core_seconds_per_pass: f64,
    /// Cores that gates use at the peak.
    pub gate_cores: f64,
    /// Peak siteverify calls, in percent of one gate's rate.
    pub gate_siteverify_percent: f64,
    /// Machines for gates, each used by half at the peak.
    pub gate_machines: u64,
    /// Memory of a gate, MiB.
    pub gate_memory_mib: f64,
    /// Rows that a gate's store keeps at the peak, bytes, with those of a day.
    pub gate_store_bytes: f64,
    /// Events per second that the origin takes, at the peak.
    pub origin_events_per_second: f64,
    /// Events of the days for which they are kept, in Postgres, bytes.
    pub postgres_bytes: f64,
    /// Machines for Postgres alone: 0 while it shares the gate's.
    pub postgres_machines: u64,
    /// Traffic a month if every pass were a first visit, bytes.
    pub traffic_bytes_per_month: f64,
    /// The same at the peak, Mbit/s.
    pub peak_mbit_per_second: f64,
    /// Pictures shown per second, at the peak.
    pub peak_pictures_per_second: f64,
}

/// Seconds of all cores of the machine that one pass takes. A frame was not
/// measured apart: it counts as a challenge, which is more work.
fn machine_seconds_per_pass(figures: &Figures) -> f64 {
    let Figures { gate_challenge, gate_solution, gate_siteverify, .. } = figures;
    2.0 / gate_challenge.value + 1.0 / gate_solution.value + 1.0 / gate_siteverify.value
}

/// Passes per second at which one gate is used by [`USED_SHARE`]: by its cores,
/// and by its rate of siteverify.
pub(super) fn passes_per_gate(figures: &Figures) -> f64 {
    let by_cores = 1.0 / machine_seconds_per_pass(figures);
    USED_SHARE * by_cores.min(figures.gate_siteverify.value)
}

/// Passes a month whose events fill [`USED_SHARE`] of a machine's memory.
pub(super) fn passes_per_shared_postgres(inputs: &Inputs, figures: &Figures) -> f64 {
    let bytes = USED_SHARE * inputs.machine_memory_gib * GIB;
    bytes / figures.event_bytes.value / (inputs.event_days / DAYS_A_MONTH)
}

impl Sizes {
    pub fn of(inputs: &Inputs, demand: &Demand, figures: &Figures) -> Self {
        let peak = demand.peak_passes_per_second;
        let cores = f64::from(figures.gate_siteverify.cores);
        let seconds = machine_seconds_per_pass(figures) * cores;
        let fits = demand.passes_per_month < passes_per_shared_postgres(inputs, figures);
        let traffic = demand.passes_per_month * figures.first_visit_bytes.value;
        let month_to_peak = inputs.peak_factor / MONTH_SECONDS;
        Self {
            gate_core_seconds_per_pass: seconds,
            gate_cores: seconds * peak,
            gate_siteverify_percent: 100.0 * peak / figures.gate_siteverify.value,
            gate_machines: ceiling(peak / passes_per_gate(figures)).max(1),
            gate_memory_mib: figures.gate_memory.value,
            gate_store_bytes: (peak * ROW_KEPT_SECONDS
                + (demand.mean_passes_per_second * RECALLED_SECONDS).min(MOST_RECALLED))
                * figures.gate_store_bytes.value,
            origin_events_per_second: peak,
            postgres_bytes: demand.passes_per_month * inputs.event_days / DAYS_A_MONTH
                * figures.event_bytes.value,
            postgres_machines: u64::from(!fits),
            traffic_bytes_per_month: traffic,
            peak_mbit_per_second: traffic * month_to_peak * 8.0 / 1e6,
            peak_pictures_per_second: demand.pictures_per_month * month_to_peak,
        }
    }
}
