//! What redemption found out about a token, before a dialect words it.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{Algorithm, AlgorithmName, Metadata, Signs, SiteverifyCode};

/// Why a token was not accepted, in more detail than any dialect tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No secret was sent.
    MissingSecret,
    /// The secret is malformed, unknown, or revoked.
    InvalidSecret,
    /// No token was sent.
    MissingResponse,
    /// The token was not sealed by us, or was changed.
    InvalidResponse,
    /// The token, or the sitekey sent with it, belongs to another site.
    OtherSite,
    /// A token of a test sitekey was sent with a real secret.
    TestResponse,
    /// The token is too old.
    Expired,
    /// The token was spent before.
    Spent,
    /// The request is malformed.
    BadRequest,
    /// The edge could not decide.
    Unavailable,
}

impl Reason {
    /// The code in our native dialect.
    pub const fn native(self) -> SiteverifyCode {
        match self {
            Self::MissingSecret => SiteverifyCode::MissingInputSecret,
            Self::InvalidSecret => SiteverifyCode::InvalidInputSecret,
            Self::MissingResponse => SiteverifyCode::MissingInputResponse,
            Self::InvalidResponse | Self::OtherSite | Self::TestResponse => {
                SiteverifyCode::InvalidInputResponse
            }
            Self::Expired | Self::Spent => SiteverifyCode::TimeoutOrDuplicate,
            Self::BadRequest => SiteverifyCode::BadRequest,
            Self::Unavailable => SiteverifyCode::InternalError,
        }
    }
}

/// What a valid token states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// Names the redemption in reports of its outcome.
    pub id: String,
    /// When the challenge was solved.
    pub solved_at: UnixMillis,
    /// Host name of the page.
    pub hostname: String,
    /// The action; empty if none was given.
    pub action: String,
    /// The integrator's own data; empty if none was given.
    pub cdata: String,
    /// 0 = bot, 100 = person.
    pub score: u8,
    /// What was noticed about the visit.
    pub signs: Signs,
    /// Whether a picture was answered.
    pub interactive: bool,
    /// The hash of the last puzzle.
    pub algorithm: Algorithm,
    /// ISO 3166-1 alpha-2, empty where unknown.
    pub country: String,
    /// Number of the autonomous system, 0 where unknown.
    pub asn: u32,
}

impl Passed {
    /// 0 = bot, 1 = person.
    pub fn score(&self) -> f64 {
        f64::from(self.score) / 100.0
    }

    /// How the attempt was passed.
    pub fn metadata(&self) -> Metadata {
        Metadata {
            id: self.id.clone(),
            interactive: self.interactive,
            algorithm: match self.algorithm {
                Algorithm::HashWx => AlgorithmName::HashWx,
                Algorithm::Sha256 => AlgorithmName::Sha256,
            },
            country: self.country.clone(),
            asn: self.asn,
        }
    }
}
