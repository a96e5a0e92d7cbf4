//! The edge's one source of randomness. Everything else takes a generator or
//! bytes as an argument.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

/// Random numbers of one request.
pub type Generator = ChaCha20Rng;

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

/// A generator that begins with the platform's bytes: one call across the
/// boundary for a request, and no failure halfway through a seal.
pub fn generator(seed: [u8; 32]) -> Generator {
    ChaCha20Rng::from_seed(seed)
}
