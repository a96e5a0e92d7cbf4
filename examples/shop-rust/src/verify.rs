//! The one POST: was this form confirmed by a visitor of this page?

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The result of the question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Confirmed,
    NotConfirmed,
    Unreachable,
}

/// The form and the page that it is on.
pub struct Form<'a> {
    pub response: &'a str,
    pub action: &'a str,
    pub hostname: &'a str,
}

#[derive(Deserialize)]
struct Reply {
    success: bool,
    #[serde(default)]
    action: String,
    #[serde(default)]
    hostname: String,
}

pub async fn verify(client: &reqwest::Client, edge: &str, secret: &str, form: Form<'_>) -> Outcome {
    if form.response.is_empty() {
        return Outcome::NotConfirmed;
    }
    match ask(client, edge, secret, form.response).await {
        // A token made for another form or another host is not valid here.
        Ok(reply)
            if reply.success && reply.action == form.action && reply.hostname == form.hostname =>
        {
            Outcome::Confirmed
        }
        Ok(_) => Outcome::NotConfirmed,
        Err(_) => Outcome::Unreachable,
    }
}

async fn ask(
    client: &reqwest::Client,
    edge: &str,
    secret: &str,
    response: &str,
) -> reqwest::Result<Reply> {
    client
        .post(format!("{edge}/siteverify"))
        .json(&json!({ "secret": secret, "response": response }))
        .timeout(TIMEOUT)
        .send()
        .await?
        // 429 and 503 mean "later"; every other outcome is an answer.
        .error_for_status()?
        .json()
        .await
}
