//! `POST /siteverify`: whether a token is good, once. Order of checks:
//! shape, secret, seal, site, age, single use.

use munjigi_protocol::{SiteverifyCode, SiteverifyReply, SiteverifyRequest};
use rand_core::CryptoRng;

use crate::authority::Authority;
use crate::keys::{Secret, SecretHash, Sitekey};
use crate::ports::{RedemptionStore, SiteSource};
use crate::refusal::RETRY_AFTER_SECONDS;
use crate::time::UnixMillis;

/// The answer and how it travels.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The body.
    pub reply: SiteverifyReply,
    /// 200, or 503 where the edge could not decide.
    pub status: u16,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u32>,
    /// The site, where the secret is known: for the log.
    pub sitekey: Option<Sitekey>,
}

impl Outcome {
    /// A refusal in the native dialect; `internal-error` travels as 503.
    pub fn refused(code: SiteverifyCode) -> Self {
        let unavailable = code == SiteverifyCode::InternalError;
        Self {
            reply: SiteverifyReply {
                success: false,
                challenge_ts: None,
                hostname: None,
                action: None,
                cdata: None,
                score: None,
                metadata: None,
                error_codes: vec![code],
            },
            status: if unavailable { 503 } else { 200 },
            retry_after: unavailable.then_some(RETRY_AFTER_SECONDS),
            sitekey: None,
        }
    }
}

/// A request whose shape and secret are right so far as that is known
/// without a look-up. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Presented {
    secret: Secret,
    response: String,
    idempotency_key: Option<String>,
}

impl Presented {
    /// The secret's hash: what a rate limiter may count by.
    pub fn secret_hash(&self) -> SecretHash {
        self.secret.hash()
    }
}

/// Checks shape and secret: everything that costs no look-up.
pub fn present(_authority: &Authority, _request: &SiteverifyRequest) -> Result<Presented, Outcome> {
    Err(Outcome::refused(SiteverifyCode::InternalError))
}

/// Checks the rest and spends the token.
pub async fn verify<S: SiteSource, R: RedemptionStore>(
    _authority: &Authority,
    _sites: &S,
    _store: &R,
    presented: &Presented,
    _now: UnixMillis,
    _rng: &mut (impl CryptoRng + ?Sized),
) -> Outcome {
    let _ = (&presented.response, &presented.idempotency_key);
    Outcome::refused(SiteverifyCode::InternalError)
}

/// [`present`], then [`verify`].
pub async fn siteverify<S: SiteSource, R: RedemptionStore>(
    authority: &Authority,
    sites: &S,
    store: &R,
    request: &SiteverifyRequest,
    now: UnixMillis,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Outcome {
    match present(authority, request) {
        Ok(presented) => verify(authority, sites, store, &presented, now, rng).await,
        Err(outcome) => outcome,
    }
}
