//! `POST /v1/outcomes`: what became of a visitor whose token was redeemed.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{AttemptId, Signs, SiteverifyCode, base64};

/// What a customer's back end sends, in any encoding (form, multipart or JSON).
/// Every field is optional here, because a missing one has its own code.
/// `Debug` prints the type's name only: it holds a secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutcomeRequest {
    /// The site's secret, `mjs_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `metadata.id` of siteverify's answer; or the token that it accepted, for
    /// vendors' answers, which have no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// An [`Outcome`].
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Outcome>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// An [`OutcomeReason`].
    #[cfg_attr(feature = "openapi", schema(value_type = Option<OutcomeReason>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A repeat with the same key for the same id changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl fmt::Debug for OutcomeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutcomeRequest")
    }
}

/// The answer, for every outcome with status 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutcomeReply {
    /// Whether the report was taken.
    pub success: bool,
    /// Why it was not; empty on success.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    #[serde(rename = "error-codes")]
    pub error_codes: Vec<SiteverifyCode>,
}

/// What a visitor turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome {
    /// A visitor whom the site wants.
    #[serde(rename = "legitimate")]
    Legitimate,
    /// A visitor, or a program, that the site does not want.
    #[serde(rename = "fraudulent")]
    Fraudulent,
}

impl Outcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Legitimate, Self::Fraudulent];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legitimate => "legitimate",
            Self::Fraudulent => "fraudulent",
        }
    }

    /// Reads the spelling on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// How the site knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OutcomeReason {
    /// A payment was accepted.
    #[serde(rename = "payment-accepted")]
    PaymentAccepted,
    /// A payment was declined.
    #[serde(rename = "payment-declined")]
    PaymentDeclined,
    /// A payment was taken back.
    #[serde(rename = "chargeback")]
    Chargeback,
    /// The second factor was right.
    #[serde(rename = "second-factor-passed")]
    SecondFactorPassed,
    /// The second factor was wrong, or never came.
    #[serde(rename = "second-factor-failed")]
    SecondFactorFailed,
    /// The password was right.
    #[serde(rename = "password-right")]
    PasswordRight,
    /// The password was wrong.
    #[serde(rename = "password-wrong")]
    PasswordWrong,
    /// An account was made for abuse.
    #[serde(rename = "fake-account")]
    FakeAccount,
    /// An account was taken over.
    #[serde(rename = "account-takeover")]
    AccountTakeover,
    /// What was sent is spam.
    #[serde(rename = "spam")]
    Spam,
    /// Pages were collected.
    #[serde(rename = "scraping")]
    Scraping,
    /// A person reviewed it.
    #[serde(rename = "reviewed")]
    Reviewed,
    /// Something else.
    #[serde(rename = "other")]
    Other,
}

impl OutcomeReason {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::PaymentAccepted,
        Self::PaymentDeclined,
        Self::Chargeback,
        Self::SecondFactorPassed,
        Self::SecondFactorFailed,
        Self::PasswordRight,
        Self::PasswordWrong,
        Self::FakeAccount,
        Self::AccountTakeover,
        Self::Spam,
        Self::Scraping,
        Self::Reviewed,
        Self::Other,
    ];

    /// The spelling on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentAccepted => "payment-accepted",
            Self::PaymentDeclined => "payment-declined",
            Self::Chargeback => "chargeback",
            Self::SecondFactorPassed => "second-factor-passed",
            Self::SecondFactorFailed => "second-factor-failed",
            Self::PasswordRight => "password-right",
            Self::PasswordWrong => "password-wrong",
            Self::FakeAccount => "fake-account",
            Self::AccountTakeover => "account-takeover",
            Self::Spam => "spam",
            Self::Scraping => "scraping",
            Self::Reviewed => "reviewed",
            Self::Other => "other",
        }
    }

    /// Reads the spelling on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// An idempotency key, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OutcomeKey(pub [u8; 16]);

impl Serialize for OutcomeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for OutcomeKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AttemptId::deserialize(deserializer).map(|id| Self(id.0))
    }
}

/// An outcome on its way to the origin, with what the id says of the
/// redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeReport {
    /// The attempt whose token was redeemed.
    pub id: AttemptId,
    /// The canonical sitekey.
    pub sitekey: String,
    /// When the challenge was solved, in milliseconds since 1970.
    pub solved_at: u64,
    /// What was noticed about the visit.
    pub signs: Signs,
    /// The score of the token, in hundredths.
    pub score: u8,
    /// What the visitor turned out to be.
    pub outcome: Outcome,
    /// How the site knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<OutcomeReason>,
    /// The caller's idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<OutcomeKey>,
    /// When the edge received the report, in milliseconds since 1970.
    pub reported_at: u64,
}
