//! What a visit is asked to do: a pure function of the site, its rules, the
//! visit, the widget's signals and the counters.
//!
//! Work is `floor × pressure × risk × rule`, kept between the site's floor and
//! ceiling. Rules may also add to the risk, or take from it. Pressure comes from the counters and rises continuously: with twice
//! as many requests, each costs twice as much. Risk comes from what the visit
//! looks like and weighs little, because an attacker can change that. The
//! weights are in `risk`, what they weigh in `signs`; what convicts is in
//! `coherence`.

mod coherence;
mod fallback;
mod pressure;
mod risk;
mod score;
mod signs;
mod surge;

use munjigi_counters::{Payer, Pressure};
use munjigi_protocol::{Algorithm, AttemptId, Signals, Signs, Verdict};

pub(crate) use fallback::afford;
pub(crate) use pressure::{fleet_by, larger};
pub use risk::{is_convicted, risk};
pub use score::{Scored, picture_score, score};
pub use signs::reasons;
pub use surge::cause as flood_cause;
pub(crate) use surge::is_attacked;
use surge::is_regular;

use crate::host::Hostname;
use crate::labels::Action;
use crate::phones::{
    MAX_EXPECTED_SECONDS, MEDIAN_PHONE_HASHES_PER_SECOND, SLOW_PHONE_HASHES_PER_SECOND,
    SLOW_PHONE_SHA256_PER_SECOND,
};
use crate::price::Price;
use crate::site::{Ruling, SeenHost, Sighting, Site};
use crate::visit::Visit;

/// The input of the policy.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The site that the visit is for.
    pub site: &'a Site,
    /// Host of the page.
    pub hostname: &'a Hostname,
    /// What the visitor is doing.
    pub action: &'a Action,
    /// What the edge sees of the request.
    pub visit: &'a Visit,
    /// What the widget reported.
    pub signals: &'a Signals,
    /// What the counters say about the visit.
    pub pressure: &'a Pressure,
    /// The client's software by its pseudonyms of the day: by headers and by
    /// handshake.
    pub software: [u32; 2],
    /// The hash that the browser can compute.
    pub algorithm: Algorithm,
    /// How far the attempt has got.
    pub stage: Stage,
}

/// How far an attempt has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A first challenge was requested.
    Start,
    /// A solution arrived.
    Solution {
        /// The attempt that it completes.
        id: AttemptId,
        /// Expected hashes of the puzzle that was just solved.
        proven: u64,
        /// Puzzles of the attempt before that one.
        puzzles: u8,
        /// Whether it came from the network that the challenge went to.
        network: Network,
    },
}

/// Whether a solution came from the network that the challenge went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// From the same network.
    Same,
    /// From another: a phone that left its Wi-Fi, or solvers elsewhere.
    Other,
}

/// What a visit has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Expected hashes per sub-puzzle.
    pub work: u64,
    /// Number of sub-puzzles.
    pub count: u32,
    /// Whether a picture follows the puzzle.
    pub step: DemandStep,
    /// Expected hashes in total that replace a picture, including the puzzle
    /// before it: what a site without pictures requires.
    pub instead_of_picture: u64,
    /// What was noticed about the visit.
    pub signs: Signs,
    /// Who pays: how the token counts for what the visitor shares with others.
    pub payer: Payer,
    /// Whether the visit is never turned away because of other visitors: the
    /// site is exempt, or a rule allows the visit by what the edge sees.
    pub favoured: bool,
}

/// Why a visit is refused instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A rule blocks the visit.
    Blocked,
    /// SHA-256 cannot express what the network owes.
    Network {
        /// Seconds to wait before a retry.
        seconds: u32,
    },
    /// The site has had more attempts by SHA-256 than it accepts.
    Site {
        /// Seconds to wait before a retry.
        seconds: u32,
    },
}

impl Demand {
    /// Expected hashes of all sub-puzzles together.
    pub const fn total(&self) -> u64 {
        self.work.saturating_mul(self.count as u64)
    }
}

/// What completes an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DemandStep {
    /// A puzzle is enough.
    Puzzle,
    /// A picture follows the puzzle.
    Picture,
}

/// A challenge lives this many times as long as a slow phone is expected to
/// need: how long 16 sub-puzzles take depends on luck, and phones throttle on
/// battery.
const LIFETIME_FACTOR: u64 = 20;

const MIN_LIFETIME_SECONDS: u64 = 300;

/// The factor of the rule `harder`, and of the work that replaces a picture on
/// sites that have none.
const HARDER: u64 = 8;

/// From this risk on, work doubles.
const DOUBTFUL: u8 = 30;

/// From this risk on, a picture is required.
const RISKY: u8 = 60;

/// The action by which the page of clearance asks for a picture, where a path
/// requires one.
pub const PICTURED: &str = "clearance/pictured";

/// "Another way" begins at this many times the site's floor…
const ANOTHER_WAY_FACTOR: u64 = 4;

/// …and ends here, on a median phone.
pub const ANOTHER_WAY_MAX_SECONDS: u64 = 60;

/// Decides what a visit has to do, or refuses it.
pub fn decide(question: &Question<'_>) -> Result<Demand, Refused> {
    let Question { site, pressure, algorithm, .. } = *question;
    let signs = signs::signs(question);
    let Ruling { verdict, vouches, weight } = site.ruling(&sighting(question, signs));
    let vouched = verdict == Some(Verdict::Allow) && vouches;
    let risk = weighed(signs, weight);
    // An `allow` by what the client says about itself, or by nothing at all,
    // leaves the counters in force: otherwise bots would choose to be allowed.
    let of_counters = if vouched { pressure::ONE } else { pressure::factor(pressure) };
    let flood = if vouched { pressure::ONE } else { surge::factor(site, pressure) };
    let pressed = of_counters.max(flood);
    let (rule, wants_picture) = match verdict {
        Some(Verdict::Block) => return Err(Refused::Blocked),
        Some(Verdict::Allow) => (1, false),
        Some(Verdict::Harder) => (HARDER, risk >= RISKY),
        Some(Verdict::Picture) => (1, true),
        Some(Verdict::Weigh(_)) | None => (1, risk >= RISKY),
    };
    // Who names another action earns less than the path asks for.
    let wants_picture = wants_picture || question.action.as_str() == PICTURED && !vouched;
    let doubt = if risk >= DOUBTFUL && verdict != Some(Verdict::Allow) { 2 } else { 1 };
    // The fallback is one small file, which has no pictures.
    let pictures = !site.pictures.is_empty() && algorithm == Algorithm::HashWx;
    let (doubt, step) = match (wants_picture, pictures) {
        (true, true) => (doubt, DemandStep::Picture),
        (true, false) => (HARDER, DemandStep::Puzzle),
        (false, _) => (doubt, DemandStep::Puzzle),
    };
    let asked = |doubt| work(site, algorithm, pressed.saturating_mul(rule * doubt));
    let favoured = site.exempt || vouched;
    if algorithm == Algorithm::Sha256 && !favoured {
        fallback::admit(question, pressed, rule * doubt)?;
    }
    Ok(Demand {
        work: asked(doubt),
        count: site.count,
        step: if site.exempt { DemandStep::Puzzle } else { step },
        instead_of_picture: asked(HARDER).saturating_mul(u64::from(site.count)),
        signs,
        payer: payer(pressure, of_counters),
        favoured,
    })
}

/// Who pays a factor of the counters, apart from a flood of the site: from twice
/// the floor on, those who are charged.
fn payer(pressure: &Pressure, of_counters: u64) -> Payer {
    if of_counters >= 2 * pressure::ONE {
        Payer::Charged
    } else if is_regular(pressure) {
        Payer::Regular
    } else {
        Payer::Newcomer
    }
}

/// What rules can match by. Before a solution, the visitor has done nothing
/// yet: score and reasons are then open, and rules by them match no one.
fn sighting<'a>(question: &Question<'a>, signs: Signs) -> Sighting<'a> {
    let visit = question.visit;
    let known = Some(signs).filter(|_| question.stage != Stage::Start);
    Sighting {
        host: Some(SeenHost::Exact(question.hostname)),
        action: Some(question.action),
        country: Some(visit.country),
        asn: Some(visit.asn),
        prefix: Some(visit.prefix()),
        listed: visit.listed,
        score: known.map(|signs| score(question.site, signs).score),
        signs: known,
        software: Some(question.software),
    }
}

/// The risk with what rules add to it. What convicts is no rule's to forgive,
/// but of `allow`.
fn weighed(signs: Signs, weight: i32) -> u8 {
    let risk = risk::risk(signs);
    let least = if is_convicted(signs) { risk } else { 0 };
    let sum = (i32::from(risk) + weight).clamp(i32::from(least), 100);
    u8::try_from(sum).unwrap_or(risk)
}

/// Work per sub-puzzle at a factor in 256ths.
fn work(site: &Site, algorithm: Algorithm, factor: u64) -> u64 {
    if site.exempt {
        return site.work.floor;
    }
    match algorithm {
        Algorithm::HashWx => {
            let asked = u128::from(site.work.floor) * u128::from(factor) / 256;
            u64::try_from(asked).unwrap_or(u64::MAX).clamp(site.work.floor, ceiling(site))
        }
        Algorithm::Sha256 => fallback::work(site, factor),
    }
}

/// Expected hashes in all that "another way" costs at a price.
pub fn another_way(site: &Site, algorithm: Algorithm, price: Price) -> u64 {
    if site.exempt {
        return site.work.floor;
    }
    // After a few doublings every site is at the cap; more would only overflow.
    let doublings = price.doublings().min(16);
    let count = u64::from(site.count);
    let (base, most) = match algorithm {
        Algorithm::HashWx => (
            site.work.floor.saturating_mul(count * ANOTHER_WAY_FACTOR),
            ANOTHER_WAY_MAX_SECONDS * MEDIAN_PHONE_HASHES_PER_SECOND,
        ),
        Algorithm::Sha256 => {
            let base = fallback::base(site).saturating_mul(count);
            (base, base.saturating_mul(fallback::MAX_FACTOR))
        }
    };
    (base.min(most) << doublings).min(most)
}

/// More work is required only once the price has at least doubled: every
/// neighbour who requests a challenge raises a network's price a little, and a
/// visitor who solves for a second must not chase it. An attack multiplies it.
const RISE: u64 = 2;

/// Puzzles in one attempt, including the first. Each further one at least
/// doubles what was paid, so three of them make a factor of eight; a visitor
/// who has paid that has waited long enough.
const MAX_PUZZLES: u8 = 4;

/// Whether an attempt that has paid this many expected hashes with this many
/// puzzles is asked for another one.
pub const fn requires_more(asked: u64, paid: u64, puzzles: u8) -> bool {
    asked >= paid.saturating_mul(RISE) && puzzles < MAX_PUZZLES
}

/// Work per sub-puzzle for a further puzzle of this many hashes in total.
pub fn spread(site: &Site, algorithm: Algorithm, total: u64) -> u64 {
    let work = total.div_ceil(u64::from(site.count)).max(1);
    match algorithm {
        Algorithm::HashWx => work.min(ceiling(site)),
        Algorithm::Sha256 => work,
    }
}

/// The most work per sub-puzzle that a site may require.
fn ceiling(site: &Site) -> u64 {
    let bound = MAX_EXPECTED_SECONDS * SLOW_PHONE_HASHES_PER_SECOND / u64::from(site.count);
    site.work.ceiling.min(bound).max(site.work.floor)
}

/// Expected hashes in total that replace a picture where there is none, and
/// nothing else raises the price.
pub(crate) fn instead_of_picture(site: &Site, algorithm: Algorithm) -> u64 {
    work(site, algorithm, pressure::ONE * HARDER).saturating_mul(u64::from(site.count))
}

/// How long a puzzle may take, in seconds.
pub fn puzzle_lifetime_seconds(algorithm: Algorithm, total: u64) -> u64 {
    let rate = match algorithm {
        Algorithm::HashWx => SLOW_PHONE_HASHES_PER_SECOND,
        Algorithm::Sha256 => SLOW_PHONE_SHA256_PER_SECOND,
    };
    (total / rate).saturating_mul(LIFETIME_FACTOR).max(MIN_LIFETIME_SECONDS)
}

#[cfg(test)]
mod tests;
