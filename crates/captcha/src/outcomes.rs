//! What a site's back end reports about a visitor whose token it redeemed.
//! Order of checks: shape, secret, receipt, site, age. What a report is worth is
//! the origin's to decide.
//!
//! **outcome**: what a site's back end reports later about a visitor who
//! passed.

use std::sync::Arc;

use munjigi_keys::{UnixMillis, leading};
use munjigi_protocol::{
    Outcome, OutcomeKey, OutcomeReason, OutcomeReport, OutcomeRequest, SiteverifyCode,
};
use sha2::{Digest, Sha256};

use crate::authority::Authority;
use crate::ports::SiteSource;
use crate::receipt::Receipt;
use crate::site::Site;
use crate::siteverify::{GivenSecret, Reason, TestSecret, is_idempotency_key};
use crate::test_sitekeys::TEST_RECEIPT;
use crate::token::TokenClaims;

/// For how many days after it was solved an attempt can be reported on.
pub const DAYS: u64 = 90;

/// A report whose shape and secret are valid as far as can be known without a
/// look-up. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Presented {
    secret: GivenSecret,
    receipt: Receipt,
    outcome: Outcome,
    reason: Option<OutcomeReason>,
    key: Option<OutcomeKey>,
}

impl Presented {
    /// The secret's hash, which a rate limiter may count by.
    pub const fn secret_hash(&self) -> &crate::credentials::SecretHash {
        self.secret.hash()
    }
}

/// What can be said without a look-up.
#[derive(Debug, Clone)]
pub enum Read {
    /// The site has to be looked up.
    Presented(Box<Presented>),
    /// A test secret's report on a test token, which is recorded nowhere.
    Test,
}

/// Checks shape, secret and receipt. Empty fields count as missing.
///
/// # Errors
///
/// Every reason that applies: [`Reason::MissingSecret`] and
/// [`Reason::MissingResponse`] (no id) come together.
pub fn read(
    authority: &Authority,
    request: &OutcomeRequest,
    now: UnixMillis,
) -> Result<Read, Vec<Reason>> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (secret, id) = match (given(&request.secret), given(&request.id)) {
        (Some(secret), Some(id)) => (zeroize::Zeroizing::new(secret), id),
        (None, Some(_)) => return Err(vec![Reason::MissingSecret]),
        (Some(_), None) => return Err(vec![Reason::MissingResponse]),
        (None, None) => return Err(vec![Reason::MissingSecret, Reason::MissingResponse]),
    };
    let bad = || vec![Reason::BadRequest];
    let outcome = given(&request.outcome).as_deref().and_then(Outcome::parse).ok_or_else(bad)?;
    let reason = match given(&request.reason).as_deref() {
        None => None,
        Some(reason) => Some(OutcomeReason::parse(reason).ok_or_else(bad)?),
    };
    let key = match given(&request.idempotency_key).as_deref() {
        None => None,
        Some(key) if is_idempotency_key(key) => {
            Some(OutcomeKey(leading(&Sha256::digest(key).into())))
        }
        Some(_) => return Err(bad()),
    };
    if let Some(test) = TestSecret::find(&secret) {
        return match test {
            TestSecret::Passes(_) if id == TEST_RECEIPT => Ok(Read::Test),
            _ => Err(vec![Reason::InvalidResponse]),
        };
    }
    let secret = GivenSecret::read(authority, &secret).ok_or(vec![Reason::InvalidSecret])?;
    // Vendors' answers have no id, and their back ends keep the token.
    let receipt = Receipt::open(authority, &id)
        .or_else(|_| TokenClaims::open(authority, &id).map(|claims| Receipt::of(&claims)))
        .map_err(|_| vec![Reason::InvalidResponse])?;
    if now.since(receipt.solved_at) > DAYS * 86_400_000 {
        return Err(vec![Reason::InvalidResponse]);
    }
    Ok(Read::Presented(Box::new(Presented { secret, receipt, outcome, reason, key })))
}

/// Looks up the site of the secret.
///
/// # Errors
///
/// [`Reason::InvalidSecret`], or [`Reason::Unavailable`].
pub async fn site<S: SiteSource>(sites: &S, presented: &Presented) -> Result<Arc<Site>, Reason> {
    presented.secret.site(sites).await
}

/// The report for the origin.
///
/// # Errors
///
/// [`Reason::OtherSite`] where the receipt is another site's.
pub fn report(
    site: &Site,
    presented: &Presented,
    now: UnixMillis,
) -> Result<OutcomeReport, Reason> {
    let Presented { receipt, outcome, reason, key, .. } = *presented;
    if receipt.sitekey != site.sitekey {
        return Err(Reason::OtherSite);
    }
    Ok(OutcomeReport {
        id: receipt.id,
        sitekey: receipt.sitekey.to_string(),
        solved_at: receipt.solved_at.0,
        signs: receipt.signs,
        score: receipt.score,
        outcome,
        reason,
        key,
        reported_at: now.0,
    })
}

/// A report without the time when it arrived: the same words again are no news.
pub fn words(report: &OutcomeReport) -> u64 {
    let OutcomeReport { outcome, reason, key, .. } = report;
    let reason = reason.map_or("", OutcomeReason::as_str);
    let key = key.map_or([0; 16], |OutcomeKey(key)| key);
    let words = Sha256::new()
        .chain_update(outcome.as_str())
        .chain_update([0])
        .chain_update(reason)
        .chain_update([0])
        .chain_update(key);
    u64::from_le_bytes(leading(&words.finalize().into()))
}

/// The codes of an answer, in the native dialect, which is the only one.
pub fn codes(reasons: &[Reason]) -> Vec<SiteverifyCode> {
    reasons.iter().map(|reason| reason.native()).collect()
}

#[cfg(test)]
mod tests;
