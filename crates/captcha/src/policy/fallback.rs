//! SHA-256 for browsers without WebAssembly: what it costs, and when it is
//! refused.
//!
//! It is expensive for those who need it and cheap for those who do not: 10 s
//! of plain JavaScript are 0.06 s of one native core and next to nothing on a
//! graphics card. The work that a person can be asked for therefore cannot stop
//! a program, and at its cap the fallback would be the cheap way in whenever
//! HashWX has become expensive. So it is never offered below the price that is
//! due: when more is due than it can express, it is refused for a while, and
//! while a site is flooded, to all who come with the flood.
//! Visitors with WebAssembly are not affected.
//!
//! **fallback**: the SHA-256 puzzle in plain JavaScript, for browsers without
//! WebAssembly.

use munjigi_counters::Pressure;
use munjigi_keys::UnixMillis;

use super::pressure::{self, ONE};
use super::{Question, Refused, Stage, surge};
use crate::price::Price;
use crate::site::Site;

/// The most that plain JavaScript is asked for, as a multiple of its usual 10
/// s: about the minute that "another way" costs at most.
pub const MAX_FACTOR: u64 = 6;

/// Attempts by SHA-256 on one site within the counters' memory: one in a
/// hundred of those that make a site count as flooded, …
const SITE_ALLOWANCE: u32 = 64;

/// … or of those that are usual there. Far fewer browsers than that lack
/// WebAssembly. It bounds the total of many networks that each stay below their
/// own pressure and price: about nine tokens a minute with a half-life of 300 s.
const USUAL_PER_ATTEMPT: u32 = 100;

/// A visitor who is turned away is asked to wait at least this long: what takes
/// minutes to decay is no different after a second…
const MIN_WAIT_SECONDS: u32 = 30;

/// …and at most this long, which is less than the 800 s for which the cheapest
/// challenge lives: its solution can be sent again.
const MAX_WAIT_SECONDS: u32 = 600;

/// Number of sub-puzzles that the constant of `munjigi-pow` was measured with.
const DEFAULT_COUNT: u64 = 16;

/// SHA-256 hashes per sub-puzzle, so that the puzzle takes about 10 s in plain
/// JavaScript for any number of sub-puzzles.
pub fn base(site: &Site) -> u64 {
    munjigi_pow::SHA256_WORK * DEFAULT_COUNT / u64::from(site.count)
}

/// The same at a factor in 256ths.
pub fn work(site: &Site, factor: u64) -> u64 {
    base(site).saturating_mul(factor.clamp(ONE, MAX_FACTOR * ONE)) / ONE
}

/// Whether an attempt may continue by SHA-256. `pressed` is the factor of the
/// counters, `multiple` that of rule and risk.
pub fn admit(question: &Question<'_>, pressed: u64, multiple: u64) -> Result<(), Refused> {
    let pressure = question.pressure;
    let most = MAX_FACTOR * ONE / multiple.max(1);
    // Neighbours raise the price up to the cap and refuse no one.
    if pressed > most && pressure::deserved(pressure) > most {
        let seconds = wait(pressure, |later| pressure::deserved(later) <= most);
        return Err(Refused::Network { seconds });
    }
    // A visitor who was admitted is not turned away because of later ones.
    let newcomer = match question.stage {
        Stage::Start => true,
        Stage::Solution { puzzles, .. } => puzzles == 0,
    };
    let flooded = |pressure: &Pressure| surge::factor(question.site, pressure) >= 2 * ONE;
    if newcomer && flooded(pressure) {
        return Err(Refused::Site { seconds: wait(pressure, |later| !flooded(later)) });
    }
    let usual = pressure
        .site_usual
        .and_then(|usual| usual.people)
        .map_or(0, |people| people / USUAL_PER_ATTEMPT);
    let most = SITE_ALLOWANCE.max(usual);
    if newcomer && pressure.fallbacks >= most {
        let seconds = wait(pressure, |later| later.fallbacks < most);
        return Err(Refused::Site { seconds });
    }
    Ok(())
}

/// The same for a network's price, which doubles with each attempt.
pub fn afford(price: Price, now: UnixMillis) -> Result<(), Refused> {
    let most = MAX_FACTOR.ilog2();
    if price.doublings() <= most {
        return Ok(());
    }
    let seconds = u32::try_from(price.seconds_until(most, now)).unwrap_or(u32::MAX);
    Err(Refused::Network { seconds: seconds.clamp(MIN_WAIT_SECONDS, MAX_WAIT_SECONDS) })
}

/// Seconds until enough has decayed, in steps of the shortest wait.
fn wait(pressure: &Pressure, enough: impl Fn(&Pressure) -> bool) -> u32 {
    (MIN_WAIT_SECONDS..MAX_WAIT_SECONDS)
        .step_by(MIN_WAIT_SECONDS as usize)
        .find(|seconds| enough(&pressure.after(*seconds)))
        .unwrap_or(MAX_WAIT_SECONDS)
}
