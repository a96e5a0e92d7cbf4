//! The edge's one source of randomness. Everything else takes a generator or
//! bytes as an argument.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

/// The platform gave no random numbers. It never has; but without them
/// nothing may be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEntropy;

/// Random bytes from the platform.
#[expect(clippy::disallowed_methods, reason = "the one place where the edge draws randomness")]
pub fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoEntropy)?;
    Ok(bytes)
}

/// A generator for one request, seeded by the platform: one call across the
/// boundary, and no failure halfway through a seal.
pub fn generator() -> Result<ChaCha20Rng, NoEntropy> {
    bytes().map(ChaCha20Rng::from_seed)
}
