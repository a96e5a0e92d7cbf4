//! Risk: how likely it is that a program is at work, from signs that each have
//! a weight and a reason. They combine as a noisy OR (Pearl 1988): each leaves
//! its own part of the doubt, so that a further sign never lowers risk, and many
//! weak ones do not add up to more than certainty. A client can invent what it
//! says about itself, so nothing that a browser reports lowers risk by more than
//! a little; and it can leave out anything, so what every widget sends is missed.

use munjigi_protocol::Signs;

use super::coherence::CONVICTED;
use crate::weights::{CONVICTING, Weight, weight};

const _: () = assert!(CONVICTED as u32 == CONVICTING, "both say what convicts");

/// The most that environment, behaviour and reputation come to: less than what
/// a picture is asked for.
pub const MOST_BY_CIRCUMSTANCE: u32 = 59;

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
    use munjigi_protocol::Sign;
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
