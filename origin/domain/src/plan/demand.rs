//! From people to passes and requests, and back.

use serde::Serialize;

use super::number::{float, whole};

/// Our own requests of one pass: frame, challenge, solution, siteverify.
pub const REQUESTS_A_PASS: f64 = 4.0;

/// Seconds of a month of thirty days.
pub const MONTH_SECONDS: f64 = 30.0 * 86_400.0;

const MILLION: f64 = 1e6;

/// What the plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from", content = "number")]
pub enum Subject {
    /// People who are active in a month.
    MonthlyPeople(u64),
    /// The same, for a small community that has one budget.
    Users(u64),
    /// Our own requests per second at the peak.
    PeakRequests(u64),
}

/// What a plan is made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inputs {
    pub subject: Subject,
    /// Passes per person and month.
    pub passes_per_person: f64,
    /// Peak second ÷ mean second.
    pub peak_factor: f64,
    /// Share of passes that show a picture, percent.
    pub picture_percent: f64,
    /// Reads per second of the whole site, per million people a month.
    pub reads_per_million: f64,
    /// Writes per second of the whole site, per million people a month.
    pub writes_per_million: f64,
    /// Headroom of the whole site, percent.
    pub headroom_percent: f64,
    /// Days for which events are kept.
    pub event_days: f64,
    /// Memory of one machine, GiB.
    pub machine_memory_gib: f64,
}

/// Passes and requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Demand {
    /// People who are active in a month.
    pub people: f64,
    /// Passes a month.
    pub passes_per_month: f64,
    /// Our own requests a month.
    pub requests_per_month: f64,
    /// Our own requests per second, mean.
    pub mean_requests_per_second: f64,
    /// Our own requests per second, at the peak.
    pub peak_requests_per_second: f64,
    /// Passes per second, mean.
    pub mean_passes_per_second: f64,
    /// Passes per second, at the peak.
    pub peak_passes_per_second: f64,
    /// Passes a month that show a picture.
    pub pictures_per_month: f64,
}

impl Demand {
    /// What people or requests come to.
    pub fn of(inputs: &Inputs) -> Self {
        let people = match inputs.subject {
            Subject::MonthlyPeople(people) | Subject::Users(people) => float(people),
            Subject::PeakRequests(peak) => {
                let passes = float(peak) / inputs.peak_factor / REQUESTS_A_PASS * MONTH_SECONDS;
                passes / inputs.passes_per_person
            }
        };
        let passes_per_month = people * inputs.passes_per_person;
        let mean_passes_per_second = passes_per_month / MONTH_SECONDS;
        let peak_passes_per_second = mean_passes_per_second * inputs.peak_factor;
        Self {
            people,
            passes_per_month,
            requests_per_month: passes_per_month * REQUESTS_A_PASS,
            mean_requests_per_second: mean_passes_per_second * REQUESTS_A_PASS,
            peak_requests_per_second: peak_passes_per_second * REQUESTS_A_PASS,
            mean_passes_per_second,
            peak_passes_per_second,
            pictures_per_month: passes_per_month * inputs.picture_percent / 100.0,
        }
    }
}

/// What the whole site of that size bears, most of which is not ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Community {
    /// Reads per second.
    pub reads_per_second: u64,
    /// Writes per second.
    pub writes_per_second: u64,
    /// Both, per second.
    pub requests_per_second: u64,
    /// The same with headroom, rounded half up.
    pub with_headroom_per_second: u64,
    /// Our own peak, in percent of that with headroom.
    pub our_percent: Option<f64>,
}

impl Community {
    /// The site of as many people.
    pub fn of(inputs: &Inputs, demand: &Demand) -> Self {
        let millions = demand.people / MILLION;
        let (reads, writes) =
            (inputs.reads_per_million * millions, inputs.writes_per_million * millions);
        let headroom = (reads + writes) * (100.0 + inputs.headroom_percent) / 100.0;
        let share = 100.0 * demand.peak_requests_per_second / headroom;
        Self {
            reads_per_second: whole(reads),
            writes_per_second: whole(writes),
            requests_per_second: whole(reads + writes),
            with_headroom_per_second: whole(headroom),
            our_percent: share.is_finite().then_some(share),
        }
    }
}
