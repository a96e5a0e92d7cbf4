//! The conviction gate: what proves that a program drives the browser, or that
//! the browser is not the one it claims to be. A contradiction or an artefact of
//! automation convicts. Environment, behaviour and reputation only add to
//! `risk`; so do contradictions that a browser's own settings can cause.
//!
//! The checks run in the visitor's own browser, so a forger can send bits that
//! look innocent. The attempt's id in them only means that bits recorded once
//! are of no use: a forger has to run a client of their own.

use munjigi_protocol::{Algorithm, AttemptId, Check};

use super::{Question, Stage};
use crate::visit::AgentKind;

/// The least risk of a convicted visit: enough for a picture, or for the work
/// that replaces one, whatever else speaks for the visit.
pub const CONVICTED: u8 = 70;

/// The first bit of what the checks found; below it is which were made.
const FOUND: u32 = 12;

/// The bits of which checks were made.
const MADE: u32 = (1 << FOUND) - 1;

/// Bits that stay 0, by which an answer for another attempt is recognised: 255
/// of 256 do not fit.
const ZERO: u32 = 0xff00_0000;

/// The bits of the checks that every widget makes which may still be open in
/// a visitor's browser. A newer widget may make more; a check that a release adds
/// is demanded by the release after it.
const DEMANDED: u32 = (1 << Check::ALL.len()) - 1;

/// The checks that show a program at work.
const AUTOMATION: u32 = bit(Check::Webdriver) | bit(Check::Headless) | bit(Check::Natives);

/// The check that shows that a client does not fit together.
const CONTRADICTION: u32 = bit(Check::Agent);

/// The checks that convict no one. In Chromium 148, the device mode of the
/// developer tools changes platform and hints, and an override of the languages
/// changes these, in frames and not in workers; extensions for privacy change
/// the graphics in frames alone. The remaining checks are circumstances.
const DOUBTED: u32 =
    bit(Check::Languages) | bit(Check::Platform) | bit(Check::Hints) | bit(Check::Graphics);

/// What the checks in the browser come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// No check was made: there is no solution yet, or it is one by the
    /// fallback, whose workers answer no questions.
    Unknown,
    /// No check that was made found more than circumstances.
    Coherent,
    /// The client contradicts itself, or the bits are those of another attempt.
    Contradictory,
    /// A program was seen at work.
    Driven,
}

/// The bits of a solution, without the attempt's id.
fn bits(question: &Question<'_>) -> Option<u32> {
    let Stage::Solution { id, .. } = question.stage else { return None };
    question.signals.agreement.map(|sent| sent ^ mask(id))
}

/// Reads the bits of a solution by HashWX.
pub fn finding(question: &Question<'_>) -> Finding {
    if question.algorithm != Algorithm::HashWx || question.stage == Stage::Start {
        return Finding::Unknown;
    }
    let bits = bits(question).unwrap_or_default();
    let (made, found) = (bits & MADE, (bits & !ZERO) >> FOUND);
    let foreign = bits & ZERO != 0 || found & !made != 0;
    if found & AUTOMATION != 0 {
        Finding::Driven
    } else if foreign || found & CONTRADICTION != 0 {
        Finding::Contradictory
    } else {
        Finding::Coherent
    }
}

/// Whether a client that claims to be a browser leaves out what the widget
/// always sends with a solution: an answer that is not given is no better than
/// the worst that could be said without proof. A program that says so owes none.
pub fn withheld(question: &Question<'_>) -> bool {
    let Stage::Solution { proven, .. } = question.stage else { return false };
    let checks = bits(question).is_none_or(|bits| bits & DEMANDED != DEMANDED);
    let driver = question.signals.webdriver.is_none();
    // An answer to a picture proves no hashes, and takes a visitor's time.
    let time = proven > 0 && question.signals.solve_ms.is_none();
    let asked = question.algorithm == Algorithm::HashWx;
    asked && question.visit.agent != AgentKind::Program && (checks || driver || time)
}

/// Whether a check found what can also be a person's settings.
pub fn differing(question: &Question<'_>) -> bool {
    finds(question, DOUBTED)
}

/// Whether one of the checks that are circumstances found something.
pub fn circumstance(question: &Question<'_>, check: Check) -> bool {
    finds(question, bit(check))
}

/// Whether one of these checks found something. What convicts beside it takes
/// nothing of it back.
fn finds(question: &Question<'_>, checks: u32) -> bool {
    finding(question) != Finding::Unknown
        && bits(question).is_some_and(|bits| bits >> FOUND & checks != 0)
}

const fn bit(check: Check) -> u32 {
    1 << check as u32
}

/// What the bits of an attempt are combined with.
const fn mask(AttemptId([a, b, c, d, ..]): AttemptId) -> u32 {
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests;
