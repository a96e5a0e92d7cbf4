//! What the counters cost: factors of work, in 256ths.

use crate::counters::{Load, Pressure};

/// No factor.
pub const ONE: u64 = 256;

/// Challenges that a network may ask of a site within the counters' memory
/// before it pays more. A household or a small office stays below. 200
/// challenges are 12.5 times this.
const NETWORK_ALLOWANCE: u64 = 16;

/// The same while the site is flooded: a network pays as soon as it asks
/// more than its share, and who comes once or twice still does not.
const FLOODED_ALLOWANCE: u64 = 4;

/// Failures weigh at most this many allowances: alone they double the work of
/// a network, and with the risk that they add they cost a neighbour about whom
/// nothing else speaks at most a factor of 4. More is not needed against guessing. A guessed nonce is
/// right once in `work` times, for each sub-puzzle, so hashing is cheaper than
/// asking; of a picture one answer is tried, and the next attempt costs the
/// next puzzle, which is counted where it is issued.
const FAILURES: u64 = 2;

/// Challenges issued on one site, by one isolate, from which it counts as
/// flooded: about 14 a second held for five minutes.
const FLOOD: u64 = 6_000;

/// The same for an autonomous system. It is shared by people who have
/// nothing in common, so it takes far more, counts by its square root…
const SYSTEM_ALLOWANCE: u64 = 1_024;

/// …and never costs more than this.
const MAX_SYSTEM_FACTOR: u64 = 4 * ONE;

/// The factor of work, at least [`ONE`].
pub fn factor(pressure: &Pressure) -> u64 {
    network(pressure).max(system(pressure))
}

/// The pressure of a visit whose challenge went to another network: by
/// whichever of the two asks more, so that no price is left behind by posting
/// from elsewhere.
pub fn larger(pressure: Pressure, issued_to: Load) -> Pressure {
    let there = Pressure { prefix: issued_to, ..pressure };
    if network(&there) > network(&pressure) { there } else { pressure }
}

/// Proportional to what the network asks over its allowance: twice as many
/// challenges cost four times as much in all.
pub fn network(pressure: &Pressure) -> u64 {
    let allowance = network_allowance(pressure);
    (weight(&pressure.prefix, allowance) * ONE / allowance).max(ONE)
}

fn network_allowance(pressure: &Pressure) -> u64 {
    // Failures are left out: else few who fail would flood a site for all.
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
