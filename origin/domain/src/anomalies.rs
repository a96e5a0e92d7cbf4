//! What is unusual at a site, compared with the site's own past: floods,
//! failure rates that jump, solve times too regular for people. Rules only: the
//! numbers come from `munjigi_store::anomalies`, and `notifications` sends the
//! messages.
//!
//! The last sixty minutes are compared with the same hour of earlier weeks.
//! "Usual" is a median and "how much it varies" a median absolute deviation: up
//! to half of the past could be attacks before either gives way, where a mean
//! follows the first. How far off an hour is, is Iglewicz and Hoaglin's
//! modified z-score ([`Baseline::score`]).

mod attack;
mod baseline;
mod course;
mod expected;
mod hour;
mod judge;
mod past;
mod words;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use attack::{Attacked, judge as judge_attack};
pub use baseline::{Baseline, CUT_OFF};
pub use course::{CALM_MILLIS, Standing, Transition, step};
pub use expected::{WEEK, differs, expected, slot, weeks};
pub use hour::Hour;
pub use judge::{Assessment, judge};
pub use past::{Basis, DAYS_LOOKED_AT, DAYS_NEEDED, Past, WEEKS_LOOKED_AT, WEEKS_NEEDED, slots};
pub use words::Sighting;

/// Networks examined per site, those with the most requests first: an attack
/// from everywhere concerns the site, not single networks.
pub const NETWORKS_PER_SITE: usize = 10;

/// Kinds of anomaly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Far more challenges than usual.
    Flood,
    /// A far larger share of the solutions is wrong.
    Failures,
    /// A far larger share of the requests is refused.
    Refusals,
    /// Solve times are far closer together: identical machines.
    Regular,
    /// The edge charges newcomers more, because the site issues far more
    /// challenges than usual.
    UnderAttack,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Flood, Self::Failures, Self::Refusals, Self::Regular, Self::UnderAttack];

    /// Those that an hour is judged for; the edge finds the others.
    pub const OF_AN_HOUR: [Self; 4] = [Self::Flood, Self::Failures, Self::Refusals, Self::Regular];

    /// The spelling in rows and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flood => "flood",
            Self::Failures => "failures",
            Self::Refusals => "refusals",
            Self::Regular => "regular-solve-times",
            Self::UnderAttack => "under-attack",
        }
    }

    /// Parses the spelling in rows.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// Needs attention now.
    Critical,
}

impl Severity {
    /// The spelling in rows and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Parses the spelling in rows.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Warning, Self::Critical].into_iter().find(|severity| severity.as_str() == text)
    }
}

/// The figures behind a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Challenges in sixty minutes, or of an attack in five; or a share from 0 to 1; or the spread of
    /// solve times, in doublings.
    #[serde(rename = "measured")]
    pub measured: f64,
    /// The median of the past, in the same unit.
    #[serde(rename = "usual")]
    pub usual: f64,
    /// The median absolute deviation of the past.
    #[serde(rename = "deviation")]
    pub deviation: f64,
    /// Modified z-score.
    #[serde(rename = "score")]
    pub score: f64,
    /// How many challenges, solutions, requests or solve times were counted.
    #[serde(rename = "counted")]
    pub counted: u64,
    /// Number of past hours in the comparison.
    #[serde(rename = "hours")]
    pub hours: u32,
    /// Which hours were compared.
    #[serde(rename = "basis")]
    pub basis: Basis,
}
