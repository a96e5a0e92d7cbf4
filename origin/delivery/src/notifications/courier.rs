//! The courier: posts queued messages to webhooks, and tells what an answer
//! means.

use std::time::Duration;

use munjigi_domain::accounts::Vault;
use munjigi_domain::entropy::Entropy;
use munjigi_domain::webhooks::{DeliveryFailure, GIVE_UP_AFTER, WebhookSecret};
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::DatabaseError;
use munjigi_store::deliveries::{Due, Next, Topic};
use munjigi_store::webhooks::{self, Destination, Destined, WebhookResult as Ended};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::hooks::Outgoing;
use super::{Answer, Hooks};
use crate::back_off::BackOff;
use crate::outbox::{self, Blame, DeliveryResult, Failure, Outbox, Terms, Tried};

/// Delays after the first failures; the last one repeats until the day is over.
/// Published in docs/webhooks.md.
const WAITS: [Duration; 8] = [
    Duration::from_secs(5),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(4),
];

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

/// The status with which a receiver accepted a message, or why it did not;
/// `None` if it was not asked.
pub type Answered = Option<Result<u16, DeliveryFailure>>;

impl Courier {
    /// Delivers what is queued until told to stop. A message in progress is
    /// finished first.
    pub async fn run(self, sessions: PgPool, stop: Stop) {
        outbox::run(&self, &sessions, stop).await;
    }

    /// Delivers everything that is due now, oldest first.
    pub async fn carry_due(&self, stop: &Stop) -> Result<(), DatabaseError> {
        outbox::deliver_due(self, stop).await
    }

    async fn post(&self, due: &Due, to: &Destination) -> Result<Answer, DeliveryFailure> {
        let row = webhooks::vault_row(&to.webhook);
        let opened = self.vault.open(&row, &to.secret).ok();
        let secret = opened.and_then(|bytes| WebhookSecret::of_bytes(bytes).ok());
        let Some(secret) = secret else {
            tracing::error!(webhook = %to.webhook, "no key in MUNJIGI_CONSOLE_KEYS opens the webhook's secret");
            return Err(DeliveryFailure::SecretUnreadable);
        };
        let body = due.payload.as_ref().and_then(Value::as_str).unwrap_or_default();
        let (url, id) = (&to.url, &due.key);
        self.hooks.post(&Outgoing { url, secret: &secret, id, body, at: self.clock.now() }).await
    }
}

impl Outbox for Courier {
    type Facts = Answered;

    const TOPICS: &'static [Terms] = &[Terms {
        topic: Topic::Webhooks,
        lease: Duration::from_mins(2),
        at_once: 8,
        back_off: BackOff::listed(&WAITS)
            .giving_up_after(Duration::from_secs(GIVE_UP_AFTER.whole_seconds().unsigned_abs())),
        // Their server, not ours.
        blame: Blame::Customer,
    }];

    fn pool(&self) -> &PgPool {
        &self.pool
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn jitter(&self) -> u8 {
        let [jitter] = self.entropy.bytes();
        jitter
    }

    async fn attempt(&self, due: &Due) -> Result<(DeliveryResult, Answered), DatabaseError> {
        let Some(to) = webhooks::destination(&self.pool, &due.key).await? else {
            let deleted = DeliveryFailure::Deleted;
            let failure = Failure::new(deleted.code(), &deleted);
            return Ok((DeliveryResult::Refused(failure), Some(Err(deleted))));
        };
        // Paused since the message was leased, or while it was being queued.
        if to.state == Destined::Paused {
            return Ok((DeliveryResult::Held, None));
        }
        Ok(meaning(self.post(due, &to).await))
    }

    async fn note(
        &self,
        connection: &mut PgConnection,
        due: &Due,
        tried: &Tried<Answered>,
    ) -> Result<(), DatabaseError> {
        let ended = match (&tried.next, tried.facts.clone()) {
            (Next::Continued | Next::Released | Next::Held | Next::Raised(..), _) | (_, None) => {
                return Ok(());
            }
            (_, Some(Ok(status))) => Ended::Delivered(status),
            (Next::GivenUp, Some(Err(failure))) => Ended::GivenUp(failure),
            (Next::Delivered | Next::TryAt(_), Some(Err(failure))) => Ended::Failed(failure),
        };
        webhooks::note(connection, &due.key, &ended, tried.now).await
    }
}

fn meaning(answer: Result<Answer, DeliveryFailure>) -> (DeliveryResult, Answered) {
    let (why, at_least) = match answer {
        Ok(answer) => match answer.failure() {
            None => return (DeliveryResult::Delivered, Some(Ok(answer.status))),
            Some(why) => (why, answer.retry_after_seconds.unwrap_or_default()),
        },
        Err(why) => (why, 0),
    };
    let at_least = Duration::from_secs(at_least);
    let failure = Failure { at_least, ..Failure::new(why.code(), &why) };
    let outcome = if why.is_gone() {
        DeliveryResult::Refused(failure)
    } else {
        DeliveryResult::Failed(failure)
    };
    (outcome, Some(Err(why)))
}

/// How long to wait after this many earlier failures.
pub fn retry_after_ms(failed: u32, jitter: u8) -> u64 {
    BackOff::listed(&WAITS).wait_ms(failed, jitter)
}
