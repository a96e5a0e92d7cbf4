//! Risk: how likely it is that a program is at work, from signs that each have
//! a weight and a reason. They combine as a noisy OR (Pearl 1988): each leaves
//! its own part of the doubt, so that a further sign never lowers risk, and many
//! weak ones do not add up to more than certainty. A client can invent what it
//! says about itself, so nothing that a browser reports lowers risk by more than
//! a little, and what is not reported is neither good nor bad.

use munjigi_protocol::{Algorithm, Signals};

use super::coherence::{CONVICTED, Finding, finding};
use super::{Network, Question, Stage, pressure};
use crate::counters::Pressure;
use crate::visit::{AgentKind, HttpVersion, TlsVersion, Visit};

/// All weights are hundredths. The risk of a visit about which nothing is known:
/// nobody was seen to point, type, move the focus or take their time.
const BASE: u32 = 10;

/// `navigator.webdriver`: the browser itself says that a program drives it. Not
/// enough for a picture on its own: owners test their forms this way too.
const WEBDRIVER: u32 = 50;

/// A user agent that names a program.
const PROGRAM: u32 = 50;

/// A user agent and client hints of different browsers.
const CONTRADICTORY: u32 = 30;

/// No user agent: every browser sends one.
const NO_AGENT: u32 = 10;

/// HTTP/1: browsers speak HTTP/2 or 3 to the edge, and few tools do; but
/// proxies that inspect traffic at schools and offices speak HTTP/1 for them.
const HTTP_1: u32 = 10;

/// TLS 1.2, for the same reason and the same doubt.
const TLS_1_2: u32 = 5;

/// Older TLS: no browser that runs WebAssembly offers it.
const TLS_OLD: u32 = 25;

/// A browser that lists no language: an unconfigured headless one. Privacy
/// browsers list one.
const NO_LANGUAGE: u32 = 15;

/// A widget that left out a check: every HashWX solver has all the answers.
const UNASKED: u32 = 20;

/// Languages or platform that differ between the frame and a worker: an
/// incomplete disguise, or a developer's device mode. Enough for doubt.
const DIFFERING: u32 = 30;

/// Started within a second of the load, without pointer, keys or touch. Pages
/// may start at once and visitors may use none of these, so it weighs little.
const AT_ONCE: u32 = 5;

/// The page was not visible: a tab in the background, or one of many.
const HIDDEN: u32 = 5;

/// A solve time that four workers on the fastest core cannot reach: it was
/// solved elsewhere.
const TOO_FAST: u32 = 25;

/// Solved from another network. Phones change networks; solver farms do too.
const MOVED: u32 = 5;

/// The address requests 4 times its allowance, …
const BUSY: u32 = 10;

/// …or 16 times.
const VERY_BUSY: u32 = 25;

/// The address's solutions are wrong, which no browser's are.
const FAILING: u32 = 15;

/// The address collects challenges without solving them.
const HOARDING: u32 = 15;

/// The visitor's autonomous system or software is under pressure.
const BUSY_CROWD: u32 = 5;

/// The most that environment, behaviour and reputation come to: less than what
/// a picture is asked for. Only a client that contradicts itself, or says or
/// shows that a program drives it, has more.
const MOST_BY_CIRCUMSTANCE: u32 = 59;

/// Risk of a visit, 0–100.
pub fn risk(question: &Question<'_>) -> u8 {
    let finding = finding(question);
    let Question { visit, signals, pressure, .. } = *question;
    let circumstance = either(&[
        weigh(!present(signals), BASE),
        of_connection(visit),
        of_signals(signals),
        of_stage(question),
        of_pressure(pressure),
    ]);
    let client = either(&[
        of_agent(visit),
        weigh(signals.webdriver == Some(true), WEBDRIVER),
        weigh(finding == Finding::Unasked, UNASKED),
        weigh(finding == Finding::Differing, DIFFERING),
    ]);
    let risk = either(&[circumstance.min(scaled(MOST_BY_CIRCUMSTANCE)), client]);
    let risk = u8::try_from((risk + HUNDREDTH / 2) / HUNDREDTH).unwrap_or(100);
    if finding == Finding::Convicted { risk.max(CONVICTED) } else { risk }
}

/// Weights are combined in parts of this, so that rounding adds up to nothing.
const WHOLE: u32 = 100 * HUNDREDTH;

const HUNDREDTH: u32 = 100;

/// A weight in hundredths.
const fn scaled(weight: u32) -> u32 {
    weight * HUNDREDTH
}

/// The noisy OR of weights: one less the product of what each leaves.
fn either(weights: &[u32]) -> u32 {
    WHOLE - weights.iter().fold(WHOLE, |left, weight| left * (WHOLE - weight) / WHOLE)
}

fn of_agent(visit: &Visit) -> u32 {
    scaled(match visit.agent {
        AgentKind::Browser => 0,
        AgentKind::Unknown => NO_AGENT,
        AgentKind::Contradictory => CONTRADICTORY,
        AgentKind::Program => PROGRAM,
    })
}

fn of_connection(visit: &Visit) -> u32 {
    let http = match visit.http {
        HttpVersion::One => HTTP_1,
        HttpVersion::Unknown | HttpVersion::Two | HttpVersion::Three => 0,
    };
    let tls = match visit.tls {
        TlsVersion::Old => TLS_OLD,
        TlsVersion::OneTwo => TLS_1_2,
        TlsVersion::Unknown | TlsVersion::OneThree => 0,
    };
    either(&[scaled(http), scaled(tls)])
}

fn of_signals(signals: &Signals) -> u32 {
    let untouched = signals.pointer == Some(0)
        && signals.keys == Some(0)
        && signals.touch != Some(true)
        && signals.since_load_ms.is_some_and(|ms| ms < 1_000);
    either(&[
        weigh(signals.languages == Some(0), NO_LANGUAGE),
        weigh(untouched, AT_ONCE),
        weigh(signals.visible == Some(false), HIDDEN),
    ])
}

/// Whether somebody pointed, typed, moved the focus or took their time.
pub fn present(signals: &Signals) -> bool {
    let some = |value: Option<u8>, least| value.is_some_and(|value| value >= least);
    some(signals.pointer, 2)
        || some(signals.keys, 2)
        || some(signals.focus_changes, 2)
        || signals.since_focus_ms.is_some_and(|ms| ms >= 1_000)
}

/// HashWX hashes per millisecond of the fastest core: three times the rate of
/// the fastest one today, so that a lucky solution does not look like a farm's.
const FASTEST_CORE_HASHES_PER_MILLI: u64 = 4_000;

/// SHA-256 hashes per millisecond of the same core, in plain JavaScript.
const FASTEST_CORE_SHA256_PER_MILLI: u64 = 3_000;

/// Upper limit on the widget's workers.
const MAX_WORKERS: u64 = 4;

fn of_stage(question: &Question<'_>) -> u32 {
    let moved = matches!(question.stage, Stage::Solution { network: Network::Other, .. });
    either(&[weigh(too_fast(question), TOO_FAST), weigh(moved, MOVED)])
}

/// Whether no device solves a puzzle in the reported time.
pub fn too_fast(question: &Question<'_>) -> bool {
    let Stage::Solution { proven, .. } = question.stage else { return false };
    let rate = match question.algorithm {
        Algorithm::HashWx => FASTEST_CORE_HASHES_PER_MILLI,
        Algorithm::Sha256 => FASTEST_CORE_SHA256_PER_MILLI,
    };
    let cores = question.signals.cores.map_or(MAX_WORKERS, u64::from).clamp(1, MAX_WORKERS);
    let least = proven / (rate * cores);
    question.signals.solve_ms.is_some_and(|ms| u64::from(ms) < least)
}

fn of_pressure(pressure: &Pressure) -> u32 {
    // Of the visitor's own: neighbours raise the price and accuse nobody.
    let own = pressure::address(pressure);
    let busy = if own >= 16 * pressure::ONE {
        VERY_BUSY
    } else if own >= 4 * pressure::ONE {
        BUSY
    } else {
        0
    };
    let crowd = pressure::system(pressure).max(pressure::fleet(pressure));
    either(&[
        scaled(busy),
        weigh(is_failing(pressure), FAILING),
        weigh(is_hoarding(pressure), HOARDING),
        weigh(crowd >= 2 * pressure::ONE, BUSY_CROWD),
    ])
}

/// Whether the address's solutions are wrong.
pub const fn is_failing(pressure: &Pressure) -> bool {
    pressure.address.failed >= 3
}

/// Whether the address collects challenges without solving them.
pub const fn is_hoarding(pressure: &Pressure) -> bool {
    let address = &pressure.address;
    address.issued >= 32 && address.solved < address.issued / 4
}

const fn weigh(holds: bool, weight: u32) -> u32 {
    if holds { scaled(weight) } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weights() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(0..=WHOLE, 0..12)
    }

    #[test]
    fn what_each_leaves_is_multiplied() {
        assert_eq!(either(&[]), 0);
        assert_eq!(either(&[scaled(30)]), scaled(30));
        assert_eq!(either(&[scaled(50), scaled(50)]), scaled(75));
        assert_eq!(either(&[scaled(10), scaled(50), scaled(10)]), 5_950);
        assert_eq!(either(&[WHOLE, scaled(1)]), WHOLE);
    }

    proptest! {
        #[test]
        fn a_further_sign_never_lowers_risk(weights in weights(), more in 0..=WHOLE) {
            let before = either(&weights);
            let with = either(&[weights, vec![more]].concat());
            prop_assert!(with >= before && with <= WHOLE && with + 12 >= more);
        }

        #[test]
        fn the_order_of_signs_hardly_matters(weights in weights()) {
            let reversed: Vec<u32> = weights.iter().rev().copied().collect();
            // Each step rounds down by less than one.
            prop_assert!(either(&weights).abs_diff(either(&reversed)) <= 12);
        }
    }
}
