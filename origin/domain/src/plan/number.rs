//! Numbers: from whole to floating and back, in the two places where that may
//! round.

/// A whole number as a floating one.
#[expect(clippy::cast_precision_loss, reason = "plans tell three digits of numbers below 2^53")]
pub(super) fn float(whole: u64) -> f64 {
    whole as f64
}

/// Rounds half up. What is negative or no number is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and what is negative becomes 0"
)]
pub(super) fn whole(value: f64) -> u64 {
    (value + 0.5).floor() as u64
}

/// Rounds up to the next whole number.
pub(super) fn ceiling(value: f64) -> u64 {
    whole(value.ceil())
}

/// Rounds down to the whole number below.
pub(super) fn floor(value: f64) -> u64 {
    whole(value.floor())
}
