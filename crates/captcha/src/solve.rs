//! `POST /v1/solutions`: whether a solution completes its attempt, or what is
//! required next. Required work only increases: the outcome is the stricter of
//! what the challenge sealed and what the policy says now.
//!
//! **solution**: the nonces that solve a puzzle, posted to the edge.

mod attempt;

use munjigi_counters::{Counters, Event};
use munjigi_protocol::{Code, CountKind, SolutionReply, SolutionRequest};
use rand_core::CryptoRng;

use crate::authority::Authority;
use crate::call::Call;
use crate::challenge::{ChallengeClaims, SealedStep};
use crate::credentials::Sitekey;
use crate::naming::counter_keys;
use crate::pictures::PackSource;
use crate::policy::Network;
use crate::ports::{PriceStore, RedemptionStore};
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::tally::Tally;

use attempt::{Attempt, Then};

/// A challenge that opened; nothing else about it is checked yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    claims: ChallengeClaims,
}

impl Opened {
    /// The sitekey whose site is to be loaded now.
    pub const fn sitekey(&self) -> Sitekey {
        self.claims.sitekey
    }

    /// What the challenge seals.
    pub const fn claims(&self) -> &ChallengeClaims {
        &self.claims
    }
}

/// The result of a solution.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    /// The answer to send.
    pub reply: SolutionReply,
    /// What to count, unless it is `repeated`.
    pub tally: Tally,
    /// Whether this isolate already returned the tally: the same solution was
    /// posted again.
    pub repeated: bool,
}

/// The stores that a solution may need.
#[derive(Debug, Clone, Copy)]
pub struct Stores<'a, R, P, D> {
    /// Rows of attempts, for replays and requirements.
    pub redemptions: &'a R,
    /// Prices of "another way".
    pub prices: &'a P,
    /// Pictures to deal; [`crate::pictures::NoPictures`] where there are none.
    pub pictures: &'a D,
}

/// Opens the challenge of a request.
pub fn open(authority: &Authority, request: &SolutionRequest) -> Result<Opened, Refusal> {
    match ChallengeClaims::open(authority, &request.challenge) {
        Ok(claims) => Ok(Opened { claims }),
        Err(_) => Err(invalid()),
    }
}

/// Decides what a solution leads to.
pub async fn judge<R: RedemptionStore, P: PriceStore, D: PackSource>(
    call: &Call<'_>,
    opened: &Opened,
    request: &SolutionRequest,
    counters: &Shared<Counters>,
    stores: &Stores<'_, R, P, D>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Solved, Refusal> {
    let claims = &opened.claims;
    let judged = match begin(call, claims, request, counters) {
        Ok(attempt) => decide(&attempt, request, stores, rng).await,
        Err(refusal) => Err(refusal),
    };
    judged.map_err(|refusal| match refusal.code {
        // These have a kind of their own and are counted once per attempt.
        Code::SolutionWrong | Code::AnswerWrong | Code::ChallengeExpired => refusal,
        _ => call.count_refusal(refusal, Some(&claims.hostname)),
    })
}

/// Checks that apply to every kind of solution.
fn begin<'a>(
    call: &Call<'a>,
    claims: &'a ChallengeClaims,
    request: &'a SolutionRequest,
    counters: &'a Shared<Counters>,
) -> Result<Attempt<'a>, Refusal> {
    if call.site.sitekey != claims.sitekey {
        return Err(invalid());
    }
    // The owner may have paused the site or dropped the host since.
    call.admit(&claims.hostname)?;
    let visitor = call
        .authority
        .visitor(claims.root, &claims.sitekey, claims.issued_at, call.visit.prefix())
        .ok_or_else(invalid)?;
    let network = if visitor == claims.visitor { Network::Same } else { Network::Other };
    let place = |counters: &mut Counters| {
        counter_keys(counters, call.authority, &claims.sitekey, call.visit, call.now)
    };
    let place = counters.with(place).sharing(call.site.share()).began_with(claims.began.trace);
    let attempt =
        Attempt { call: *call, claims, signals: &request.signals, counters, place, network };
    if call.now.seconds() >= claims.expires_at.seconds() {
        let refusal = Refusal::new(Code::ChallengeExpired, "the challenge has expired");
        return Err(if attempt.first(Event::Abandoned) {
            refusal.counted(attempt.tally(CountKind::Abandoned))
        } else {
            refusal
        });
    }
    Ok(attempt)
}

async fn decide<R: RedemptionStore, P: PriceStore, D: PackSource>(
    attempt: &Attempt<'_>,
    request: &SolutionRequest,
    stores: &Stores<'_, R, P, D>,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Solved, Refusal> {
    let then = match (&attempt.claims.step, &request.nonces, &request.answer, request.want) {
        (SealedStep::Puzzle(puzzle), Some(nonces), None, None) => {
            attempt.solution(puzzle, nonces, stores, rng).await
        }
        (SealedStep::Picture(picture), None, Some(given), None) => {
            attempt.answer(picture, given, stores).await.map(Then::Done)
        }
        (SealedStep::Picture(picture), None, None, Some(_)) => {
            attempt.another_way(picture, stores).await
        }
        (SealedStep::Puzzle(_), None, None, Some(_)) => Err(Refusal::new(
            Code::MalformedRequest,
            "another way can be wanted only instead of a picture",
        )),
        _ => Err(Refusal::new(
            Code::MalformedRequest,
            "send exactly one of nonces, answer and want, as the challenge's step requires",
        )),
    };
    match then? {
        Then::Done(solved) => Ok(solved),
        Then::More(further) => attempt.further(&further, stores.redemptions, rng).await,
    }
}

fn invalid() -> Refusal {
    Refusal::new(
        Code::ChallengeInvalid,
        "the challenge was not issued by this service, or was changed",
    )
}

#[cfg(test)]
mod tests;
