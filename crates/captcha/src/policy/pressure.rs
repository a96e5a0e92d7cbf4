//! What the counters cost: factors of work, in 256ths.
//!
//! An address pays for itself, in proportion. Whoever shares something with it
//! pays by how many they are: neighbours by the number of addresses, systems
//! and software by how far they exceed what is usual for them on the site. A
//! single noisy address therefore costs its neighbours next to nothing, and a
//! crowd that agrees on something pays as one.

use crate::counters::{Crowd, Fleet, Pressure, Usual};

/// The neutral factor, 1.
pub const ONE: u64 = 256;

/// Challenges that an address may request from a site within the counters'
/// memory before it pays more. A household or a small office stays below it;
/// 200 challenges are 12.5 times this.
const ADDRESS_ALLOWANCE: u64 = 16;

/// The same while the site is flooded: an address pays as soon as it requests
/// more than its share; a visitor who comes once or twice still does not.
const FLOODED_ALLOWANCE: u64 = 4;

/// Failures weigh at most this many allowances. Alone, they double an address's
/// work. Guessing needs no stronger penalty. A guessed nonce is right once in
/// `work` tries per sub-puzzle, so hashing is cheaper than requesting more
/// challenges; for a picture only one answer is tried, and the next attempt
/// costs the next puzzle, which is counted when it is issued.
const FAILURES: u64 = 2;

/// Challenges issued on one site from which the site counts as flooded: about
/// 14 a second, sustained for five minutes, …
pub const FLOOD: u64 = 6_000;

/// … or this many times what is usual for the site.
const FLOOD_FACTOR: u64 = 4;

/// Challenges that a network's addresses may request together. What one of them
/// requests beyond [`ADDRESS_ALLOWANCE`] is not counted here.
const NETWORK_ALLOWANCE: u64 = 64;

/// A client that requests no more than this is a light user…
pub const LIGHT: u64 = 4;

/// …who pays at most this because of neighbours; a busier one pays
/// proportionally more.
const MAX_LIGHT_FACTOR: u64 = 4 * ONE;

/// Challenges of a block of networks, whatever the rest of the site does.
const BLOCK_ALLOWANCE: u64 = 512;

/// Networks from which an autonomous system may visit the site, if it is not
/// usual there. People who have nothing in common share a system, and carriers
/// put many of them behind few networks: so networks count, not challenges.
const SYSTEM_ALLOWANCE: u64 = 128;

/// The same as long as nobody knows what is usual.
const UNKNOWN_SYSTEM_ALLOWANCE: u64 = 1_024;

/// The most that a system costs, and the same where machines are rented.
const MAX_SYSTEM_FACTOR: [u64; 2] = [16 * ONE, 64 * ONE];

/// The same for a block.
const MAX_BLOCK_FACTOR: [u64; 2] = [4 * ONE, 16 * ONE];

/// Networks from which one software may come, if it is not usual on the site…
const FLEET_ALLOWANCE: u64 = 48;

/// …and as long as nobody knows what is usual.
const UNKNOWN_FLEET_ALLOWANCE: u64 = 256;

/// Visits that may look the same to the millisecond, …
const TRACE_ALLOWANCE: u64 = 4;

/// …or this part of a site's: where very many come, some do.
const TRACE_PART: u64 = 1_024;

/// The most that software costs, and a trace that is repeated.
const MAX_FLEET_FACTOR: u64 = 32 * ONE;

/// All of a site, for shares.
const WHOLE: u64 = 1_024;

/// The factor of work, at least [`ONE`].
pub fn factor(pressure: &Pressure) -> u64 {
    deserved(pressure).max(of_neighbours(pressure))
}

/// The factor of those with whom the visitor shares a network or a block.
pub fn of_neighbours(pressure: &Pressure) -> u64 {
    neighbours(pressure).max(block(pressure))
}

/// The factor without that of neighbours, for whose sake nobody is refused.
pub fn deserved(pressure: &Pressure) -> u64 {
    address(pressure).max(system(pressure)).max(fleet(pressure)).max(trace(pressure))
}

/// The pressure on a visit whose challenge went to another network: the larger
/// of the two, so that posting from elsewhere does not escape a price.
pub fn larger(pressure: Pressure, issued_to: Crowd) -> Pressure {
    let there = Pressure { network: issued_to, ..pressure };
    if neighbours(&there) > neighbours(&pressure) { there } else { pressure }
}

/// Proportional to what the address requests beyond its allowance: twice as
/// many challenges cost four times as much in total.
pub fn address(pressure: &Pressure) -> u64 {
    let allowance = address_allowance(pressure);
    let most = u32::try_from(FAILURES * allowance).unwrap_or(u32::MAX);
    (u64::from(pressure.address.weight(most)) * ONE / allowance).max(ONE)
}

fn address_allowance(pressure: &Pressure) -> u64 {
    // Failures are left out: otherwise a few clients that fail would flood a
    // site for everyone.
    let site = u64::from(pressure.site.issued);
    let usual = pressure.site_usual.map_or(0, |usual| u64::from(usual.issued));
    let flood = FLOOD.max(FLOOD_FACTOR * usual);
    if site <= flood {
        return ADDRESS_ALLOWANCE;
    }
    (ADDRESS_ALLOWANCE * flood / site).max(FLOODED_ALLOWANCE)
}

/// By what the network's addresses request, none for more than its allowance.
/// Of people who share an address, nobody pays for the software of another.
pub fn neighbours(pressure: &Pressure) -> u64 {
    let Crowd { load, members } = pressure.network;
    let crowd = u64::from(load.issued).min(u64::from(members) * ADDRESS_ALLOWANCE);
    let use_here = u64::from(pressure.client.issued).max(LIGHT);
    let most = MAX_LIGHT_FACTOR * use_here / LIGHT;
    (crowd * ONE / NETWORK_ALLOWANCE).clamp(ONE, most)
}

/// By how much a block exceeds half of the site.
fn block(pressure: &Pressure) -> u64 {
    let weight = u64::from(pressure.block.issued);
    let others = u64::from(pressure.site.issued).saturating_sub(weight);
    let allowance = BLOCK_ALLOWANCE.max(others);
    let [access, hosting] = MAX_BLOCK_FACTOR;
    let most = if pressure.hosting { hosting } else { access };
    (weight * ONE / allowance).clamp(ONE, most)
}

/// By how much a system exceeds its usual share of the site.
pub fn system(pressure: &Pressure) -> u64 {
    let networks = u64::from(pressure.system.networks);
    let least = [SYSTEM_ALLOWANCE, UNKNOWN_SYSTEM_ALLOWANCE];
    let allowance = allowance(least, pressure, pressure.system);
    let [access, hosting] = MAX_SYSTEM_FACTOR;
    let most = if pressure.hosting { hosting } else { access };
    (networks * ONE / allowance).clamp(ONE, most)
}

/// By how much the networks of one software exceed its usual share.
pub fn fleet(pressure: &Pressure) -> u64 {
    let dearer = fleet_of(pressure, pressure.software).max(fleet_of(pressure, pressure.handshake));
    dearer.clamp(ONE, MAX_FLEET_FACTOR)
}

/// Whether the software's headers, rather than its handshake, make it a fleet.
pub fn is_fleet_by_headers(pressure: &Pressure) -> bool {
    fleet_of(pressure, pressure.software) >= fleet_of(pressure, pressure.handshake)
}

fn fleet_of(pressure: &Pressure, of: Fleet) -> u64 {
    let least = [FLEET_ALLOWANCE, UNKNOWN_FLEET_ALLOWANCE];
    u64::from(of.networks) * ONE / allowance(least, pressure, of)
}

/// In proportion to how often the same interaction was seen.
pub fn trace(pressure: &Pressure) -> u64 {
    let allowance = TRACE_ALLOWANCE.max(u64::from(pressure.site.issued) / TRACE_PART);
    (u64::from(pressure.trace) * ONE / allowance).clamp(ONE, MAX_FLEET_FACTOR)
}

/// From how many networks clients with something in common may come, beside
/// those of all others on the site: twice their usual share, or half of what is
/// missing to the whole; and in any case twice their share of the challenges
/// that are usual. Two thirds of the site where nobody knows what is usual.
fn allowance([known, unknown]: [u64; 2], pressure: &Pressure, of: Fleet) -> u64 {
    let others = u64::from(pressure.site_networks.saturating_sub(of.networks));
    let beside = |share: u64| others * share / (WHOLE - share);
    let Some(Usual { share: Some(share), issued }) = of.usual else {
        return unknown.max(beside(WHOLE * 2 / 3));
    };
    let share = u64::from(share).min(WHOLE);
    let usually = 2 * share * u64::from(issued) / WHOLE;
    let more = (2 * share).min(share.midpoint(WHOLE)).clamp(WHOLE / 16, WHOLE - 1);
    known.max(usually).max(beside(more))
}
