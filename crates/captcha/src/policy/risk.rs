//! Risk: a sum of weights, each with its reason. A client can invent what it
//! says about itself, so nothing that a browser reports lowers risk by more
//! than a little, and what is not reported is neither good nor bad.

use munjigi_protocol::{Algorithm, Signals};

use super::coherence::{CONVICTED, Finding, finding};
use super::{Network, Question, Stage, pressure};
use crate::counters::Pressure;
use crate::visit::{AgentKind, HttpVersion, TlsVersion, Visit};

/// The risk of a visit about which nothing is known.
const BASE: u16 = 10;

/// `navigator.webdriver`: the browser itself says that a program drives it. Not
/// enough for a picture on its own: owners test their forms this way too.
const WEBDRIVER: u16 = 45;

/// A user agent that names a program.
const PROGRAM: u16 = 40;

/// A user agent and client hints of different browsers.
const CONTRADICTORY: u16 = 30;

/// No user agent: every browser sends one.
const NO_AGENT: u16 = 10;

/// HTTP/1: browsers speak HTTP/2 or 3 to the edge, and few tools do; but
/// proxies that inspect traffic at schools and offices speak HTTP/1 for them.
const HTTP_1: u16 = 10;

/// TLS 1.2, for the same reason and the same doubt.
const TLS_1_2: u16 = 5;

/// Older TLS: no browser that runs WebAssembly offers it.
const TLS_OLD: u16 = 25;

/// A browser that lists no language: an unconfigured headless one. Privacy
/// browsers list one.
const NO_LANGUAGE: u16 = 15;

/// A widget that left out a check: every HashWX solver has all the answers.
const UNASKED: u16 = 20;

/// Languages or platform that differ between the frame and a worker: an
/// incomplete disguise, or a developer's device mode. Enough for doubt.
const DIFFERING: u16 = 30;

/// Started within a second of the load, without pointer, keys or touch. Pages
/// may start at once and visitors may use none of these, so it weighs little.
const AT_ONCE: u16 = 5;

/// The page was not visible: a tab in the background, or one of many.
const HIDDEN: u16 = 5;

/// Somebody pointed, typed, moved the focus or took their time.
const PRESENCE: u16 = 10;

/// A solve time that four workers on the fastest core cannot reach: it was
/// solved elsewhere.
const TOO_FAST: u16 = 25;

/// Solved from another network. Phones change networks; solver farms do too.
const MOVED: u16 = 5;

/// The address requests 4 times its allowance, …
const BUSY: u16 = 10;

/// …or 16 times.
const VERY_BUSY: u16 = 20;

/// The address's solutions are wrong, which no browser's are.
const FAILING: u16 = 10;

/// The address collects challenges without solving them.
const HOARDING: u16 = 10;

/// The visitor's autonomous system or software is under pressure.
const BUSY_CROWD: u16 = 5;

/// Risk of a visit, 0–100.
pub fn risk(question: &Question<'_>) -> u8 {
    let finding = finding(question);
    let sum = BASE
        + weigh(finding == Finding::Unasked, UNASKED)
        + weigh(finding == Finding::Differing, DIFFERING)
        + of_visit(question.visit)
        + of_signals(question.signals)
        + of_stage(question)
        + of_pressure(question.pressure);
    let relief = if present(question.signals) { PRESENCE } else { 0 };
    let risk = u8::try_from(sum.saturating_sub(relief).min(100)).unwrap_or(100);
    if finding == Finding::Convicted { risk.max(CONVICTED) } else { risk }
}

fn of_visit(visit: &Visit) -> u16 {
    let agent = match visit.agent {
        AgentKind::Browser => 0,
        AgentKind::Unknown => NO_AGENT,
        AgentKind::Contradictory => CONTRADICTORY,
        AgentKind::Program => PROGRAM,
    };
    let http = match visit.http {
        HttpVersion::One => HTTP_1,
        HttpVersion::Unknown | HttpVersion::Two | HttpVersion::Three => 0,
    };
    let tls = match visit.tls {
        TlsVersion::Old => TLS_OLD,
        TlsVersion::OneTwo => TLS_1_2,
        TlsVersion::Unknown | TlsVersion::OneThree => 0,
    };
    agent + http + tls
}

fn of_signals(signals: &Signals) -> u16 {
    let untouched = signals.pointer == Some(0)
        && signals.keys == Some(0)
        && signals.touch != Some(true)
        && signals.since_load_ms.is_some_and(|ms| ms < 1_000);
    weigh(signals.webdriver == Some(true), WEBDRIVER)
        + weigh(signals.languages == Some(0), NO_LANGUAGE)
        + weigh(untouched, AT_ONCE)
        + weigh(signals.visible == Some(false), HIDDEN)
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

fn of_stage(question: &Question<'_>) -> u16 {
    let moved = matches!(question.stage, Stage::Solution { network: Network::Other, .. });
    weigh(too_fast(question), TOO_FAST) + weigh(moved, MOVED)
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

fn of_pressure(pressure: &Pressure) -> u16 {
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
    busy + weigh(is_failing(pressure), FAILING)
        + weigh(is_hoarding(pressure), HOARDING)
        + weigh(crowd >= 2 * pressure::ONE, BUSY_CROWD)
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

const fn weigh(holds: bool, weight: u16) -> u16 {
    if holds { weight } else { 0 }
}
