//! How a verdict is written for each caller: every vendor's fields, codes and
//! direction of scores, as its clients expect them.
//!
//! **dialect**: a vendor's spelling of siteverify and its options.

use munjigi_protocol::SiteverifyCode;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Outcome;
use super::testing::TestSecret;
use super::verdict::{Passed, Reason};
use crate::credentials::Vendor;
use crate::policy::reasons;

/// The dialect of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Our own dialect.
    Native,
    /// That of a vendor.
    Of(Vendor),
}

impl Dialect {
    /// A vendor's path decides; on the shared path, the shape of the secret
    /// does.
    pub fn of(path: Option<Vendor>, secret: Option<&str>) -> Self {
        let of_secret = |text| match TestSecret::find(text) {
            Some(test) => test.vendor(),
            None => Vendor::of_secret(text),
        };
        path.or_else(|| secret.and_then(of_secret)).map_or(Self::Native, Self::Of)
    }

    /// How long a token is valid here after it was solved, in seconds, at most:
    /// as long as the vendor's own tokens.
    pub const fn token_seconds(self) -> u64 {
        match self {
            Self::Of(Vendor::Recaptcha | Vendor::Hcaptcha) => 120,
            Self::Native | Self::Of(Vendor::Turnstile) => 300,
        }
    }

    /// Whether a call may carry an idempotency key.
    pub const fn has_idempotency(self) -> bool {
        matches!(self, Self::Native | Self::Of(Vendor::Turnstile))
    }
}

impl Reason {
    /// The reason's code in a dialect.
    pub const fn code(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::Of(Vendor::Hcaptcha), Self::OtherSite) => "sitekey-secret-mismatch",
            (Dialect::Of(Vendor::Hcaptcha), Self::TestResponse) => "not-using-dummy-passcode",
            (Dialect::Of(Vendor::Hcaptcha), Self::Expired) => "expired-input-response",
            (Dialect::Of(Vendor::Hcaptcha), Self::Spent) => "already-seen-response",
            // Neither knows a failure of its own; the status is 503.
            (Dialect::Of(Vendor::Recaptcha | Vendor::Hcaptcha), Self::Unavailable) => {
                SiteverifyCode::BadRequest.as_str()
            }
            (_, reason) => reason.native().as_str(),
        }
    }
}

impl Passed {
    /// With milliseconds, as we and Turnstile write it, or without, for clients
    /// of the others, which cannot read a fraction.
    fn challenge_ts(&self, dialect: Dialect) -> String {
        let mut text = self.solved_at.rfc3339();
        if matches!(dialect, Dialect::Of(Vendor::Recaptcha | Vendor::Hcaptcha)) {
            text.truncate("0000-00-00T00:00:00".len());
            text.push('Z');
        }
        text
    }
}

/// An outcome in its dialect's JSON.
#[derive(Debug, Clone, Copy)]
pub struct Body<'outcome>(pub &'outcome Outcome);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Outcome { dialect, verdict, is_scored, .. } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("success", &verdict.is_ok())?;
        match verdict {
            Ok(passed) => {
                map.serialize_entry("challenge_ts", &passed.challenge_ts(*dialect))?;
                map.serialize_entry("hostname", &passed.hostname)?;
                if *is_scored || *dialect != Dialect::Of(Vendor::Recaptcha) {
                    write_rest(&mut map, *dialect, passed)?;
                }
            }
            Err(reasons) => {
                let codes = Codes { dialect: *dialect, reasons };
                map.serialize_entry("error-codes", &codes)?;
            }
        }
        map.end()
    }
}

fn write_rest<M: SerializeMap>(
    map: &mut M,
    dialect: Dialect,
    passed: &Passed,
) -> Result<(), M::Error> {
    match dialect {
        Dialect::Of(Vendor::Recaptcha) => {
            map.serialize_entry("score", &passed.score())?;
            map.serialize_entry("action", &passed.action)
        }
        Dialect::Of(Vendor::Hcaptcha) => {
            map.serialize_entry("credit", &false)?;
            // There, 1 is a bot.
            map.serialize_entry("score", &(f64::from(100 - passed.score.min(100)) / 100.0))?;
            map.serialize_entry("score_reason", &reasons(passed.signs))
        }
        Dialect::Of(Vendor::Turnstile) => {
            map.serialize_entry("error-codes", NOTHING)?;
            map.serialize_entry("action", &passed.action)?;
            map.serialize_entry("cdata", &passed.cdata)?;
            map.serialize_entry("metadata", &Interactive(passed.interactive))
        }
        Dialect::Native => {
            map.serialize_entry("action", &passed.action)?;
            map.serialize_entry("cdata", &passed.cdata)?;
            map.serialize_entry("score", &passed.score())?;
            map.serialize_entry("reasons", &reasons(passed.signs))?;
            map.serialize_entry("metadata", &passed.metadata())?;
            map.serialize_entry("error-codes", NOTHING)
        }
    }
}

const NOTHING: &[&str] = &[];

struct Codes<'reasons> {
    dialect: Dialect,
    reasons: &'reasons [Reason],
}

impl Serialize for Codes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.reasons.iter().map(|reason| reason.code(self.dialect)))
    }
}

struct Interactive(bool);

impl Serialize for Interactive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("interactive", &self.0)?;
        map.end()
    }
}
