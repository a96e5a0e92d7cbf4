//! Signatures that were used: each is accepted once. In memory and bounded; a
//! restart forgets them, and a call that is replayed then costs work and
//! changes nothing.

use munjigi_keys::UnixMillis;
use munjigi_keys::signature::{MAX_SKEW_SECONDS, Nonce};

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Most nonces remembered: 400 requests a second for as long as one is valid.
const MOST: usize = 240_000;
/// A signature may be this old or this far ahead.
const KEPT_MS: u64 = 2 * MAX_SKEW_SECONDS * 1_000;

#[derive(Debug, Default)]
pub struct Nonces(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    nonces: HashSet<Nonce>,
    by_age: VecDeque<(UnixMillis, Nonce)>,
}

/// Why a nonce is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceError {
    /// It was seen before.
    Replayed,
    /// The memory is full; forgetting a nonce would let it be replayed.
    Full,
}

impl Nonces {
    /// Accepts a nonce once.
    pub fn spend(&self, nonce: Nonce, now: UnixMillis) -> Result<(), NonceError> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((at, old)) = seen.by_age.front().copied() {
            if now.since(at) <= KEPT_MS {
                break;
            }
            seen.by_age.pop_front();
            seen.nonces.remove(&old);
        }
        if seen.nonces.contains(&nonce) {
            return Err(NonceError::Replayed);
        }
        if seen.nonces.len() >= MOST {
            return Err(NonceError::Full);
        }
        seen.nonces.insert(nonce);
        seen.by_age.push_back((now, nonce));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_taken_once_until_its_signature_is_too_old() {
        let nonces = Nonces::default();
        let at = UnixMillis::from_seconds;
        assert_eq!(nonces.spend(Nonce([1; 16]), at(0)), Ok(()));
        assert_eq!(nonces.spend(Nonce([1; 16]), at(600)), Err(NonceError::Replayed));
        assert_eq!(nonces.spend(Nonce([2; 16]), at(600)), Ok(()));
        assert_eq!(nonces.spend(Nonce([1; 16]), at(601)), Ok(()));
    }

    #[test]
    fn a_nonce_that_cannot_be_remembered_is_refused() {
        let nonces = Nonces::default();
        for number in 0..MOST {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            nonces.spend(Nonce(bytes), UnixMillis(0)).unwrap();
        }
        assert_eq!(nonces.spend(Nonce([9; 16]), UnixMillis(0)), Err(NonceError::Full));
        assert_eq!(nonces.spend(Nonce([9; 16]), UnixMillis(KEPT_MS + 1)), Ok(()));
    }
}
