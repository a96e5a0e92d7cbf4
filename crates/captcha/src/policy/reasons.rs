//! What speaks against a visit, in words for its site's owner.

use munjigi_protocol::{ScoreReason, Signals};

use super::coherence::{Accusation, accusation};
use super::pressure::{self, ONE};
use super::{Network, Question, Stage, risk, surge};
use crate::visit::AgentKind;

/// The most that an answer lists.
const MOST: usize = 5;

/// A set of reasons, a bit each, as seals carry it. A reason is never taken
/// back during an attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// None.
    pub const NONE: Self = Self(0);

    /// The bits, for a seal.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set of some bits. Those of reasons that this release does not know
    /// are left out.
    pub const fn of_bits(bits: u16) -> Self {
        Self(bits & ((1 << ScoreReason::ALL.len()) - 1))
    }

    /// The same and one more.
    #[must_use]
    pub const fn with(self, reason: ScoreReason) -> Self {
        Self(self.0 | 1 << reason as u16)
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The strongest ones, strongest first.
    pub fn list(self) -> Vec<ScoreReason> {
        let holds = |reason: &ScoreReason| self.0 & (1 << *reason as u16) != 0;
        ScoreReason::ALL.into_iter().filter(holds).take(MOST).collect()
    }
}

/// Seals of previous versions say none.
impl From<()> for Reasons {
    fn from((): ()) -> Self {
        Self::NONE
    }
}

/// The reasons of a visit at its stage.
pub fn reasons(question: &Question<'_>) -> Reasons {
    let Question { site, pressure, signals, visit, .. } = *question;
    let accusation = accusation(question);
    let driven = signals.webdriver == Some(true) || visit.agent == AgentKind::Program;
    let elsewhere = matches!(question.stage, Stage::Solution { network: Network::Other, .. })
        || risk::too_fast(question);
    let load = pressure::address(pressure).max(pressure::of_neighbours(pressure));
    let own = risk::is_failing(pressure) || risk::is_hoarding(pressure);
    let crowd = pressure::system(pressure).max(pressure::fleet(pressure));
    let all = [
        (ScoreReason::Automation, driven || accusation == Accusation::Automation),
        (
            ScoreReason::InconsistentClient,
            visit.agent == AgentKind::Contradictory || accusation == Accusation::Inconsistent,
        ),
        (ScoreReason::ReplayedTrace, pressure::trace(pressure) >= 2 * ONE),
        (ScoreReason::Fleet, crowd >= 2 * ONE),
        (ScoreReason::SolvedElsewhere, elsewhere),
        (ScoreReason::NetworkLoad, load >= 2 * ONE || own),
        (ScoreReason::SiteUnderAttack, surge::comes_with_it(site, pressure)),
        (ScoreReason::TooLittleData, !risk::present(signals) && !touches(signals)),
    ];
    let held = all.into_iter().filter(|(_, holds)| *holds);
    held.fold(Reasons::NONE, |reasons, (reason, _)| reasons.with(reason))
}

fn touches(signals: &Signals) -> bool {
    signals.touch == Some(true) && signals.pointer.is_some_and(|pointer| pointer > 0)
}

#[cfg(test)]
mod tests;
