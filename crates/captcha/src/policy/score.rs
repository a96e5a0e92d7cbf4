//! Scores: what a site's owner is told of a visit, in hundredths: 0 = bot,
//! 100 = person. Where the site has weights of its own, they decide; work and
//! pictures follow `risk` everywhere, so that no one's reports make a visit
//! cheaper.

use munjigi_protocol::{Sign, Signs};

use super::risk::{MOST_BY_CIRCUMSTANCE, is_convicted, risk};
use crate::site::Site;

/// Highest score of an attempt that only proves work where more was required:
/// by SHA-256 or by "another way".
const WORK_ALONE: u8 = 50;

/// Lowest score of a visitor who answered a picture.
const PICTURE: u8 = 60;

/// The lowest score that a site's own weights give to a visit that nothing
/// convicts, unless it is lower everywhere.
#[expect(clippy::cast_possible_truncation, reason = "at most 100")]
const LEAST_UNCONVICTED: u8 = 100 - MOST_BY_CIRCUMSTANCE as u8;

/// By how much a site's own weights lower a score before its owner is told.
const LOWERED: u8 = 10;

/// What an attempt comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// 0 = bot, 100 = person.
    pub score: u8,
    /// What was noticed, with [`Sign::Outcomes`] where that lowered the score.
    pub signs: Signs,
}

/// The score of an attempt that was earned by work.
pub fn score(site: &Site, signs: Signs) -> Scored {
    scored(site, signs, |score| by_work(signs, score))
}

/// The score of an attempt whose picture was answered. The bonus for how it was
/// answered never lifts it above the score of a visit without risk.
pub fn picture_score(site: &Site, signs: Signs, bonus: u8) -> Scored {
    scored(site, signs, |score| by_work(signs, score).max(PICTURE).saturating_add(bonus).min(100))
}

fn by_work(signs: Signs, score: u8) -> u8 {
    if signs.has(Sign::WorkAlone) { score.min(WORK_ALONE) } else { score }
}

/// A site's own weights take no more from a visit than circumstances may
/// anywhere. Otherwise an attacker could imitate people with a keyboard or a
/// screen reader, have those visits labelled, and teach the site to turn these
/// people away.
fn scored(site: &Site, signs: Signs, earned: impl Fn(u8) -> u8) -> Scored {
    let everywhere = 100_u8.saturating_sub(risk(signs));
    let here = match &site.weights {
        // What convicts is no site's to forgive.
        Some(weights) if is_convicted(signs) => weights.score(signs).min(everywhere),
        Some(weights) => weights.score(signs).max(LEAST_UNCONVICTED.min(everywhere)),
        None => everywhere,
    };
    let [everywhere, score] = [everywhere, here].map(earned);
    let lowered = everywhere.saturating_sub(score) >= LOWERED;
    Scored { score, signs: if lowered { signs.with(Sign::Outcomes) } else { signs } }
}

#[cfg(test)]
mod tests;
