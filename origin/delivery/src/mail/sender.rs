//! The sender: passes queued emails (`outbox`) to the transport, and decides
//! what follows a failure.

use std::sync::{Arc, PoisonError, RwLock};

use lettre::message::Mailbox;
use munjigi_domain::email::GIVE_UP_AFTER;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::mails::{self, Afterwards, CHANNEL, Due};
use munjigi_store::{Notices, StoreError};
use sqlx::PgPool;

use super::compose::{Identity, compose};
use super::{SendError, Transport};
use crate::queues::{self as outbox, Outbox};

/// Emails sent at once, each over its own connection.
const AT_ONCE: i64 = 4;
const RETRY_FIRST_MS: u64 = 5_000;
/// Longest back-off: somebody may be waiting in front of an empty inbox.
const RETRY_MOST_MS: u64 = 300_000;

/// What sending needs. Clones share the transport.
#[derive(Debug, Clone)]
pub struct Sender {
    pool: PgPool,
    clock: Clock,
    from: Mailbox,
    transport: Arc<Transport>,
    trouble: Arc<RwLock<Option<String>>>,
}

impl Sender {
    /// Creates a sender; sends nothing yet.
    pub fn new(pool: PgPool, clock: Clock, from: Mailbox, transport: Transport) -> Self {
        Self { pool, clock, from, transport: Arc::new(transport), trouble: Arc::default() }
    }

    /// The error of the last attempt, unless it concerned only that email.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what is queued until told to stop. An email in progress is
    /// finished first.
    pub async fn run(self, stop: Stop) {
        outbox::run(&self, stop).await;
    }

    /// Sends everything that is due now, oldest first.
    pub async fn send_due(&self, stop: &Stop) -> Result<(), StoreError> {
        outbox::carry_due(self, stop).await
    }

    async fn send(&self, due: &Due) -> Result<(), SendError> {
        let letter = due.letter.as_ref().ok_or(SendError::Unfit)?;
        let identity = Identity { id: due.id, queued_at: due.queued_at };
        let message = compose(letter, &self.from, identity).map_err(|_| SendError::Unfit)?;
        self.transport.send(&message, &identity.name()).await
    }

    fn note(&self, trouble: Option<String>) {
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

impl Outbox for Sender {
    type Due = Due;

    const WAITS: &'static str = "sending emails is waiting for Postgres";
    const BROKE_OFF: &'static str = "sending an email was interrupted";

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn notices(&self) -> Notices {
        Notices::of(self.pool.clone(), CHANNEL)
    }

    async fn lease(&self, now: UnixMillis) -> Result<Vec<Due>, StoreError> {
        mails::lease(&self.pool, now, AT_ONCE).await
    }

    async fn next_try(&self) -> Result<Option<UnixMillis>, StoreError> {
        mails::next_try(&self.pool).await
    }

    async fn try_one(&self, due: &Due) -> Result<(), StoreError> {
        let sent = self.send(due).await;
        let now = self.clock.now();
        let id = due.id;
        match sent {
            Ok(()) => {
                self.note(None);
                metrics::counter!("munjigi_mail_sent_total").increment(1);
                tracing::info!(id, "an email was sent");
                mails::sent(&self.pool, id, now).await
            }
            Err(error) => {
                // An email that the server refuses proves that the server
                // works.
                self.note((!error.is_final()).then(|| error.to_string()));
                metrics::counter!("munjigi_mail_failures_total", "code" => error.code())
                    .increment(1);
                let afterwards = afterwards(&error, due, now);
                let attempts = due.attempts + 1;
                match afterwards {
                    Afterwards::TryAt(_) => {
                        tracing::warn!(id, attempts, %error, "an email was not sent; retrying");
                    }
                    Afterwards::GivenUp(_) => {
                        tracing::warn!(id, attempts, %error, "an email could not be sent; giving up");
                    }
                }
                mails::failed(&self.pool, id, &error.to_string(), afterwards).await
            }
        }
    }

    async fn rest(&self) {
        self.transport.rest().await;
    }
}

fn afterwards(error: &SendError, due: &Due, now: UnixMillis) -> Afterwards {
    let waited = now.since(due.queued_at);
    if error.is_final() || i128::from(waited) >= GIVE_UP_AFTER.whole_milliseconds() {
        Afterwards::GivenUp(now)
    } else {
        Afterwards::TryAt(UnixMillis(now.0 + retry_after_ms(due.attempts)))
    }
}

/// Doubles from five seconds to five minutes.
fn retry_after_ms(failed: u32) -> u64 {
    outbox::doubled(RETRY_FIRST_MS, failed).min(RETRY_MOST_MS)
}
