//! How a visit gets the names under which it is counted: pseudonyms keyed for
//! one day, of an address that the counters never see.

use core::hash::Hasher;

use munjigi_counters::{Anywhere, CounterKeys, Counters, Names, PLATFORM, Share, mix};
use munjigi_keys::UnixMillis;
use munjigi_protocol::Signals;
use siphasher::sip::SipHasher13;

use crate::authority::Authority;
use crate::credentials::Sitekey;
use crate::hosting::is_hosting;
use crate::visit::Visit;

/// Interactions that took less say too little.
const LEAST_MILLIS: u32 = 500;

const MILLIS_PER_DAY: u64 = 86_400_000;

/// The keys under which a visit to a site is counted.
pub fn counter_keys(
    counters: &mut Counters,
    authority: &Authority,
    sitekey: &Sitekey,
    visit: &Visit,
    now: UnixMillis,
) -> CounterKeys {
    let site = site(sitekey);
    let network = authority.network(sitekey, now, visit.prefix());
    let midnight = UnixMillis(now.0 - now.0 % MILLIS_PER_DAY);
    let before = UnixMillis(midnight.0.saturating_sub(1));
    let matters = now.since(midnight) < counters.matters_millis();
    let yesterday = matters.then(|| {
        let network = authority.network(sitekey, before, visit.prefix());
        names(of_day(counters, authority, before), site, visit, network)
    });
    CounterKeys {
        site,
        today: names(of_day(counters, authority, now), site, visit, network),
        yesterday,
        // Systems are counted per site, so that an attack on one site
        // costs no visitor of another. Sitekeys are random, system numbers
        // scarce: neither can be chosen, so an unkeyed mix will do.
        system: (visit.asn != 0).then(|| mix(site ^ u64::from(visit.asn))),
        hosting: is_hosting(visit.asn),
        system_anywhere: (visit.asn != 0).then(|| mix(PLATFORM ^ u64::from(visit.asn))),
        trace: None,
        share: Share::Full,
        network,
    }
}

/// The same of a visit that begins, with what its widget reports of the
/// visitor's interaction.
pub fn counter_keys_at_start(
    counters: &mut Counters,
    authority: &Authority,
    sitekey: &Sitekey,
    visit: &Visit,
    signals: &Signals,
    now: UnixMillis,
) -> CounterKeys {
    let keys = counter_keys(counters, authority, sitekey, visit, now);
    keys.began_with(interaction(of_day(counters, authority, now), keys.site, signals))
}

/// The name of an interaction, by how a visitor came to begin: the times to
/// the millisecond and how much was pointed, typed and focused. `None` where
/// so little happened that strangers may do the same.
fn interaction(mut hasher: SipHasher13, site: u64, signals: &Signals) -> Option<u64> {
    let Signals { since_load_ms, since_focus_ms, pointer, keys, focus_changes, .. } = *signals;
    let (load, focus) = (since_load_ms?, since_focus_ms?);
    let moved = pointer.unwrap_or_default() | keys.unwrap_or_default();
    if load < LEAST_MILLIS || focus < LEAST_MILLIS || moved == 0 {
        return None;
    }
    hasher.write_u8(5);
    hasher.write_u64(site);
    hasher.write_u32(load);
    hasher.write_u32(focus);
    for number in [pointer, keys, focus_changes] {
        hasher.write_u8(number.unwrap_or_default());
    }
    Some(hasher.finish())
}

/// A site's name: sitekeys are random.
fn site(sitekey: &Sitekey) -> u64 {
    let (first, _) = sitekey.as_bytes().split_at(8);
    first.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn of_day(counters: &mut Counters, authority: &Authority, at: UnixMillis) -> SipHasher13 {
    counters.names_of_day(authority.first().kid, at, || authority.names_key(at))
}

fn names(keyed: SipHasher13, site: u64, visit: &Visit, network: [u8; 8]) -> Names {
    let name_on = |site: u64, kind: u8, bytes: &[u8]| {
        let mut hasher = keyed;
        hasher.write_u8(kind);
        hasher.write_u64(site);
        hasher.write(bytes);
        hasher.finish()
    };
    let name = |kind, bytes: &[u8]| name_on(site, kind, bytes);
    let software_on = |site| name_on(site, 3, &visit.software.number().to_le_bytes());
    let handshake_on =
        |site| visit.handshake.map(|stack| name_on(site, 4, &stack.number().to_le_bytes()));
    let address = name(1, visit.address.bytes());
    let software = software_on(site);
    Names {
        address,
        client: mix(address ^ software.rotate_left(32)),
        network: u64::from_le_bytes(network),
        subnet: visit.address.subnet().map(|subnet| name(6, &subnet)),
        block: name(2, &visit.address.block()),
        software,
        handshake: handshake_on(site),
        rare: name(7, &[]),
        anywhere: Anywhere {
            software: software_on(PLATFORM),
            handshake: handshake_on(PLATFORM),
            rare: name_on(PLATFORM, 7, &[]),
        },
    }
}

#[cfg(test)]
pub(crate) mod tests;
