//! Whether a token is valid, once: the question that back ends ask, at our own
//! path and at the vendors'. Order of checks: shape, secret, seal, site, age,
//! single use. `dialect` decides how an answer is written.
//!
//! **siteverify**: the call by which a back end has a token checked.

mod dialect;
mod secret;
mod testing;
mod verdict;

use munjigi_keys::{UnixMillis, leading};
use munjigi_protocol::{SiteverifyReply, SiteverifyRequest};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::authority::Authority;
use crate::credentials::{SecretHash, Sitekey, Vendor};
use crate::policy;
use crate::ports::{RedemptionStore, RowAddress, SiteSource, StoreError};
use crate::receipt::Receipt;
use crate::redemption::{CallHash, NotAllowed, Redeem, Redemption, TokenFacts, TokenHash};
use crate::refusal::RETRY_AFTER_SECONDS;
use crate::site::Site;
use crate::test_sitekeys::is_test_token;
use crate::token::TokenClaims;

pub use dialect::{Body, Dialect};
pub use secret::GivenSecret;
pub use testing::TestSecret;
pub use verdict::{Passed, Reason};

/// The result of a siteverify call and how it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The dialect that the answer is written in.
    pub dialect: Dialect,
    /// What the token states, or why it was not accepted.
    pub verdict: Result<Passed, Vec<Reason>>,
    /// 200, or 503 where the edge could not decide.
    pub status: u16,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<u32>,
    /// Whether reCAPTCHA's dialect says score and action, as for a key of version 3.
    pub is_scored: bool,
    /// The site, once the secret is known; for the log.
    pub sitekey: Option<Sitekey>,
}

impl Outcome {
    /// A refusal; an outcome that the edge could not decide is sent as 503.
    pub fn refused(dialect: Dialect, reason: Reason) -> Self {
        Self::of(dialect, Err(vec![reason]))
    }

    fn of(dialect: Dialect, verdict: Result<Passed, Vec<Reason>>) -> Self {
        let reasons = verdict.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        let unavailable = reasons.contains(&Reason::Unavailable);
        Self {
            dialect,
            verdict,
            status: if unavailable { 503 } else { 200 },
            retry_after: unavailable.then_some(RETRY_AFTER_SECONDS),
            is_scored: true,
            sitekey: None,
        }
    }

    /// The first reason's code in its dialect, for the log.
    pub fn code(&self) -> Option<&'static str> {
        let reason = self.verdict.as_ref().err()?.first()?;
        Some(reason.code(self.dialect))
    }

    /// The answer in our native dialect, independent of its own.
    pub fn reply(&self) -> SiteverifyReply {
        let passed = self.verdict.as_ref().ok();
        let reasons = self.verdict.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        SiteverifyReply {
            success: passed.is_some(),
            challenge_ts: passed.map(|passed| passed.solved_at.rfc3339()),
            hostname: passed.map(|passed| passed.hostname.clone()),
            action: passed.map(|passed| passed.action.clone()),
            cdata: passed.map(|passed| passed.cdata.clone()),
            score: passed.map(Passed::score),
            reasons: passed.map(|passed| policy::reasons(passed.signs)),
            metadata: passed.map(Passed::metadata),
            error_codes: reasons.iter().map(|reason| reason.native()).collect(),
        }
    }
}

/// Longest idempotency key. A UUID has 36 characters.
const MAX_IDEMPOTENCY_KEY_BYTES: usize = 128;

/// A request whose shape and secret are valid as far as can be known without a
/// look-up. It has no `Debug`, which would show secret and token.
pub(crate) struct Presented {
    dialect: Dialect,
    secret: GivenSecret,
    response: String,
    sitekey: Option<String>,
    call: Option<CallHash>,
}

/// Checks shape and secret: everything that costs no look-up. `path` is the
/// vendor whose path was called, if any. Empty fields count as missing. An
/// idempotency key is 1–128 printable characters of ASCII, else
/// [`Reason::BadRequest`]: truncating it would make two keys one. A test secret
/// is answered here.
///
/// # Errors
///
/// The complete answer, to be sent as it is.
pub(crate) fn present(
    authority: &Authority,
    path: Option<Vendor>,
    request: &SiteverifyRequest,
    now: UnixMillis,
) -> Result<Presented, Box<Outcome>> {
    let given = |text: &Option<String>| text.as_deref().unwrap_or_default().to_owned();
    let secret = zeroize::Zeroizing::new(given(&request.secret));
    let response = given(&request.response);
    let dialect = Dialect::of(path, Some(secret.as_str()));
    let mut missing = Vec::new();
    if secret.is_empty() {
        missing.push(Reason::MissingSecret);
    }
    if response.is_empty() {
        missing.push(Reason::MissingResponse);
    }
    if !missing.is_empty() {
        return Err(Box::new(Outcome::of(dialect, Err(missing))));
    }
    let refused = |reason| Err(Box::new(Outcome::refused(dialect, reason)));
    let call = match request.idempotency_key.as_deref() {
        None | Some("") => None,
        _ if !dialect.has_idempotency() => None,
        Some(key) if is_idempotency_key(key) => Some(CallHash(hash(key.as_bytes()))),
        Some(_) => return refused(Reason::BadRequest),
    };
    if let Some(test) = TestSecret::find(&secret) {
        let said = test.judge(&response).map_err(|reason| vec![reason]);
        return Err(Box::new(Outcome::of(dialect, said.map(|said| said.passed(now)))));
    }
    let Some(secret) = GivenSecret::read(authority, &secret) else {
        return refused(Reason::InvalidSecret);
    };
    if !secret.is_foreign() && is_test_token(&response) {
        return refused(Reason::TestResponse);
    }
    let sitekey = request.sitekey.clone().filter(|sitekey| !sitekey.is_empty());
    Ok(Presented { dialect, secret, response, sitekey, call })
}

/// Whether a text may be an idempotency key.
pub(crate) fn is_idempotency_key(key: &str) -> bool {
    key.len() <= MAX_IDEMPOTENCY_KEY_BYTES && key.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// What an edge has to say to a call whose secret exists.
#[expect(async_fn_in_trait, reason = "workerd has one thread, so no future needs to be Send")]
pub trait Admit {
    /// Where tokens are spent.
    type Store: RedemptionStore;

    /// The store, or why the call has to wait.
    async fn admit(&self, site: &Site, secret: &SecretHash) -> Result<Self::Store, Held>;
}

/// Why a call is not decided now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Its secret is used too often: 429, again after so many seconds.
    TooMany(u32),
    /// The store cannot be reached.
    Unavailable,
}

/// Decides a call. `path` is the vendor whose path was called, if any. If a store
/// does not answer, this fails closed: [`Reason::Unavailable`], status 503.
pub async fn siteverify<S: SiteSource, A: Admit>(
    authority: &Authority,
    sites: &S,
    edge: &A,
    (path, request): (Option<Vendor>, &SiteverifyRequest),
    now: UnixMillis,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Outcome {
    let presented = match present(authority, path, request, now) {
        Ok(presented) => presented,
        Err(outcome) => return *outcome,
    };
    let refused = |reason| Outcome::refused(presented.dialect, reason);
    let site = match presented.secret.site(sites).await {
        Ok(site) => site,
        Err(reason) => return refused(reason),
    };
    let store = match edge.admit(&site, presented.secret.hash()).await {
        Ok(store) => store,
        Err(Held::Unavailable) => return refused(Reason::Unavailable),
        Err(Held::TooMany(seconds)) => {
            let retry_after = Some(seconds);
            return Outcome { status: 429, retry_after, ..refused(Reason::BadRequest) };
        }
    };
    let judged = match open(authority, &site, &presented, now) {
        Ok(claims) => spend(&store, &presented, &claims, rng).await.map(|()| claims),
        Err(reason) => Err(reason),
    };
    let verdict = judged.map(|claims| passed(authority, &claims)).map_err(|reason| vec![reason]);
    Outcome { sitekey: Some(site.sitekey), ..Outcome::of(presented.dialect, verdict) }
}

/// Spends a token of a site for the edge itself, which presents no secret.
/// Deleting or denying the site or the attempt still refuses it.
pub(crate) async fn spend_here<R: RedemptionStore>(
    authority: &Authority,
    site: &Site,
    store: &R,
    response: &str,
    now: UnixMillis,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<TokenClaims, Reason> {
    let presented = Presented {
        dialect: Dialect::of(None, None),
        secret: GivenSecret::none(),
        response: response.to_owned(),
        sitekey: None,
        call: None,
    };
    let claims = open(authority, site, &presented, now)?;
    spend(store, &presented, &claims, rng).await?;
    Ok(claims)
}

/// Checks seal, site and age.
fn open(
    authority: &Authority,
    site: &Site,
    presented: &Presented,
    now: UnixMillis,
) -> Result<TokenClaims, Reason> {
    let response = &presented.response;
    let claims = TokenClaims::open(authority, response).map_err(|_| {
        if is_test_token(response) { Reason::TestResponse } else { Reason::InvalidResponse }
    })?;
    let is_named = |sitekey: &String| site.answers_to(sitekey);
    if claims.sitekey != site.sitekey || !presented.sitekey.as_ref().is_none_or(is_named) {
        return Err(Reason::OtherSite);
    }
    let lifetime = presented.dialect.token_seconds();
    let ends = claims.expires_at.seconds().min(claims.solved_at.seconds() + lifetime);
    if now.seconds() >= ends {
        return Err(Reason::Expired);
    }
    Ok(claims)
}

fn passed(authority: &Authority, claims: &TokenClaims) -> Passed {
    Passed {
        id: Receipt::of(claims).seal(authority),
        solved_at: claims.solved_at,
        hostname: claims.hostname.as_str().to_owned(),
        action: claims.action.as_str().to_owned(),
        cdata: claims.cdata.as_str().to_owned(),
        score: claims.score,
        signs: claims.signs,
        interactive: claims.interactive,
        algorithm: claims.algorithm,
        country: claims.country.as_str().to_owned(),
        asn: claims.asn,
    }
}

/// Checks single use. A failed call is tried once more as the same call, so
/// that a commit whose reply was lost is not a duplicate.
async fn spend<R: RedemptionStore>(
    store: &R,
    presented: &Presented,
    claims: &TokenClaims,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), Reason> {
    let call = presented.call.unwrap_or_else(|| {
        let mut own = [0; 16];
        rng.fill_bytes(&mut own);
        CallHash(own)
    });
    let row = RowAddress { id: claims.id, store: claims.store, keep_until: claims.keep_until };
    let redeem = Redeem {
        call,
        token: TokenHash(hash(presented.response.as_bytes())),
        secret: presented.secret.hash().clone(),
        paid: claims.paid,
        facts: facts(claims),
    };
    let redeemed = match store.redeem(&row, &redeem).await {
        Ok(redeemed) => Ok(redeemed),
        Err(StoreError) => store.redeem(&row, &redeem).await,
    };
    match redeemed {
        Ok(Redemption::First | Redemption::Repeat) => Ok(()),
        // An older token of the attempt gets no further explanation.
        Ok(Redemption::Spent | Redemption::NotAllowed(NotAllowed::Unpaid)) => Err(Reason::Spent),
        Ok(Redemption::NotAllowed(NotAllowed::Late)) => Err(Reason::Expired),
        Ok(Redemption::NotAllowed(NotAllowed::Stepped | NotAllowed::DeniedAttempt)) => {
            Err(Reason::InvalidResponse)
        }
        Ok(Redemption::NotAllowed(NotAllowed::DeniedSecret)) => Err(Reason::InvalidSecret),
        Err(StoreError) => Err(Reason::Unavailable),
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
        signs: claims.signs,
    }
}

fn hash(bytes: &[u8]) -> [u8; 16] {
    leading(&Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests;
