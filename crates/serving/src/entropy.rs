//! Random numbers of a request. The platform provides the seed.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

/// Random numbers of one request.
pub type Generator = ChaCha20Rng;

/// The platform returned no random bytes. This has never happened; but without
/// them nothing may be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEntropy;

/// A generator seeded with the platform's bytes: one draw from the platform per
/// request, and no failure halfway through a seal.
pub fn generator(seed: [u8; 32]) -> Generator {
    ChaCha20Rng::from_seed(seed)
}
