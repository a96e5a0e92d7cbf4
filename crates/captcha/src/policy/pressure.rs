//! What the counters cost: factors of work, in 256ths.

use crate::counters::{Load, Pressure};

/// The neutral factor, 1.
pub const ONE: u64 = 256;

/// Challenges that a network may request from a site within the counters'
/// memory before it pays more. A household or a small office stays below it;
/// 200 challenges are 12.5 times this.
const NETWORK_ALLOWANCE: u64 = 16;

/// The same while the site is flooded: a network pays as soon as it requests
/// more than its share; a visitor who comes once or twice still does not.
const FLOODED_ALLOWANCE: u64 = 4;

/// Failures weigh at most this many allowances. Alone, they double a network's
/// work; with the risk that they add, they cost a neighbour with no other
/// suspicious trait at most a factor of 4. Guessing needs no stronger penalty.
/// A guessed nonce is right once in `work` tries per sub-puzzle, so hashing is
/// cheaper than requesting more challenges; for a picture only one answer is
/// tried, and the next attempt costs the next puzzle, which is counted when it
/// is issued.
const FAILURES: u64 = 2;

/// Challenges issued on one site by one isolate from which the site counts as
/// flooded: about 14 a second, sustained for five minutes.
const FLOOD: u64 = 6_000;

/// The same for an autonomous system. People who have nothing in common share
/// one, so it may request far more, counts by its square root…
const SYSTEM_ALLOWANCE: u64 = 1_024;

/// …and never costs more than this.
const MAX_SYSTEM_FACTOR: u64 = 4 * ONE;

/// The factor of work, at least [`ONE`].
pub fn factor(pressure: &Pressure) -> u64 {
    network(pressure).max(system(pressure))
}

/// The pressure on a visit whose challenge went to another network: the larger
/// of the two, so that posting from elsewhere does not escape a price.
pub fn larger(pressure: Pressure, issued_to: Load) -> Pressure {
    let there = Pressure { prefix: issued_to, ..pressure };
    if network(&there) > network(&pressure) { there } else { pressure }
}

/// Proportional to what the network requests beyond its allowance: twice as
/// many challenges cost four times as much in total.
pub fn network(pressure: &Pressure) -> u64 {
    let allowance = network_allowance(pressure);
    (weight(&pressure.prefix, allowance) * ONE / allowance).max(ONE)
}

fn network_allowance(pressure: &Pressure) -> u64 {
    // Failures are left out: otherwise a few clients that fail would flood a
    // site for everyone.
    let site = u64::from(pressure.site.issued);
    if site <= FLOOD {
        return NETWORK_ALLOWANCE;
    }
    (NETWORK_ALLOWANCE * FLOOD / site).max(FLOODED_ALLOWANCE)
}

pub fn system(pressure: &Pressure) -> u64 {
    let weight = weight(&pressure.asn, SYSTEM_ALLOWANCE);
    let over = weight * ONE * ONE / SYSTEM_ALLOWANCE;
    over.isqrt().clamp(ONE, MAX_SYSTEM_FACTOR)
}

fn weight(load: &Load, allowance: u64) -> u64 {
    let most = u32::try_from(FAILURES * allowance).unwrap_or(u32::MAX);
    u64::from(load.weight(most))
}
