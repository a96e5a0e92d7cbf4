//! The courier: delivers queued messages (`outbox`) to webhooks, and decides
//! what follows a failure.

use munjigi_domain::accounts::Vault;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::webhooks::GIVE_UP_AFTER;
use munjigi_domain::webhooks::WebhookSecret;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::webhooks::{self, CHANNEL, Due, Outcome};
use munjigi_store::{Notices, StoreError};
use sqlx::PgPool;

use super::hooks::Outgoing;
use super::{Answer, Hooks, PostError};
use crate::queues::{self as outbox, Outbox};

/// Messages in progress at once.
const AT_ONCE: i64 = 8;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// Delays after the first failures; the last one repeats until the day is over.
const WAITS: [u64; 8] =
    [5 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];

/// What delivery needs.
#[derive(Debug, Clone)]
pub struct Courier {
    pub pool: PgPool,
    pub clock: Clock,
    /// Spreads retries.
    pub entropy: Entropy,
    /// Decrypts signing secrets.
    pub vault: Vault,
    pub hooks: Hooks,
}

impl Courier {
    /// Delivers what is queued until told to stop. A message in progress is
    /// finished first.
    pub async fn run(self, stop: Stop) {
        outbox::run(&self, stop).await;
    }

    /// Delivers everything that is due now, oldest first.
    pub async fn carry_due(&self, stop: &Stop) -> Result<(), StoreError> {
        outbox::carry_due(self, stop).await
    }

    async fn post(&self, due: &Due) -> Result<Answer, PostError> {
        let row = webhooks::vault_row(&due.webhook);
        let opened = self.vault.open(&row, &due.secret).ok();
        let secret = opened.and_then(|bytes| WebhookSecret::of_bytes(bytes).ok());
        let Some(secret) = secret else {
            tracing::error!(webhook = %due.webhook, "no key in MUNJIGI_CONSOLE_KEYS opens the webhook's secret");
            return Err(PostError::Unreachable(
                "the webhook's secret cannot be opened here".to_owned(),
            ));
        };
        let (url, id, body) = (&due.url, &due.id, &due.body);
        self.hooks.post(&Outgoing { url, secret: &secret, id, body, at: self.clock.now() }).await
    }
}

impl Outbox for Courier {
    type Due = Due;

    const WAITS: &'static str = "webhooks are waiting for Postgres";
    const BROKE_OFF: &'static str = "the delivery of a webhook message was interrupted";

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn notices(&self) -> Notices {
        Notices::of(self.pool.clone(), CHANNEL)
    }

    async fn lease(&self, now: UnixMillis) -> Result<Vec<Due>, StoreError> {
        webhooks::lease(&self.pool, now, AT_ONCE).await
    }

    async fn next_try(&self) -> Result<Option<UnixMillis>, StoreError> {
        webhooks::next_try(&self.pool).await
    }

    async fn try_one(&self, due: &Due) -> Result<(), StoreError> {
        let answer = self.post(due).await;
        let now = self.clock.now();
        let id = &due.id;
        let [jitter] = self.entropy.bytes();
        let outcome = outcome(due, &answer, now, jitter);
        match (&answer, &outcome) {
            (Ok(_), Outcome::Delivered(_)) => {
                metrics::counter!("munjigi_webhooks_delivered_total").increment(1);
                tracing::info!(id, "a webhook accepted a message");
            }
            (answer, outcome) => {
                let code = answer.as_ref().map_or_else(PostError::code, |_| "webhook-status");
                metrics::counter!("munjigi_webhook_failures_total", "code" => code).increment(1);
                let given_up = matches!(outcome, Outcome::GivenUp { .. });
                // A customer's server, not ours: no warning.
                tracing::info!(id, code, given_up, "a webhook did not accept a message");
            }
        }
        webhooks::note(&self.pool, due, &outcome, now).await
    }
}

/// What follows an attempt.
fn outcome(due: &Due, answer: &Result<Answer, PostError>, now: UnixMillis, jitter: u8) -> Outcome {
    let (status, error) = match answer {
        Ok(answer) if answer.is_taken() => return Outcome::Delivered(answer.status),
        Ok(answer) => (Some(answer.status), format!("the receiver answered {}", answer.status)),
        Err(error) => (None, error.to_string()),
    };
    let is_gone = answer.as_ref().is_ok_and(Answer::is_gone);
    let end = due.queued_at.0.saturating_add(day_millis());
    if is_gone || now.0 >= end {
        return Outcome::GivenUp { status, error, is_gone };
    }
    let asked = answer.as_ref().ok().and_then(|answer| answer.retry_after_seconds);
    let asked = asked.unwrap_or(0).saturating_mul(SECOND);
    let wait = retry_after_ms(due.attempts, jitter).max(asked);
    // The last attempt is at the end of the day, whatever the receiver asked
    // for.
    let at = UnixMillis(now.0.saturating_add(wait).min(end));
    Outcome::TryAt { at, status, error }
}

/// How long to wait after this many earlier failures: up to a quarter longer by
/// `jitter`, so that a receiver that broke under load does not get everything
/// at once.
pub fn retry_after_ms(failed: u32, jitter: u8) -> u64 {
    let index = usize::try_from(failed).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    let wait = WAITS[index];
    wait + wait * u64::from(jitter) / 1_024
}

fn day_millis() -> u64 {
    u64::try_from(GIVE_UP_AFTER.whole_milliseconds()).unwrap_or(u64::MAX)
}
