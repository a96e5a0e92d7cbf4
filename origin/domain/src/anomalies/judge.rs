//! Whether sixty minutes are unusual. Each kind requires a score far from
//! usual, and also a difference that matters and a count that supports it: at a
//! site with three visitors an hour, ten are no news.

use super::baseline::{Baseline, CUT_OFF};
use super::hour::{Hour, float};
use super::past::Past;
use super::{Figures, Kind, Severity};

/// Below this score an open anomaly is calm again; between it and the cut-off
/// it stays open and nothing opens, so that no value flickers around one line.
const CALM: f64 = 2.0;

/// Smallest assumed variation of a count: a twentieth of the median.
const LEAST_OF_COUNT: f64 = 0.05;
/// Smallest assumed variation of a share: half a percentage point.
const LEAST_OF_SHARE: f64 = 0.005;
/// Smallest assumed variation of a spread: a tenth of a doubling.
const LEAST_OF_SPREAD: f64 = 0.1;

/// Past hours with a smaller count do not show what share is usual.
const COUNTED_BEFORE: u64 = 20;
/// Solve times that a past hour needs for a spread.
const SOLVED_BEFORE: u64 = 50;

/// The verdict on an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Assessment {
    /// Too little is known, about the hour or about the past.
    Unknown,
    /// As usual.
    Calm,
    /// Above usual, but no reason to open anything.
    Raised(Figures),
    /// Far from usual.
    Alarm(Severity, Figures),
}

/// Judges an hour of a site or a network by its own past; solve times of a
/// network by those of its site (`of_site`), because a network of identical
/// machines has never been anything else.
pub fn judge(kind: Kind, at: u64, now: &Hour, own: &Past, of_site: &Past) -> Assessment {
    match kind {
        Kind::Flood => flood(at, now, own),
        Kind::Failures => share(at, now.failures(), own, Hour::failures),
        Kind::Refusals => share(at, now.refusals(), own, Hour::refusals),
        Kind::Regular => regular(at, now, of_site),
        // Not by its hour.
        Kind::UnderAttack => Assessment::Unknown,
    }
}

/// An alarm from 200 challenges more than usual and three times as many; raised
/// from half of that. Critical from ten times as many.
fn flood(at: u64, now: &Hour, past: &Past) -> Assessment {
    let measured = float(now.issued);
    let Some((usual, known)) = known(at, past, |hour| Some(float(hour.issued))) else {
        return Assessment::Unknown;
    };
    let score = usual.score(measured, LEAST_OF_COUNT * usual.median);
    let figures = known.figures(measured, score, now.issued);
    let above =
        |more: f64, times: f64| measured - usual.median >= more && measured >= times * usual.median;
    if score > CUT_OFF && above(200.0, 3.0) {
        let critical = above(2_000.0, 10.0);
        let severity = if critical { Severity::Critical } else { Severity::Warning };
        Assessment::Alarm(severity, figures)
    } else if score > CALM && above(100.0, 1.5) {
        Assessment::Raised(figures)
    } else {
        Assessment::Calm
    }
}

/// An alarm if, of at least 100, ten percentage points more than usual and
/// twice the usual share went wrong; raised from half of that. Critical above
/// half of all.
fn share(
    at: u64,
    (measured, counted): (f64, u64),
    past: &Past,
    of: impl Fn(&Hour) -> (f64, u64),
) -> Assessment {
    let number = |hour: &Hour| {
        let (share, counted) = of(hour);
        (counted >= COUNTED_BEFORE).then_some(share)
    };
    let Some((usual, known)) = known(at, past, number).filter(|_| counted >= 50) else {
        return Assessment::Unknown;
    };
    let score = usual.score(measured, LEAST_OF_SHARE);
    let figures = known.figures(measured, score, counted);
    let above =
        |more: f64, times: f64| measured - usual.median >= more && measured >= times * usual.median;
    if score > CUT_OFF && above(0.10, 2.0) && counted >= 100 {
        let severity = if measured > 0.5 { Severity::Critical } else { Severity::Warning };
        Assessment::Alarm(severity, figures)
    } else if score > CALM && above(0.05, 1.3) {
        Assessment::Raised(figures)
    } else {
        Assessment::Calm
    }
}

/// An alarm if the spread of at least 100 solve times is at most half of the
/// site's own; raised up to 0.7 of it.
fn regular(at: u64, now: &Hour, past: &Past) -> Assessment {
    let number = |hour: &Hour| {
        let (spread, solved) = hour.spread();
        spread.filter(|_| solved >= SOLVED_BEFORE)
    };
    let (measured, solved) = now.spread();
    let (Some(measured), Some((usual, known))) = (measured, known(at, past, number)) else {
        return Assessment::Unknown;
    };
    if solved < SOLVED_BEFORE {
        return Assessment::Unknown;
    }
    let score = usual.score(measured, LEAST_OF_SPREAD);
    let figures = known.figures(measured, score, solved);
    if score < -CUT_OFF && measured <= 0.5 * usual.median && solved >= 100 {
        Assessment::Alarm(Severity::Warning, figures)
    } else if score < -CALM && measured <= 0.7 * usual.median {
        Assessment::Raised(figures)
    } else {
        Assessment::Calm
    }
}

/// What the past contributes to the figures.
struct Known {
    usual: Baseline,
    hours: u32,
    basis: super::Basis,
}

fn known(at: u64, past: &Past, number: impl Fn(&Hour) -> Option<f64>) -> Option<(Baseline, Known)> {
    let (samples, basis) = past.samples(at, number)?;
    let usual = Baseline::of(&samples)?;
    let hours = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    Some((usual, Known { usual, hours, basis }))
}

impl Known {
    fn figures(&self, measured: f64, score: f64, counted: u64) -> Figures {
        let Self { usual: Baseline { median, deviation }, hours, basis } = *self;
        Figures { measured, usual: median, deviation, score, counted, hours, basis }
    }
}
