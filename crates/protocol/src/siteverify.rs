//! `POST /siteverify` in the native dialect.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{AlgorithmName, SiteverifyCode};

/// What a customer's back end sends, in any encoding (form, multipart or JSON).
/// Every field is optional here, because a missing one has its own code.
/// `Debug` prints the type's name only: it holds a secret and a token.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteverifyRequest {
    /// The site's secret, `mjs_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The token, `mj1.…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The visitor's address as seen by the back end. Accepted, but not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remoteip: Option<String>,
    /// The sitekey that the token should belong to; hCaptcha's clients send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sitekey: Option<String>,
    /// A repeat with the same key gets the first answer again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl fmt::Debug for SiteverifyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteverifyRequest")
    }
}

/// The answer, for every outcome with status 200. On success every field is
/// present; on failure only `success` and `error-codes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteverifyReply {
    /// Whether the token was good and is now spent.
    pub success: bool,
    /// When the challenge was solved, RFC 3339 with milliseconds, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge_ts: Option<String>,
    /// Host name of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The action; empty if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The integrator's own data; empty if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cdata: Option<String>,
    /// 0 = bot, 1 = person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What speaks against the visit, strongest first; at most five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<ScoreReason>>,
    /// How the attempt was passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Why it failed; empty on success.
    #[serde(rename = "error-codes")]
    pub error_codes: Vec<SiteverifyCode>,
}

/// What lowers a score or raises the price, strongest first. Words may be added;
/// ignore those that you do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ScoreReason {
    /// A program says that it drives the browser, or is seen to.
    #[serde(rename = "automation")]
    Automation,
    /// What the client says about itself does not fit together.
    #[serde(rename = "inconsistent-client")]
    InconsistentClient,
    /// The same interaction was seen many times.
    #[serde(rename = "replayed-trace")]
    ReplayedTrace,
    /// The same software, or provider, came from far more networks than usual.
    #[serde(rename = "fleet")]
    Fleet,
    /// Solved faster than the device can, or from another network.
    #[serde(rename = "solved-elsewhere")]
    SolvedElsewhere,
    /// The visitor's address or network requests a lot, fails, or does not
    /// solve.
    #[serde(rename = "network-load")]
    NetworkLoad,
    /// The visit came with a flood of the site.
    #[serde(rename = "site-under-attack")]
    SiteUnderAttack,
    /// Only work was proven, by SHA-256 or in place of a picture.
    #[serde(rename = "work-alone")]
    WorkAlone,
    /// The site's own outcomes speak against visits like this one.
    #[serde(rename = "outcomes")]
    Outcomes,
    /// The browser reported nothing that a person did.
    #[serde(rename = "too-little-data")]
    TooLittleData,
}

impl ScoreReason {
    /// All of them, strongest first.
    pub const ALL: [Self; 10] = [
        Self::Automation,
        Self::InconsistentClient,
        Self::ReplayedTrace,
        Self::Fleet,
        Self::SolvedElsewhere,
        Self::NetworkLoad,
        Self::SiteUnderAttack,
        Self::WorkAlone,
        Self::Outcomes,
        Self::TooLittleData,
    ];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automation => "automation",
            Self::InconsistentClient => "inconsistent-client",
            Self::ReplayedTrace => "replayed-trace",
            Self::Fleet => "fleet",
            Self::SolvedElsewhere => "solved-elsewhere",
            Self::NetworkLoad => "network-load",
            Self::SiteUnderAttack => "site-under-attack",
            Self::WorkAlone => "work-alone",
            Self::Outcomes => "outcomes",
            Self::TooLittleData => "too-little-data",
        }
    }
}

/// How an attempt was passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Names the redemption in `POST /v1/outcomes`.
    pub id: String,
    /// Whether a picture was answered.
    pub interactive: bool,
    /// The hash of the last puzzle.
    pub algorithm: AlgorithmName,
    /// ISO 3166-1 alpha-2, empty where unknown.
    pub country: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_request_shows_neither_secret_nor_token() {
        let request = SiteverifyRequest {
            secret: Some("mjs_secret".to_owned()),
            response: Some("mj1.token".to_owned()),
            ..SiteverifyRequest::default()
        };
        assert_eq!(format!("{request:?}"), "SiteverifyRequest");
    }
}
