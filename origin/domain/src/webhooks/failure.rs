//! Why a message was not accepted, as data. It is stored with the message, so
//! codes and fields never change; the words are messages in `munjigi-i18n`.

use std::fmt;

use munjigi_i18n::{Locale, Text, Texts};
use serde::{Deserialize, Serialize};

use super::EndpointMistake;

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum DeliveryFailure {
    /// The address may not be called.
    Endpoint {
        mistake: EndpointMistake,
    },
    /// At least one of its addresses is in a private network.
    NotPublic,
    Timeout {
        seconds: u64,
    },
    /// No connection, or it broke.
    Unreachable {
        reason: String,
    },
    /// No key of ours opens the webhook's secret.
    SecretUnreadable,
    /// An answer that is not an acceptance.
    Status {
        status: u16,
    },
    Deleted,
    /// It waited behind a pause until it was too late.
    PausedTooLong,
}

impl DeliveryFailure {
    /// For metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Endpoint { mistake } => mistake.code(),
            Self::NotPublic => "webhook-private",
            Self::Timeout { .. } => "webhook-timeout",
            Self::Unreachable { .. } | Self::SecretUnreadable => "webhook-unreachable",
            Self::Status { .. } => "webhook-status",
            Self::Deleted => "webhook-deleted",
            Self::PausedTooLong => "webhook-paused",
        }
    }

    /// The status of the answer, if there was one.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status } => Some(*status),
            _ => None,
        }
    }

    /// Whether the receiver permanently wants nothing more.
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Status { status: 410 })
    }

    /// In a few words, or in a sentence where the language prefers one.
    pub fn text(&self, t: &Texts) -> Text {
        match self {
            Self::Endpoint { mistake } => mistake.text(*t),
            Self::NotPublic => t.get("webhook-failure-not-public"),
            Self::Timeout { seconds } => t.get("webhook-failure-timeout").count("seconds", seconds),
            Self::Unreachable { reason } => {
                t.get("webhook-failure-unreachable").with("reason", reason)
            }
            Self::SecretUnreadable => t.get("webhook-failure-secret-unreadable"),
            Self::Status { status } => t.get("webhook-failure-status").with("status", status),
            Self::Deleted => t.get("webhook-failure-deleted"),
            Self::PausedTooLong => t.get("webhook-failure-paused-too-long"),
        }
    }
}

/// In English, for logs and operators.
impl fmt::Display for DeliveryFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text(&Texts::of(Locale::EN)).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn every_kind() -> [(DeliveryFailure, serde_json::Value, &'static str); 8] {
        let mistake = EndpointMistake::TooLong;
        let reason = "connection refused".to_owned();
        [
            (
                DeliveryFailure::Endpoint { mistake },
                json!({ "code": "endpoint", "mistake": "too-long" }),
                "The URL must be at most 500 characters long.",
            ),
            (
                DeliveryFailure::NotPublic,
                json!({ "code": "not-public" }),
                "the host name resolves to an address that is not public",
            ),
            (
                DeliveryFailure::Timeout { seconds: 15 },
                json!({ "code": "timeout", "seconds": 15 }),
                "no response within 15 seconds",
            ),
            (
                DeliveryFailure::Unreachable { reason },
                json!({ "code": "unreachable", "reason": "connection refused" }),
                "the receiver is unreachable: connection refused",
            ),
            (
                DeliveryFailure::SecretUnreadable,
                json!({ "code": "secret-unreadable" }),
                "the receiver is unreachable: the webhook's secret cannot be opened here",
            ),
            (
                DeliveryFailure::Status { status: 500 },
                json!({ "code": "status", "status": 500 }),
                "the receiver answered 500",
            ),
            (DeliveryFailure::Deleted, json!({ "code": "deleted" }), "the webhook was deleted"),
            (
                DeliveryFailure::PausedTooLong,
                json!({ "code": "paused-too-long" }),
                "the webhook was paused for too long",
            ),
        ]
    }

    #[test]
    fn a_failure_is_stored_as_it_always_was() {
        for (failure, stored, _) in every_kind() {
            assert_eq!(serde_json::to_value(&failure).unwrap(), stored);
            assert_eq!(serde_json::from_value::<DeliveryFailure>(stored).unwrap(), failure);
        }
    }

    #[test]
    fn a_failure_says_the_same_in_each_language() {
        let korean = Texts::of("ko".parse().unwrap());
        for (failure, _, english) in every_kind() {
            assert_eq!(failure.to_string(), english);
            let text = failure.text(&korean).to_string().replace("connection refused", "");
            assert!(text.chars().any(|char| ('가'..='힣').contains(&char)), "{text}");
            assert!(
                !text.replace("URL", "").contains(|char: char| char.is_ascii_alphabetic()),
                "{text}"
            );
            for number in ["15", "500"].into_iter().filter(|number| english.contains(number)) {
                assert!(text.contains(number), "{text}");
            }
        }
    }
}
