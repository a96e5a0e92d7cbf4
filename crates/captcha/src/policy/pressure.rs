//! What the counters cost: factors of work, in 256ths.

use crate::counters::Pressure;

/// No factor.
pub const ONE: u64 = 256;

/// Challenges that a network may ask of a site within the counters' memory
/// before it pays more. A household or a small office stays below. 200
/// challenges are 12.5 times this.
const NETWORK_ALLOWANCE: u64 = 16;

/// The same while the site is flooded: a network pays as soon as it asks
/// more than its share, and who comes once or twice still does not.
const FLOODED_ALLOWANCE: u64 = 4;

/// Weight on one site, in one isolate, from which it counts as flooded:
/// about 14 challenges a second held for five minutes.
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

/// Proportional to what the network asks over its allowance: twice as many
/// challenges cost four times as much in all.
pub fn network(pressure: &Pressure) -> u64 {
    let weight = u64::from(pressure.prefix.weight());
    (weight * ONE / network_allowance(pressure)).max(ONE)
}

fn network_allowance(pressure: &Pressure) -> u64 {
    let site = u64::from(pressure.site.weight());
    if site <= FLOOD {
        return NETWORK_ALLOWANCE;
    }
    (NETWORK_ALLOWANCE * FLOOD / site).max(FLOODED_ALLOWANCE)
}

pub fn system(pressure: &Pressure) -> u64 {
    let weight = u64::from(pressure.asn.weight());
    let over = weight * ONE * ONE / SYSTEM_ALLOWANCE;
    over.isqrt().clamp(ONE, MAX_SYSTEM_FACTOR)
}
