//! Random numbers of a request. What they begin with is the platform's.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

/// Random numbers of one request.
pub type Generator = ChaCha20Rng;

/// The platform gave no random numbers. It never has; but without them
/// nothing may be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEntropy;

/// A generator that begins with the platform's bytes: one draw from the
/// platform for a request, and no failure halfway through a seal.
pub fn generator(seed: [u8; 32]) -> Generator {
    ChaCha20Rng::from_seed(seed)
}
