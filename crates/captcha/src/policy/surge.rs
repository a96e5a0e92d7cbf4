//! What a flood costs those who come with it. An attacker with thousands of
//! networks and software like people's has nothing in common with itself but
//! the hour: the site issues many more challenges than usual. Then whoever has
//! not passed there today pays more; who came before the flood does not.

use munjigi_protocol::UnderAttack;

use super::pressure::{FLOOD, LIGHT, ONE};
use crate::counters::{Pressure, Usual};
use crate::site::Site;

/// A site is flooded above this many times what is expected at this hour, …
const EXPECTED_FACTOR: u64 = 2;

/// …or, where no week is known, what it has issued on average lately; nights
/// and noons are in that, …
const USUAL_FACTOR: u64 = 4;

/// …or, where nothing is known, above [`FLOOD`].
const UNKNOWN: u64 = FLOOD;

/// It is not flooded below this: about one challenge in two seconds.
const LEAST: u64 = 256;

/// The most that a first visit pays. It stays below what a light user pays for
/// neighbours: a phone solves it within seconds.
const MAX_FACTOR: u64 = 7 * ONE / 2;

/// The most that an address pays that keeps coming.
const MAX_REPEATED_FACTOR: u64 = 16 * ONE;

/// By how much a site is flooded, at least [`ONE`]. Challenges that cost more
/// for a reason of their own are left out: nobody pays twice for them, and
/// people do not pay for an attacker who does.
pub fn flood(site: &Site, pressure: &Pressure) -> u64 {
    above(site, pressure, pressure.site.issued.saturating_sub(pressure.charged))
}

/// Whether the site is under attack, whoever pays for it: what its owner is
/// told.
pub fn is_attacked(site: &Site, pressure: &Pressure) -> bool {
    above(site, pressure, pressure.site.issued) > ONE
}

/// By how much this many challenges exceed what is normal, at least [`ONE`].
fn above(site: &Site, pressure: &Pressure, issued: u32) -> u64 {
    let normal = match (site.under_attack, pressure.expected, pressure.site_usual) {
        (UnderAttack::Off, ..) => return ONE,
        (UnderAttack::On, ..) => return MAX_FACTOR,
        (UnderAttack::Auto, Some(expected), _) => EXPECTED_FACTOR * u64::from(expected),
        (UnderAttack::Auto, None, Some(Usual { share: Some(_), issued })) => {
            USUAL_FACTOR * u64::from(issued)
        }
        (UnderAttack::Auto, None, _) => UNKNOWN,
    };
    (u64::from(issued) * ONE / normal.max(LEAST)).clamp(ONE, MAX_FACTOR)
}

/// Whether a visit comes with a flood: it is none of a light user who passed
/// before.
pub fn comes_with_it(site: &Site, pressure: &Pressure) -> bool {
    let known = pressure.passed && u64::from(pressure.client.issued) <= LIGHT;
    !known && flood(site, pressure) > ONE
}

/// The factor of work. A first visit pays the flood's factor, and half of it
/// more for each that its address made before.
pub fn factor(site: &Site, pressure: &Pressure) -> u64 {
    if !comes_with_it(site, pressure) {
        return ONE;
    }
    let flood = flood(site, pressure);
    let again = u64::from(pressure.address.issued).saturating_mul(flood / 2);
    flood.saturating_add(again).min(MAX_REPEATED_FACTOR)
}

#[cfg(test)]
mod tests;
