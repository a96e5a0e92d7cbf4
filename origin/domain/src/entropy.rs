//! The origin's one source of randomness: a generator seeded once from the
//! operating system, or from a number in tests.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64URL_NOPAD;
use rand::rngs::StdRng;
use rand::{CryptoRng, SeedableRng};

/// A random number generator. Clones draw from the same generator.
#[derive(Clone)]
pub struct Entropy(Arc<Mutex<StdRng>>);

impl Entropy {
    /// Seeded by the operating system.
    pub fn system() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        #[expect(clippy::disallowed_methods, reason = "the one place where randomness is opened")]
        getrandom::fill(&mut seed)?;
        Ok(Self(Arc::new(Mutex::new(StdRng::from_seed(seed)))))
    }

    /// The same numbers for the same seed, for tests.
    pub fn from_seed(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// Draws with the generator.
    pub fn with<T>(&self, draw: impl FnOnce(&mut dyn CryptoRng) -> T) -> T {
        // A generator is never left half-way, so a panic elsewhere does no
        // harm.
        let mut generator = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        draw(&mut *generator)
    }

    /// This many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        self.with(|generator| {
            let mut bytes = [0; N];
            generator.fill_bytes(&mut bytes);
            bytes
        })
    }

    /// A new request id: 22 characters of base64url.
    pub fn request_id(&self) -> String {
        BASE64URL_NOPAD.encode(&self.bytes::<16>())
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}
