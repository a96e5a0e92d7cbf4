//! `POST /v1/solutions`: whether a solution completes its attempt.

use core::cell::RefCell;

use munjigi_protocol::{SolutionReply, SolutionRequest};
use rand_core::CryptoRng;

use crate::authority::Authority;
use crate::call::Call;
use crate::challenge::ChallengeClaims;
use crate::counters::Counters;
use crate::keys::Sitekey;
use crate::pictures::Pictures;
use crate::ports::{PriceStore, RedemptionStore};
use crate::refusal::Refusal;
use crate::tally::Tally;

/// A challenge that opened; nothing else about it is known yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    claims: ChallengeClaims,
}

impl Opened {
    /// The site, which is to be loaded now.
    pub const fn sitekey(&self) -> Sitekey {
        self.claims.sitekey
    }
}

/// What a solution led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    /// The answer.
    pub reply: SolutionReply,
    /// What to count.
    pub tally: Tally,
}

/// The stores that a solution may need.
#[derive(Debug, Clone, Copy)]
pub struct Stores<'a, R, P, D> {
    /// Rows of attempts.
    pub redemptions: &'a R,
    /// Prices of "another way".
    pub prices: &'a P,
    /// Pictures to deal; [`crate::pictures::NoPictures`] where there are none.
    pub pictures: &'a D,
}

/// Opens the challenge of a request.
pub fn open(_authority: &Authority, _request: &SolutionRequest) -> Result<Opened, Refusal> {
    Err(Refusal::unavailable("being built"))
}

/// Judges a solution. The counters are borrowed between awaits only.
pub async fn judge<R: RedemptionStore, P: PriceStore, D: Pictures>(
    _call: &Call<'_>,
    _opened: &Opened,
    _request: &SolutionRequest,
    _counters: &RefCell<Counters>,
    _stores: &Stores<'_, R, P, D>,
    _rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Solved, Refusal> {
    Err(Refusal::unavailable("being built"))
}
