//! Posts one message, through the guarded client.

use std::time::Duration;

use munjigi_domain::reach::Reach;
use munjigi_domain::webhooks::{DeliveryFailure, Endpoint, WebhookSecret};
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Stopwatch;
use reqwest::{Client, Response, header};

use crate::http_client::{CallError, Lookup, guarded, system_lookup};

/// As the specification advises, and well below the lease of a delivery.
pub const POST_TIMEOUT: Duration = Duration::from_secs(15);
/// Longer answers are cut.
const MOST_ANSWER_BYTES: usize = 2_048;

#[derive(Debug, Clone)]
pub struct Hooks {
    client: Client,
    reach: Reach,
}

/// One attempt.
#[derive(Debug)]
pub struct Outgoing<'a> {
    pub url: &'a str,
    /// Signs the message.
    pub secret: &'a WebhookSecret,
    /// The message's id, the same for every attempt.
    pub id: &'a str,
    /// The exact bytes.
    pub body: &'a str,
    pub at: UnixMillis,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The receiver's `Retry-After` in seconds, if it sent one.
    pub retry_after_seconds: Option<u64>,
    /// The beginning of its body.
    pub body: String,
    pub millis: u64,
}

impl Answer {
    /// Whether the message was accepted: a status of 200 to 299, as the
    /// specification says. A redirect is a failure and is not followed.
    pub const fn is_taken(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// `None` if the message was accepted.
    pub const fn failure(&self) -> Option<DeliveryFailure> {
        if self.is_taken() { None } else { Some(DeliveryFailure::Status { status: self.status }) }
    }
}

impl From<CallError> for DeliveryFailure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotPublic => Self::NotPublic,
            CallError::Timeout => Self::Timeout { seconds: POST_TIMEOUT.as_secs() },
            CallError::Unreachable(reason) => Self::Unreachable { reason },
        }
    }
}

impl Hooks {
    /// With the system's resolver.
    pub fn new(reach: Reach) -> Result<Self, reqwest::Error> {
        Self::looking_up(reach, system_lookup(), POST_TIMEOUT)
    }

    /// With another resolver.
    pub fn looking_up(
        reach: Reach,
        lookup: Lookup,
        timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self { client: guarded(reach, lookup, timeout)?, reach })
    }

    /// Which addresses it may call.
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// Posts a message once.
    pub async fn post(&self, outgoing: &Outgoing<'_>) -> Result<Answer, DeliveryFailure> {
        let Outgoing { url, secret, id, body, at } = outgoing;
        // Stored addresses were checked by the rules of their day.
        let endpoint = Endpoint::parse(url, self.reach)
            .map_err(|mistake| DeliveryFailure::Endpoint { mistake })?;
        let stopwatch = Stopwatch::start();
        let request = self
            .client
            .post(endpoint.url().clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", *id)
            .header("webhook-timestamp", at.seconds())
            .header("webhook-signature", secret.sign(id, *at, body))
            .body((*body).to_owned());
        let response = request.send().await.map_err(|error| CallError::of(&error))?;
        let status = response.status().as_u16();
        let wait = response.headers().get(header::RETRY_AFTER);
        let retry_after_seconds = wait.and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
        let body = beginning(response).await;
        let millis = u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Answer { status, retry_after_seconds, body, millis })
    }
}

/// The status is the answer; a truncated body changes nothing.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < MOST_ANSWER_BYTES {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(MOST_ANSWER_BYTES);
    let text = String::from_utf8_lossy(&bytes);
    text.chars().filter(|char| !char.is_control() || matches!(char, '\n' | '\t')).collect()
}
