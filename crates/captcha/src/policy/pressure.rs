//! What the counters cost: factors of work, in 256ths.
//!
//! A client pays for itself, in proportion. Others who share something with it
//! pay only for what was solved, that is for what someone paid for, and only
//! so much that a crowd cannot be turned against the people it hides among:
//! [`budget`]. What was requested and never solved costs its own client, and its
//! neighbours a little.
//!
//! **pressure**: what the counters say of a visit; it raises the work.

use munjigi_counters::{Crowd, Fingerprint, Fleet, Load, Part, Pressure};

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

/// The most that what others of an address requested costs a client, …
const MAX_SHARED_FACTOR: u64 = 4 * ONE;

/// …and the most that what they solved costs it: an address or a /56 has few
/// people, and an attacker who drives it there has paid more than they do.
const MAX_SHARED_SOLVED_FACTOR: u64 = 16 * ONE;

/// Tokens that the addresses of a /56 may have together.
const SUBNET_ALLOWANCE: u64 = 64;

/// People who pass on one site from which the site counts as flooded: about 14 a
/// second, sustained for five minutes, …
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

/// Tokens that a block of networks may have, whatever the rest of the site has.
const BLOCK_ALLOWANCE: u64 = 256;

/// The same for an autonomous system, and networks from which it may come.
const SYSTEM_ALLOWANCE: u64 = 512;
const SYSTEM_NETWORKS: u64 = 128;

/// The same as long as it is unknown what is usual.
const UNKNOWN_BLOCK_ALLOWANCE: u64 = 512;
const UNKNOWN_SYSTEM_ALLOWANCE: u64 = 4_096;
const UNKNOWN_SYSTEM_NETWORKS: u64 = 1_024;

/// The most that a block or a system costs, and the same where machines are
/// rented.
const MAX_PART_FACTOR: [u64; 2] = [16 * ONE, 64 * ONE];

/// Networks from which one software may come, if it is not usual on the site…
const FLEET_ALLOWANCE: u64 = 48;

/// …and as long as it is unknown what is usual.
const UNKNOWN_FLEET_ALLOWANCE: u64 = 128;

/// Visits that may look the same to the millisecond, …
const TRACE_ALLOWANCE: u64 = 4;

/// …or this part of a site's: where very many come, some do.
const TRACE_PART: u64 = 1_024;

/// The most that software costs, and a trace that is repeated.
const MAX_FLEET_FACTOR: u64 = 32 * ONE;

/// All of a site, for shares.
const WHOLE: u64 = 65_536;

/// The part of a site's people that a block or a system may have as long as
/// it is unknown what is usual, …
const UNKNOWN_PART: u64 = WHOLE * 2 / 5;

/// …and a software: less, because a fleet that is three in four of a site's
/// visitors must not pass for its people.
const UNKNOWN_FLEET: u64 = WHOLE * 3 / 10;

/// The harm budget: a factor times the share of people who pay it comes to this
/// part of all people's work at most, …
const HARM: u64 = WHOLE / 10;

/// …and where the share is unknown, the factor is at most this. What is usual
/// over all sites may lower it, but never raise it: the people of a new site may
/// all have what no one else has, as those of an app do.
const UNKNOWN_HARM: u64 = 4 * ONE;

/// The most that something costs which this share of people have in common. A
/// software that three in a hundred use costs 3.3 times the floor at most, one
/// that a tenth use costs nothing: to make people pay, an attacker would have
/// to pay for more of it than all of them do. What no one uses costs `most`.
/// Where the site's own share is unknown, `prior` is that over all sites.
pub fn budget(share: Option<u16>, prior: Option<u16>, most: u64) -> u64 {
    let within = |share: u16, most: u64| match u64::from(share) {
        0 => most,
        share => (ONE * HARM / share).clamp(ONE, most),
    };
    match (share, prior) {
        (Some(share), _) => within(share, most),
        (None, Some(prior)) => within(prior, UNKNOWN_HARM.min(most)),
        (None, None) => UNKNOWN_HARM.min(most),
    }
}

/// The factor of work, at least [`ONE`].
pub fn factor(pressure: &Pressure) -> u64 {
    deserved(pressure).max(of_neighbours(pressure))
}

/// The factor of those with whom the visitor shares a network or a block.
pub fn of_neighbours(pressure: &Pressure) -> u64 {
    neighbours(pressure).max(block(pressure))
}

/// The factor without that of neighbours, for whose sake no one is refused.
pub fn deserved(pressure: &Pressure) -> u64 {
    address(pressure)
        .max(subnet(pressure))
        .max(system(pressure))
        .max(fleet(pressure))
        .max(trace(pressure))
}

/// The pressure on a visit whose challenge went to another network: the larger
/// of the two, so that posting from elsewhere does not escape a price.
pub fn larger(pressure: Pressure, issued_to: Crowd) -> Pressure {
    let there = Pressure { network: issued_to, ..pressure };
    if neighbours(&there) > neighbours(&pressure) { there } else { pressure }
}

/// Proportional to what the client requests beyond its allowance: twice as many
/// challenges cost four times as much in total. What other clients of the
/// address request and solve counts as well, up to a bound.
pub fn address(pressure: &Pressure) -> u64 {
    let requested = of_address(pressure, pressure.address).min(MAX_SHARED_FACTOR);
    let solved = Load { issued: pressure.address.solved, ..Load::NONE };
    let solved = of_address(pressure, solved).min(MAX_SHARED_SOLVED_FACTOR);
    own(pressure).max(requested).max(solved)
}

/// The part of it that the client's own load makes.
pub fn own(pressure: &Pressure) -> u64 {
    of_address(pressure, pressure.client).max(ONE)
}

fn of_address(pressure: &Pressure, load: Load) -> u64 {
    let allowance = address_allowance(pressure);
    let most = u32::try_from(FAILURES * allowance).unwrap_or(u32::MAX);
    u64::from(load.weight(most)) * ONE / allowance
}

fn address_allowance(pressure: &Pressure) -> u64 {
    // Failures are left out: otherwise a few clients that fail would flood a
    // site for everyone.
    let site = u64::from(pressure.site.people());
    let usual = pressure.site_usual.and_then(|usual| usual.people).map_or(0, u64::from);
    let flood = FLOOD.max(FLOOD_FACTOR * usual);
    if site <= flood {
        return ADDRESS_ALLOWANCE;
    }
    (ADDRESS_ALLOWANCE * flood / site).max(FLOODED_ALLOWANCE)
}

/// By what a /56 has solved: one customer's fresh addresses are one customer.
pub fn subnet(pressure: &Pressure) -> u64 {
    let solved = u64::from(pressure.subnet.solved);
    (solved * ONE / SUBNET_ALLOWANCE).clamp(ONE, MAX_SHARED_SOLVED_FACTOR)
}

/// By what the network's addresses request, none for more than its allowance.
/// Of people who share an address, no one pays for the software of another.
pub fn neighbours(pressure: &Pressure) -> u64 {
    let Crowd { load, members } = pressure.network;
    let crowd = u64::from(load.issued).min(u64::from(members) * ADDRESS_ALLOWANCE);
    let use_here = u64::from(pressure.client.issued).max(LIGHT);
    let most = MAX_LIGHT_FACTOR * use_here / LIGHT;
    (crowd * ONE / NETWORK_ALLOWANCE).clamp(ONE, most)
}

/// By how much a block exceeds its usual share of the site. Its tokens count,
/// not its networks: an IPv6 allocation has an address for each of them.
pub fn block(pressure: &Pressure) -> u64 {
    let Part { load, share, .. } = pressure.block;
    let least = if share.is_some() { BLOCK_ALLOWANCE } else { UNKNOWN_BLOCK_ALLOWANCE };
    of_tokens(pressure, load, share, least).clamp(ONE, budget(share, None, most_of_part(pressure)))
}

/// By how much a system exceeds its usual share of the site. People who have
/// nothing in common share a system, and carriers put many of them behind few
/// networks: where its share is known it pays by tokens, otherwise by networks
/// as well as by many more tokens.
pub fn system(pressure: &Pressure) -> u64 {
    let Part { load, networks, share, prior } = pressure.system;
    let (least, least_networks) = match share {
        Some(_) => (SYSTEM_ALLOWANCE, SYSTEM_NETWORKS),
        None => (UNKNOWN_SYSTEM_ALLOWANCE, UNKNOWN_SYSTEM_NETWORKS),
    };
    let more = more(share, UNKNOWN_PART);
    let allowance = least_networks.max(u64::from(pressure.site_networks) * more / WHOLE);
    let by_networks = u64::from(networks) * ONE / allowance;
    by_networks
        .max(of_tokens(pressure, load, share, least))
        .clamp(ONE, budget(share, prior, most_of_part(pressure)))
}

const fn most_of_part(pressure: &Pressure) -> u64 {
    let [access, hosting] = MAX_PART_FACTOR;
    if pressure.hosting { hosting } else { access }
}

fn of_tokens(pressure: &Pressure, load: Load, share: Option<u16>, least: u64) -> u64 {
    let people = u64::from(pressure.site.people());
    let more = more(share, UNKNOWN_PART);
    let allowance = least.max(people * more / WHOLE).max(usually(pressure, share));
    u64::from(load.solved) * ONE / allowance
}

/// By how much the networks of one software exceed its usual share; software
/// that hardly anyone uses is counted together as well.
pub fn fleet(pressure: &Pressure) -> u64 {
    fleet_of(pressure, pressure.software)
        .max(fleet_of(pressure, pressure.handshake))
        .max(fleet_of(pressure, pressure.rare))
}

/// What makes the software a fleet: whatever costs most.
pub fn fleet_by(pressure: &Pressure) -> Fingerprint {
    let by_headers = fleet_of(pressure, pressure.software);
    let by_handshake = fleet_of(pressure, pressure.handshake);
    if fleet_of(pressure, pressure.rare) > by_headers.max(by_handshake) {
        Fingerprint::Rarity
    } else if by_headers >= by_handshake {
        Fingerprint::Headers
    } else {
        Fingerprint::Handshake
    }
}

fn fleet_of(pressure: &Pressure, of: Fleet) -> u64 {
    let least = match of.share {
        Some(_) => FLEET_ALLOWANCE.max(usually(pressure, of.share)),
        None => UNKNOWN_FLEET_ALLOWANCE,
    };
    let more = more(of.share, UNKNOWN_FLEET);
    let allowance = least.max(u64::from(pressure.site_networks) * more / WHOLE);
    let factor = u64::from(of.networks) * ONE / allowance;
    factor.clamp(ONE, budget(of.share, of.prior, MAX_FLEET_FACTOR))
}

/// In proportion to how often the same interaction passed.
pub fn trace(pressure: &Pressure) -> u64 {
    let allowance = TRACE_ALLOWANCE.max(u64::from(pressure.site.people()) / TRACE_PART);
    (u64::from(pressure.trace) * ONE / allowance).clamp(ONE, MAX_FLEET_FACTOR)
}

/// The part of a site's people that something may have at an hour, in
/// [`WHOLE`]ths: twice its usual share, or half of what is missing to the whole,
/// and a sixteenth in any case; `unknown` where it is unknown what is usual.
/// Those who have something in common and are not charged yet are among these
/// people themselves, those who are charged are not: so neither decoys nor the
/// crowd itself make room for it.
fn more(share: Option<u16>, unknown: u64) -> u64 {
    let Some(share) = share.map(u64::from) else { return unknown };
    (2 * share).min(share.midpoint(WHOLE)).clamp(WHOLE / 16, WHOLE)
}

/// Twice the share of the people who usually pass.
fn usually(pressure: &Pressure, share: Option<u16>) -> u64 {
    let people = pressure.site_usual.and_then(|usual| usual.people).map_or(0, u64::from);
    2 * share.map_or(0, u64::from) * people / WHOLE
}
