//! The edge's only source of randomness. Everything else takes a generator or
//! bytes as an argument.

use munjigi_serving::entropy::NoEntropy;

/// Fills a buffer with the platform's random bytes.
#[expect(clippy::disallowed_methods, reason = "the one place where the edge draws randomness")]
pub fn fill(bytes: &mut [u8]) -> Result<(), NoEntropy> {
    getrandom::fill(bytes).map_err(|_| NoEntropy)
}
