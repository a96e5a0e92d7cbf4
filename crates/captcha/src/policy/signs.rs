//! What is noticed about a visit: every sign that `risk` weighs, that a site's
//! own weights may learn from, or that tells its owner why.

use munjigi_counters::Pressure;
use munjigi_protocol::{Algorithm, Check, ScoreReason, Sign, Signals, Signs};

use super::coherence::{Finding, circumstance, differing, finding, withheld};
use super::pressure::{self, ONE};
use super::{Network, Question, Stage, surge};
use crate::hosting::is_hosting;
use crate::phones::{SLOW_PHONE_HASHES_PER_SECOND, SLOW_PHONE_SHA256_PER_SECOND};
use crate::visit::{AgentKind, HttpVersion, TlsVersion, Visit};

/// The most reasons that an answer lists.
const MOST: usize = 5;

/// The strongest reasons of a visit, strongest first.
pub fn reasons(signs: Signs) -> Vec<ScoreReason> {
    signs.reasons().take(MOST).collect()
}

/// The signs of a visit at its stage.
pub fn signs(question: &Question<'_>) -> Signs {
    let of_client = [
        (Sign::Webdriver, question.signals.webdriver == Some(true)),
        (Sign::SeenDriven, finding(question) == Finding::Driven),
        (Sign::SeenInconsistent, finding(question) == Finding::Contradictory),
        (Sign::Unasked, withheld(question)),
        (Sign::Differing, differing(question)),
        (Sign::Fallback, question.algorithm == Algorithm::Sha256),
        (Sign::Flood, surge::comes_with_it(question.site, question.pressure)),
    ];
    held(&of_client)
        .and(held(&of_surroundings(question)))
        .and(held(&of_visit(question.visit)))
        .and(held(&of_signals(question.signals)))
        .and(held(&of_stage(question)))
        .and(held(&of_pressure(question.pressure)))
}

fn held(signs: &[(Sign, bool)]) -> Signs {
    signs.iter().filter(|(_, holds)| *holds).map(|(sign, _)| *sign).collect()
}

fn of_surroundings(question: &Question<'_>) -> [(Sign, bool); 5] {
    let [window, touch, traced] =
        [Check::Window, Check::Touch, Check::Runtime].map(|check| circumstance(question, check));
    let injected = question.signals.single == Some(true);
    [
        (Sign::NoWindow, window),
        (Sign::TouchDiffers, touch),
        (Sign::Traced, traced),
        (Sign::Injected, injected),
        (Sign::Attached, traced && (window || question.signals.whole == Some(true))),
    ]
}

fn of_visit(visit: &Visit) -> [(Sign, bool); 7] {
    [
        (Sign::Program, visit.agent == AgentKind::Program),
        (Sign::Contradictory, visit.agent == AgentKind::Contradictory),
        (Sign::NoAgent, visit.agent == AgentKind::Unknown),
        (Sign::HttpOne, visit.http == HttpVersion::One),
        (Sign::TlsOneTwo, visit.tls == TlsVersion::OneTwo),
        (Sign::TlsOld, visit.tls == TlsVersion::Old),
        (Sign::Hosting, is_hosting(visit.asn)),
    ]
}

fn of_signals(signals: &Signals) -> [(Sign, bool); 9] {
    let untouched = signals.pointer == Some(0)
        && signals.keys == Some(0)
        && signals.touch != Some(true)
        && signals.since_load_ms.is_some_and(|ms| ms < 1_000);
    [
        (Sign::NoLanguage, signals.languages == Some(0)),
        (Sign::AtOnce, untouched),
        (Sign::Hidden, signals.visible == Some(false)),
        (Sign::NoPointer, signals.pointer == Some(0)),
        (Sign::MuchPointer, signals.pointer == Some(3)),
        (Sign::NoKeys, signals.keys == Some(0)),
        (Sign::ManyKeys, signals.keys == Some(3)),
        (Sign::Touch, signals.touch == Some(true)),
        (Sign::Quick, signals.since_load_ms.is_some_and(|ms| ms < 5_000)),
    ]
}

/// Whether there was any interaction at all. One touch, one key or the first focus
/// begins an attempt: people with a keyboard alone, with a switch or with a
/// screen reader do no more, and nothing is held against them.
fn present(signals: &Signals) -> bool {
    [signals.pointer, signals.keys, signals.focus_changes].iter().flatten().any(|count| *count > 0)
        || signals.since_focus_ms.is_some()
}

fn of_stage(question: &Question<'_>) -> [(Sign, bool); 6] {
    // Before a solution, no one had time to do anything.
    let (absent, moved, further) = match question.stage {
        Stage::Start => (false, false, false),
        Stage::Solution { network, puzzles, .. } => {
            (!present(question.signals), network == Network::Other, puzzles > 0)
        }
    };
    let patient = question.signals.since_load_ms.is_some_and(|ms| ms > 60_000);
    [
        (Sign::Patient, patient),
        (Sign::TooFast, too_fast(question)),
        (Sign::Absent, absent),
        (Sign::Moved, moved),
        (Sign::Slow, slow(question)),
        (Sign::Further, further),
    ]
}

/// HashWX hashes per millisecond of the fastest core: three times the rate of
/// the fastest one today, so that a lucky solution does not look like a farm's.
const FASTEST_CORE_HASHES_PER_MILLI: u64 = 4_000;

/// SHA-256 hashes per millisecond of the same core, in plain JavaScript.
const FASTEST_CORE_SHA256_PER_MILLI: u64 = 3_000;

/// Upper limit on the widget's workers.
const MAX_WORKERS: u64 = 4;

/// Whether no device solves a puzzle in the reported time.
fn too_fast(question: &Question<'_>) -> bool {
    let Stage::Solution { proven, .. } = question.stage else { return false };
    let rate = match question.algorithm {
        Algorithm::HashWx => FASTEST_CORE_HASHES_PER_MILLI,
        Algorithm::Sha256 => FASTEST_CORE_SHA256_PER_MILLI,
    };
    let cores = question.signals.cores.map_or(MAX_WORKERS, u64::from).clamp(1, MAX_WORKERS);
    let least = proven / (rate * cores);
    question.signals.solve_ms.is_some_and(|ms| u64::from(ms) < least)
}

/// Whether a slow phone is expected to be done before.
fn slow(question: &Question<'_>) -> bool {
    let Stage::Solution { proven, .. } = question.stage else { return false };
    let rate = match question.algorithm {
        Algorithm::HashWx => SLOW_PHONE_HASHES_PER_SECOND,
        Algorithm::Sha256 => SLOW_PHONE_SHA256_PER_SECOND,
    };
    question.signals.solve_ms.is_some_and(|ms| u64::from(ms) > proven.saturating_mul(1_000) / rate)
}

fn of_pressure(pressure: &Pressure) -> [(Sign, bool); 12] {
    // The client's own load accuses; that of others at its address, and of
    // neighbours, only raises the price.
    let own = pressure::own(pressure);
    let fleet = pressure::fleet(pressure);
    let trace = pressure::trace(pressure);
    let client = &pressure.client;
    [
        (Sign::Loaded, own >= 2 * ONE),
        (Sign::Busy, own >= 4 * ONE),
        (Sign::VeryBusy, own >= 16 * ONE),
        (Sign::Failing, client.failed >= 3),
        (Sign::Hoarding, client.issued >= 32 && client.solved < client.issued / 4),
        (Sign::BusyNeighbours, pressure::of_neighbours(pressure) >= 2 * ONE),
        (Sign::BusySystem, pressure::system(pressure) >= 2 * ONE),
        (Sign::Fleet, fleet >= 2 * ONE),
        (Sign::LargeFleet, fleet >= 8 * ONE),
        (Sign::Replayed, trace >= 2 * ONE),
        (Sign::OftenReplayed, trace >= 8 * ONE),
        (Sign::PassedBefore, pressure.passed),
    ]
}

#[cfg(test)]
mod tests;
