//! Risk: how likely it is that a program is at work, from signs that each have
//! a weight and a reason. They combine as a noisy OR (Pearl 1988): each leaves
//! its own part of the doubt, so that a further sign never lowers risk, and many
//! weak ones do not add up to more than certainty. A client can invent what it
//! says about itself, so nothing that a browser reports lowers risk by more than
//! a little, and what is not reported is neither good nor bad.

use munjigi_protocol::{Sign, Signs};

use super::coherence::CONVICTED;

/// What a sign is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Hundredths, by the client itself: it says that a program drives it, or
    /// contradicts itself.
    Client(u32),
    /// Hundredths, by environment, behaviour or reputation, which together never
    /// come to more than [`MOST_BY_CIRCUMSTANCE`].
    Circumstance(u32),
    /// The conviction gate: at least [`CONVICTED`].
    Convicts,
    /// Nothing, until a site's own outcomes say otherwise.
    Nothing,
}

/// The most that environment, behaviour and reputation come to: less than what
/// a picture is asked for.
const MOST_BY_CIRCUMSTANCE: u32 = 59;

/// What a sign is worth before anything is known about a site's visitors.
pub const fn weight(sign: Sign) -> Weight {
    match sign {
        // Developer tools alone trip the trap, and browsers inside apps have no
        // window; a driver that joined a browser does both.
        Sign::SeenDriven | Sign::SeenInconsistent | Sign::Attached => Weight::Convicts,
        // Not enough for a picture on its own: owners test their forms this way.
        Sign::Webdriver | Sign::Program => Weight::Client(50),
        // An incomplete disguise, or a developer's device mode: enough for doubt.
        Sign::Contradictory | Sign::Differing => Weight::Client(30),
        // Every HashWX solver has all the answers.
        Sign::Unasked => Weight::Client(20),
        // Every browser sends one.
        Sign::NoAgent => Weight::Client(10),
        // No browser that runs WebAssembly offers it. And a solution that four
        // workers on the fastest core cannot reach was found elsewhere.
        Sign::TlsOld | Sign::TooFast => Weight::Circumstance(25),
        // Beside `Busy`, 25 together.
        Sign::VeryBusy => Weight::Circumstance(17),
        // An unconfigured headless browser; privacy browsers list one. And no
        // browser's solutions are wrong.
        Sign::NoLanguage | Sign::Failing | Sign::Hoarding | Sign::NoWindow => {
            Weight::Circumstance(15)
        }
        // Browsers speak HTTP/2 or 3 to the edge, and few tools do; but proxies
        // that inspect traffic at schools and offices speak HTTP/1 for them. Of a
        // visit about which nothing is known, nobody was seen.
        Sign::HttpOne | Sign::Absent | Sign::Busy | Sign::TouchDiffers => Weight::Circumstance(10),
        // Pages may start at once and in the background; phones change networks,
        // and solver farms do too.
        Sign::TlsOneTwo
        | Sign::AtOnce
        | Sign::Hidden
        | Sign::Moved
        | Sign::Injected
        | Sign::BusySystem
        | Sign::Fleet => Weight::Circumstance(5),
        Sign::NoPointer
        | Sign::MuchPointer
        | Sign::NoKeys
        | Sign::ManyKeys
        | Sign::Touch
        | Sign::Quick
        | Sign::Patient
        | Sign::Slow
        | Sign::Further
        | Sign::Fallback
        | Sign::WorkAlone
        | Sign::Loaded
        | Sign::BusyNeighbours
        | Sign::LargeFleet
        | Sign::Replayed
        | Sign::OftenReplayed
        | Sign::Flood
        | Sign::PassedBefore
        | Sign::Traced
        | Sign::Hosting => Weight::Nothing,
    }
}

/// Risk by a visit's signs, 0–100.
pub fn risk(signs: Signs) -> u8 {
    let of = |weigh: fn(Weight) -> Option<u32>| {
        either(signs.iter().filter_map(|sign| weigh(weight(sign))))
    };
    let circumstance = of(|weight| match weight {
        Weight::Circumstance(hundredths) => Some(hundredths * HUNDREDTH),
        Weight::Client(_) | Weight::Convicts | Weight::Nothing => None,
    });
    let client = of(|weight| match weight {
        Weight::Client(hundredths) => Some(hundredths * HUNDREDTH),
        Weight::Circumstance(_) | Weight::Convicts | Weight::Nothing => None,
    });
    let risk = either([circumstance.min(MOST_BY_CIRCUMSTANCE * HUNDREDTH), client]);
    let risk = u8::try_from((risk + HUNDREDTH / 2) / HUNDREDTH).unwrap_or(100);
    if is_convicted(signs) { risk.max(CONVICTED) } else { risk }
}

/// Whether a sign convicts the visit.
pub fn is_convicted(signs: Signs) -> bool {
    signs.iter().any(|sign| weight(sign) == Weight::Convicts)
}

/// Weights are combined in parts of this, so that rounding adds up to nothing.
const WHOLE: u32 = 100 * HUNDREDTH;

const HUNDREDTH: u32 = 100;

/// The noisy OR of weights: one less the product of what each leaves.
fn either(weights: impl IntoIterator<Item = u32>) -> u32 {
    WHOLE - weights.into_iter().fold(WHOLE, |left, weight| left * (WHOLE - weight) / WHOLE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weights() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(0..=WHOLE, 0..12)
    }

    const fn scaled(weight: u32) -> u32 {
        weight * HUNDREDTH
    }

    #[test]
    fn what_each_leaves_is_multiplied() {
        assert_eq!(either([]), 0);
        assert_eq!(either([scaled(30)]), scaled(30));
        assert_eq!(either([scaled(50), scaled(50)]), scaled(75));
        assert_eq!(either([scaled(10), scaled(50), scaled(10)]), 5_950);
        assert_eq!(either([WHOLE, scaled(1)]), WHOLE);
    }

    #[test]
    fn circumstance_alone_never_asks_for_a_picture() {
        let circumstance =
            |sign: &Sign| matches!(weight(*sign), Weight::Circumstance(_) | Weight::Nothing);
        let all: Signs = Sign::ALL.into_iter().filter(circumstance).collect();
        assert_eq!(risk(all), 59);
        assert_eq!(risk(Signs::NONE), 0);
        assert_eq!(risk(Signs::NONE.with(Sign::SeenDriven)), CONVICTED);
    }

    proptest! {
        #[test]
        fn a_further_sign_never_lowers_risk(bits in 0..=Signs::KNOWN, more in 0..Sign::ALL.len()) {
            let signs = Signs::of_bits(bits);
            prop_assert!(risk(signs.with(Sign::ALL[more])) >= risk(signs));
        }

        #[test]
        fn a_further_weight_never_lowers_the_sum(weights in weights(), more in 0..=WHOLE) {
            let before = either(weights.clone());
            let with = either([weights, vec![more]].concat());
            prop_assert!(with >= before && with <= WHOLE && with + 12 >= more);
        }

        #[test]
        fn the_order_of_weights_hardly_matters(weights in weights()) {
            let reversed: Vec<u32> = weights.iter().rev().copied().collect();
            // Each step rounds down by less than one.
            prop_assert!(either(weights).abs_diff(either(reversed)) <= 12);
        }
    }
}
