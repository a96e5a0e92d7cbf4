//! What a flood costs those who come with it. An attacker with thousands of
//! networks and software like people's has nothing in common with itself but
//! the hour: many more visitors pass on the site than usual. Then visitors
//! who have not passed there today pay more; those who came before do not.
//!
//! **surge**: more challenges on a site than is usual at this hour.

use munjigi_counters::{Cause, Load, Pressure};
use munjigi_protocol::UnderAttack;

use super::pressure::{FLOOD, LIGHT, ONE};
use crate::site::Site;

/// A site is flooded above this many times what is expected at this hour, …
const EXPECTED_FACTOR: u64 = 2;

/// …or, where no week is known, who has passed on average lately; nights
/// and noons are in that, …
const USUAL_FACTOR: u64 = 4;

/// …or, where nothing is known, above [`FLOOD`].
const UNKNOWN: u64 = FLOOD;

/// It is not flooded below this: about one visitor in two seconds.
const LEAST: u64 = 256;

/// The most that a first visit pays. It stays below what a light user pays for
/// neighbours: a phone solves it within seconds.
const MAX_FACTOR: u64 = 7 * ONE / 2;

/// The most that an address pays that keeps coming.
const MAX_REPEATED_FACTOR: u64 = 16 * ONE;

/// By how much the site is flooded for a visitor, at least [`ONE`]. Only what
/// passed counts, because only that was paid for. Those who were charged for a
/// reason of their own are left out: no one pays twice for them, and people do
/// not pay for an attacker who does. Newcomers and regulars are measured apart:
/// an attacker who passed from each address beforehand floods the regulars, and
/// one who did not the newcomers.
pub fn flood(site: &Site, pressure: &Pressure) -> u64 {
    let Load { regular, .. } = pressure.site;
    let newcomers = pressure.site.people().saturating_sub(regular);
    above(site, pressure, if is_regular(pressure) { regular } else { newcomers })
}

/// Whether the meter is to be asked who passed before, and why.
pub fn cause(site: &Site, pressure: &Pressure) -> Option<Cause> {
    let seen = above(site, pressure, pressure.site.people()) > ONE;
    let cause = if site.under_attack == UnderAttack::On { Cause::Said } else { Cause::Seen };
    seen.then_some(cause)
}

/// Whether the site is under attack, no matter who pays for it: this is what
/// its owner is told.
pub fn is_attacked(site: &Site, pressure: &Pressure) -> bool {
    above(site, pressure, pressure.site.solved) > ONE
}

/// By how much this many people exceed what is normal, at least [`ONE`].
fn above(site: &Site, pressure: &Pressure, passed: u32) -> u64 {
    let usual = pressure.site_usual.and_then(|usual| usual.people);
    let normal = match (site.under_attack, pressure.expected, usual) {
        (UnderAttack::Off, ..) => return ONE,
        (UnderAttack::On, ..) => return MAX_FACTOR,
        (UnderAttack::Auto, Some(expected), _) => EXPECTED_FACTOR * u64::from(expected),
        (UnderAttack::Auto, None, Some(usual)) => USUAL_FACTOR * u64::from(usual),
        (UnderAttack::Auto, None, None) => UNKNOWN,
    };
    (u64::from(passed) * ONE / normal.max(LEAST)).clamp(ONE, MAX_FACTOR)
}

/// Whether a visitor is a light user who passed before.
pub fn is_regular(pressure: &Pressure) -> bool {
    let few = u64::from(pressure.client.issued) <= LIGHT
        && u64::from(pressure.subnet.solved) <= LIGHT * LIGHT;
    pressure.passed && few
}

/// Whether a visit comes with a flood.
pub fn comes_with_it(site: &Site, pressure: &Pressure) -> bool {
    let said = site.under_attack == UnderAttack::On;
    flood(site, pressure) > ONE && !(said && is_regular(pressure))
}

/// The factor of work. A first visit pays the flood's factor, and half of it
/// more for each that the client made before, or that anyone passed at its
/// address.
pub fn factor(site: &Site, pressure: &Pressure) -> u64 {
    if !comes_with_it(site, pressure) {
        return ONE;
    }
    let flood = flood(site, pressure);
    if is_regular(pressure) {
        return flood;
    }
    let before = u64::from(pressure.client.issued.max(pressure.address.solved));
    flood.saturating_add(before.saturating_mul(flood / 2)).min(MAX_REPEATED_FACTOR)
}

#[cfg(test)]
mod tests;
