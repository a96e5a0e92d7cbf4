//! The sender: carries queued letters to the transport. Woken by NOTIFY when
//! a letter is queued anywhere, and by the clock for what is to be retried.
//! Several origins may run one each: a lease keeps a letter with one of them.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use lettre::message::Mailbox;
use munjigi_captcha::UnixMillis;
use sqlx::PgPool;
use tokio::task::JoinSet;

use super::compose::{Identity, compose};
use super::{SendError, Transport};
use crate::clock::Clock;
use crate::stop::Stop;
use crate::store::mails::{self, Afterwards, CHANNEL, Due};
use crate::store::{Notices, StoreError};

/// A letter that waited for so long is given up: what it tells is stale.
pub const GIVE_UP_AFTER: time::Duration = time::Duration::days(3);

/// Letters under way at once, each over a connection of its own.
const AT_ONCE: i64 = 4;
/// Longest wait without a look: NOTIFY is a hint, the table is the truth.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const RETRY_FIRST_MS: u64 = 5_000;
/// Somebody may sit before an empty inbox.
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
    /// A sender; nothing is sent yet.
    pub fn new(pool: PgPool, clock: Clock, from: Mailbox, transport: Transport) -> Self {
        Self { pool, clock, from, transport: Arc::new(transport), trouble: Arc::default() }
    }

    /// What went wrong at the last try, unless it was about that one letter.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what is queued until told to stop. A letter under way is
    /// finished first.
    pub async fn run(self, mut stop: Stop) {
        let mut notices = Notices::of(self.pool.clone(), CHANNEL);
        while !stop.is_asked() {
            let wait = match self.send_due(&stop).await {
                Ok(()) => self.until_next().await,
                Err(error) => {
                    tracing::warn!(%error, "sending letters waits for Postgres");
                    notices.close();
                    Duration::from_secs(1)
                }
            };
            self.transport.rest().await;
            if notices.began().await {
                // Something may have been queued before we listened.
                continue;
            }
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(wait) => {}
                () = notices.heard() => {}
            }
        }
    }

    /// Sends everything that is due now, oldest first.
    pub async fn send_due(&self, stop: &Stop) -> Result<(), StoreError> {
        while !stop.is_asked() {
            let due = mails::lease(&self.pool, self.clock.now(), AT_ONCE).await?;
            if due.is_empty() {
                return Ok(());
            }
            let mut tries = JoinSet::new();
            for due in due {
                let sender = self.clone();
                tries.spawn(async move { sender.try_one(&due).await });
            }
            let mut noted = Ok(());
            // To the end, also where one could not be noted: a letter that is
            // broken off may go out twice.
            while let Some(tried) = tries.join_next().await {
                match tried {
                    Ok(result) => noted = noted.and(result),
                    // The lease runs out and the letter is tried again.
                    Err(error) => tracing::error!(%error, "sending a letter broke off"),
                }
            }
            noted?;
        }
        Ok(())
    }

    async fn try_one(&self, due: &Due) -> Result<(), StoreError> {
        let sent = self.send(due).await;
        let now = self.clock.now();
        let id = due.id;
        match sent {
            Ok(()) => {
                self.note(None);
                metrics::counter!("munjigi_mail_sent_total").increment(1);
                tracing::info!(id, "a letter was sent");
                mails::sent(&self.pool, id, now).await
            }
            Err(error) => {
                // A letter that the server refuses proves that the server works.
                self.note((!error.is_final()).then(|| error.to_string()));
                metrics::counter!("munjigi_mail_failures_total", "code" => error.code())
                    .increment(1);
                let afterwards = afterwards(&error, due, now);
                let attempts = due.attempts + 1;
                match afterwards {
                    Afterwards::TryAt(_) => {
                        tracing::warn!(id, attempts, %error, "a letter was not sent; trying again");
                    }
                    Afterwards::GivenUp(_) => {
                        tracing::warn!(id, attempts, %error, "a letter was given up");
                    }
                }
                mails::failed(&self.pool, id, &error.to_string(), afterwards).await
            }
        }
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

    async fn until_next(&self) -> Duration {
        let next = mails::next_try(&self.pool).await.ok().flatten();
        let wait = next.map(|at| Duration::from_millis(at.since(self.clock.now())));
        wait.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
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
    RETRY_FIRST_MS.saturating_mul(1 << failed.min(16)).min(RETRY_MOST_MS)
}
