//! What is asked of a visit.

use munjigi_protocol::{Algorithm, Signals};

use crate::counters::Pressure;
use crate::host::Hostname;
use crate::labels::Action;
use crate::site::Site;
use crate::visit::Visit;

/// What the policy looks at.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The site.
    pub site: &'a Site,
    /// Host of the page.
    pub hostname: &'a Hostname,
    /// What the visitor is doing.
    pub action: &'a Action,
    /// The request.
    pub visit: &'a Visit,
    /// What the widget reported.
    pub signals: &'a Signals,
    /// What the counters say.
    pub pressure: &'a Pressure,
    /// The hash that the browser can compute.
    pub algorithm: Algorithm,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Expected hashes per sub-puzzle.
    pub work: u64,
    /// Sub-puzzles.
    pub count: u32,
    /// Whether a picture follows the puzzle.
    pub step: DemandStep,
    /// In hundredths: 0 = bot, 100 = person.
    pub score: u8,
    /// 0–100.
    pub risk: u8,
}

/// What completes an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DemandStep {
    /// The puzzle alone.
    Puzzle,
    /// A picture after the puzzle.
    Picture,
}

/// Decides; `None` where a rule blocks the visit.
pub fn decide(question: &Question<'_>) -> Option<Demand> {
    let site = question.site;
    Some(Demand {
        work: site.work.floor,
        count: site.count,
        step: DemandStep::Puzzle,
        score: 100,
        risk: 0,
    })
}
