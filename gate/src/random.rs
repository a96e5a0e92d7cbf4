//! The gate's only source of randomness.

use munjigi_serving::entropy::NoEntropy;

/// Fills a buffer with the system's random bytes.
#[expect(clippy::disallowed_methods, reason = "the one place where the gate draws randomness")]
pub fn fill(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    getrandom::fill(bytes).map_err(|_| NoEntropy)
}
