//! `POST /v1/challenges`: what is asked of a new attempt.

use munjigi_protocol::{ChallengeReply, ChallengeRequest};
use rand_core::CryptoRng;

use crate::authority::Authority;
use crate::call::Call;
use crate::counters::Counters;
use crate::keys::Sitekey;
use crate::refusal::Refusal;
use crate::tally::Tally;

/// A first challenge.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// The answer.
    pub reply: ChallengeReply,
    /// What to count.
    pub tally: Tally,
}

/// Reads the sitekey of a request, before its site is loaded.
pub fn sitekey(authority: &Authority, text: &str) -> Result<Sitekey, Refusal> {
    authority.check().sitekey(text).map_err(|_| Refusal::unknown_sitekey())
}

/// Begins an attempt. `shards` is the number of redemption objects in use.
pub fn issue(
    call: &Call<'_>,
    _request: &ChallengeRequest,
    _shards: u16,
    _counters: &mut Counters,
    _rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Issued, Refusal> {
    let _ = call;
    Err(Refusal::unavailable("being built"))
}
