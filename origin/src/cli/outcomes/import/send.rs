//! Sends one line, and waits where the edge asks for it.

use std::time::Duration;

use munjigi_delivery::edge::below;
use munjigi_process::reasons::reasons;
use munjigi_protocol::{OutcomeReason, OutcomeReply, OutcomeRequest, routes};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, StatusCode, Url};
use serde::Serialize;

use super::file::Line;

/// Tries per line; the edge names its waits.
const TRIES: u32 = 3;

/// The longest wait that is believed, in seconds.
const LONGEST_WAIT: u64 = 120;

/// A line that the edge did not take.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    pub line: u64,
    pub code: &'static str,
}

pub struct Sender {
    address: Url,
    http: Client,
    secret: String,
}

impl Sender {
    pub fn new(edge: &Url, http: Client, secret: &str) -> Self {
        let address = below(edge, routes::OUTCOMES.path);
        Self { address, http, secret: secret.to_owned() }
    }

    /// Sends a line; an error means that the edge does not respond as one.
    pub async fn send(&self, line: &Line) -> Result<Option<Refusal>, String> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(line).await? {
                Said::Reply(reply) => return Ok(refusal(line, &reply)),
                Said::Wait(seconds) if tries < TRIES => {
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                Said::Wait(_) => return Err("the edge asks to wait again and again".to_owned()),
            }
        }
    }

    async fn once(&self, line: &Line) -> Result<Said, String> {
        let request = OutcomeRequest {
            secret: Some(self.secret.clone()),
            id: Some(line.id.clone()),
            outcome: Some(line.outcome.as_str().to_owned()),
            reason: line.reason.map(OutcomeReason::as_str).map(str::to_owned),
            idempotency_key: Some(line.key.clone()),
        };
        let sent = self.http.post(self.address.clone()).json(&request).send().await;
        let response = sent.map_err(|error| reasons(&error))?;
        let status = response.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let wait = response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
            let seconds = wait.and_then(|wait| wait.parse().ok()).unwrap_or(LONGEST_WAIT);
            return Ok(Said::Wait(seconds.min(LONGEST_WAIT)));
        }
        let reply = response.json().await;
        reply.map(Said::Reply).map_err(|error| format!("{status}: {}", reasons(&error)))
    }
}

enum Said {
    Reply(OutcomeReply),
    /// Seconds.
    Wait(u64),
}

fn refusal(line: &Line, reply: &OutcomeReply) -> Option<Refusal> {
    let code = reply.error_codes.first().map_or("bad-request", |code| code.as_str());
    (!reply.success).then_some(Refusal { line: line.number, code })
}
