//! The sender: passes queued emails to the transport, and tells what an answer
//! means.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use lettre::message::Mailbox;
use munjigi_domain::email::GIVE_UP_AFTER;
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::deliveries::{Due, Next, Topic};
use munjigi_store::{DatabaseError, mails};
use sqlx::{PgConnection, PgPool};

use super::compose::{Identity, compose};
use super::{SendError, Transport};
use crate::back_off::BackOff;
use crate::outbox::{self, Blame, DeliveryResult, Failure, Outbox, Terms, Tried};

/// What sending needs. Clones share the transport.
#[derive(Debug, Clone)]
pub struct Sender {
    pool: PgPool,
    clock: Clock,
    from: Mailbox,
    transport: Arc<Transport>,
    failure: Arc<RwLock<Option<String>>>,
}

impl Sender {
    /// Creates a sender; sends nothing yet.
    pub fn new(pool: PgPool, clock: Clock, from: Mailbox, transport: Transport) -> Self {
        Self { pool, clock, from, transport: Arc::new(transport), failure: Arc::default() }
    }

    /// The error of the last attempt, unless it concerned only that email.
    pub fn failure(&self) -> Option<String> {
        self.failure.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends what is queued until told to stop. An email in progress is
    /// finished first.
    pub async fn run(self, sessions: PgPool, stop: Stop) {
        outbox::run(&self, &sessions, stop).await;
    }

    /// Sends everything that is due now, oldest first.
    pub async fn send_due(&self, stop: &Stop) -> Result<(), DatabaseError> {
        outbox::deliver_due(self, stop).await
    }

    async fn send(&self, due: &Due) -> Result<(), SendError> {
        let message = mails::message(due.payload.as_ref()).ok_or(SendError::Unfit)?;
        let id = due.key.parse().map_err(|_| SendError::Unfit)?;
        let identity = Identity { id, queued_at: due.queued_at };
        let message = compose(&message, &self.from, identity).map_err(|_| SendError::Unfit)?;
        self.transport.send(&message, &identity.name()).await
    }

    fn note_failure(&self, failure: Option<String>) {
        *self.failure.write().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

impl Outbox for Sender {
    type Facts = ();

    const TOPICS: &'static [Terms] = &[Terms {
        topic: Topic::Emails,
        lease: Duration::from_mins(2),
        // Each over its own connection.
        at_once: 4,
        // Not longer: someone may be waiting in front of an empty inbox.
        back_off: BackOff::doubling(Duration::from_secs(5), Duration::from_mins(5))
            .giving_up_after(Duration::from_secs(GIVE_UP_AFTER.whole_seconds().unsigned_abs())),
        blame: Blame::Operator,
    }];

    fn pool(&self) -> &PgPool {
        &self.pool
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    async fn attempt(&self, due: &Due) -> Result<(DeliveryResult, ()), DatabaseError> {
        let outcome = match self.send(due).await {
            Ok(()) => {
                self.note_failure(None);
                DeliveryResult::Delivered
            }
            Err(error) => {
                // An email that the server refuses proves that the server
                // works.
                self.note_failure((!error.is_final()).then(|| error.to_string()));
                let failure = Failure::new(error.code(), &error);
                if error.is_final() {
                    DeliveryResult::Refused(failure)
                } else {
                    DeliveryResult::Failed(failure)
                }
            }
        };
        Ok((outcome, ()))
    }

    async fn note(
        &self,
        connection: &mut PgConnection,
        due: &Due,
        tried: &Tried<()>,
    ) -> Result<(), DatabaseError> {
        match (&tried.next, tried.outcome.error()) {
            (Next::Delivered, _) => mails::sent(connection, &due.key, tried.now).await,
            (Next::GivenUp, Some(error)) => {
                mails::given_up(connection, &due.key, error, tried.now).await
            }
            _ => Ok(()),
        }
    }

    async fn rest(&self) {
        self.transport.rest().await;
    }
}
