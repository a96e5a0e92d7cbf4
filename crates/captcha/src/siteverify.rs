//! `POST /siteverify`: whether a token is good, once. Order of checks:
//! shape, secret, seal, site, age, single use. How a request and an answer
//! are written in a vendor's dialect is not decided here.

use munjigi_protocol::{
    Algorithm, AlgorithmName, Metadata, SiteverifyCode, SiteverifyReply, SiteverifyRequest,
};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::authority::Authority;
use crate::derive::leading;
use crate::keys::{Secret, SecretHash, Sitekey};
use crate::ports::{RedemptionStore, RowAddress, SiteSource, StoreError};
use crate::redemption::{CallHash, NotAllowed, Redeem, Redeemed, TokenFacts, TokenHash};
use crate::refusal::RETRY_AFTER_SECONDS;
use crate::time::UnixMillis;
use crate::token::TokenClaims;

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
        Self::refused_for(vec![code])
    }

    fn refused_for(codes: Vec<SiteverifyCode>) -> Self {
        let unavailable = codes.contains(&SiteverifyCode::InternalError);
        Self {
            reply: SiteverifyReply {
                success: false,
                challenge_ts: None,
                hostname: None,
                action: None,
                cdata: None,
                score: None,
                metadata: None,
                error_codes: codes,
            },
            status: if unavailable { 503 } else { 200 },
            retry_after: unavailable.then_some(RETRY_AFTER_SECONDS),
            sitekey: None,
        }
    }

    fn passed(claims: &TokenClaims) -> Self {
        Self {
            reply: SiteverifyReply {
                success: true,
                challenge_ts: Some(claims.solved_at.rfc3339()),
                hostname: Some(claims.hostname.as_str().to_owned()),
                action: Some(claims.action.as_str().to_owned()),
                cdata: Some(claims.cdata.as_str().to_owned()),
                score: Some(f64::from(claims.score) / 100.0),
                metadata: Some(Metadata {
                    interactive: claims.interactive,
                    algorithm: match claims.algorithm {
                        Algorithm::HashWx => AlgorithmName::HashWx,
                        Algorithm::Sha256 => AlgorithmName::Sha256,
                    },
                    country: claims.country.as_str().to_owned(),
                    asn: claims.asn,
                }),
                error_codes: Vec::new(),
            },
            status: 200,
            retry_after: None,
            sitekey: None,
        }
    }
}

/// Longest idempotency key. A UUID has 36 characters.
const MAX_IDEMPOTENCY_KEY_BYTES: usize = 128;

/// A request whose shape and secret are right, so far as that is known
/// without a look-up. `Debug` shows neither secret nor token.
#[derive(Clone)]
pub struct Presented {
    secret: Secret,
    response: String,
    call: Option<CallHash>,
}

impl Presented {
    /// The secret's hash: what a rate limiter may count by.
    pub fn secret_hash(&self) -> SecretHash {
        self.secret.hash()
    }
}

impl core::fmt::Debug for Presented {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Presented")
    }
}

/// Checks shape and secret: everything that costs no look-up. What is empty
/// is missing. An idempotency key is 1–128 printable characters of ASCII,
/// else `bad-request`: cutting it would make two keys one.
#[expect(clippy::result_large_err, reason = "an answer that is sent at once, not an error path")]
pub fn present(authority: &Authority, request: &SiteverifyRequest) -> Result<Presented, Outcome> {
    let given = |text: &Option<String>| text.as_deref().unwrap_or_default().to_owned();
    let secret = zeroize::Zeroizing::new(given(&request.secret));
    let response = given(&request.response);
    let mut missing = Vec::new();
    if secret.is_empty() {
        missing.push(SiteverifyCode::MissingInputSecret);
    }
    if response.is_empty() {
        missing.push(SiteverifyCode::MissingInputResponse);
    }
    if !missing.is_empty() {
        return Err(Outcome::refused_for(missing));
    }
    let call = match request.idempotency_key.as_deref() {
        None | Some("") => None,
        Some(key) if is_idempotency_key(key) => Some(CallHash(hash(key.as_bytes()))),
        Some(_) => return Err(Outcome::refused(SiteverifyCode::BadRequest)),
    };
    match authority.check().secret(&secret) {
        Ok(secret) => Ok(Presented { secret, response, call }),
        Err(_) => Err(Outcome::refused(SiteverifyCode::InvalidInputSecret)),
    }
}

fn is_idempotency_key(key: &str) -> bool {
    key.len() <= MAX_IDEMPOTENCY_KEY_BYTES && key.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Checks the rest and spends the token. Without its stores it fails closed:
/// `internal-error`, status 503.
pub async fn verify<S: SiteSource, R: RedemptionStore>(
    authority: &Authority,
    sites: &S,
    store: &R,
    presented: &Presented,
    now: UnixMillis,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Outcome {
    let secret = presented.secret.hash();
    let site = match sites.by_secret(&secret).await {
        Ok(Some(site)) if site.has_secret(&secret) => site,
        Ok(_) => return Outcome::refused(SiteverifyCode::InvalidInputSecret),
        Err(StoreError) => return Outcome::refused(SiteverifyCode::InternalError),
    };
    let judged = match open(authority, &site.sitekey, &presented.response, now) {
        Ok(claims) => spend(store, presented, secret, &claims, rng).await.map(|()| claims),
        Err(code) => Err(code),
    };
    let outcome = match judged {
        Ok(claims) => Outcome::passed(&claims),
        Err(code) => Outcome::refused(code),
    };
    Outcome { sitekey: Some(site.sitekey), ..outcome }
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

/// Seal, site, age.
fn open(
    authority: &Authority,
    sitekey: &Sitekey,
    response: &str,
    now: UnixMillis,
) -> Result<TokenClaims, SiteverifyCode> {
    let claims =
        TokenClaims::open(authority, response).map_err(|_| SiteverifyCode::InvalidInputResponse)?;
    if claims.sitekey != *sitekey {
        return Err(SiteverifyCode::InvalidInputResponse);
    }
    if now.seconds() >= claims.expires_at.seconds() {
        return Err(SiteverifyCode::TimeoutOrDuplicate);
    }
    Ok(claims)
}

/// Single use. A failed call is tried once more as the same call, so that a
/// commit whose reply was lost is not a duplicate.
async fn spend<R: RedemptionStore>(
    store: &R,
    presented: &Presented,
    secret: SecretHash,
    claims: &TokenClaims,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), SiteverifyCode> {
    let call = presented.call.unwrap_or_else(|| {
        let mut own = [0; 16];
        rng.fill_bytes(&mut own);
        CallHash(own)
    });
    let row = RowAddress { id: claims.id, shards: claims.shards, keep_until: claims.keep_until };
    let redeem = Redeem {
        call,
        token: TokenHash(hash(presented.response.as_bytes())),
        secret,
        facts: facts(claims),
    };
    let redeemed = match store.redeem(&row, &redeem).await {
        Ok(redeemed) => Ok(redeemed),
        Err(StoreError) => store.redeem(&row, &redeem).await,
    };
    match redeemed {
        Ok(Redeemed::First | Redeemed::Repeat) => Ok(()),
        Ok(Redeemed::Spent | Redeemed::NotAllowed(NotAllowed::Late)) => {
            Err(SiteverifyCode::TimeoutOrDuplicate)
        }
        Ok(Redeemed::NotAllowed(NotAllowed::Stepped | NotAllowed::DeniedAttempt)) => {
            Err(SiteverifyCode::InvalidInputResponse)
        }
        Ok(Redeemed::NotAllowed(NotAllowed::DeniedSecret)) => {
            Err(SiteverifyCode::InvalidInputSecret)
        }
        Err(StoreError) => Err(SiteverifyCode::InternalError),
    }
}

fn facts(claims: &TokenClaims) -> TokenFacts {
    TokenFacts {
        sitekey: claims.sitekey,
        hostname: claims.hostname.as_str().to_owned(),
        action: claims.action.as_str().to_owned(),
        solved_at: claims.solved_at.0,
        score: claims.score,
        interactive: claims.interactive,
        stepped: claims.stepped,
        algorithm: claims.algorithm,
        country: claims.country.as_str().to_owned(),
        asn: claims.asn,
    }
}

fn hash(bytes: &[u8]) -> [u8; 16] {
    leading(&Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests;
