//! The delivery loop: leases due deliveries, several at once, makes an attempt
//! for each, and records the result in one transaction with the topic's own
//! facts. NOTIFY and the clock decide when the table is read. Several origins
//! can work on one topic: a lease keeps each delivery with one of them. Each
//! handler knows where to deliver, and what a response means.
//!
//! **outbox**: rows that wait to be sent on: leased, delivered at least once,
//! recorded once.

use std::future::{Future, ready};
use std::pin::pin;
use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_store::deliveries::{self, CHANNEL, Due, Lease, Next, Topic};
use munjigi_store::{DatabaseError, Notices, Unit, transact};
use sqlx::{PgConnection, PgPool};
use tokio::task::JoinSet;

use crate::back_off::BackOff;

/// Longest interval between reads of the table: NOTIFY is a hint, the table is
/// the truth.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// After a failed read.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// Delay after our version was raised above the receiver's.
const RAISED_WAIT_MS: u64 = 1_000;

/// How a topic is delivered.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub topic: Topic,
    /// The deliveries of an origin that died are others' after this. Renewed
    /// while an attempt is in progress.
    pub lease: Duration,
    /// Deliveries in progress at once.
    pub at_once: i64,
    pub back_off: BackOff,
    /// Who has to act on a failure.
    pub blame: Blame,
}

/// Who has to act on a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The operator, who is warned.
    Operator,
    /// A customer, who sees it in the console: no warning.
    Customer,
}

/// The result of an attempt.
#[derive(Debug)]
pub enum DeliveryResult {
    Delivered,
    /// The receiver may accept it later.
    Failed(Failure),
    /// The receiver will never accept it.
    Refused(Failure),
    /// The receiver has a newer version.
    Stale,
    /// The receiver has a part of it, and gets the rest next.
    Progressed,
    /// The attempt was ended by us, before it had a result.
    Interrupted,
    /// It was not attempted: it waits until it is resumed.
    Held,
}

impl DeliveryResult {
    /// Why there will be another attempt, or none.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(failure) | Self::Refused(failure) => Some(&failure.error),
            // Only the edge compares versions.
            Self::Stale => Some("the edge had a newer version; raised ours above it"),
            Self::Delivered | Self::Progressed | Self::Interrupted | Self::Held => None,
        }
    }
}

#[derive(Debug)]
pub struct Failure {
    pub code: &'static str,
    /// The reason in our own words.
    pub error: String,
    /// The delay that the receiver asked for.
    pub at_least: Duration,
}

impl Failure {
    /// The receiver asked for no delay.
    pub fn new(code: &'static str, error: &impl ToString) -> Self {
        Self { code, error: error.to_string(), at_least: Duration::ZERO }
    }
}

/// An attempt, and what follows it.
#[derive(Debug)]
pub struct Tried<F> {
    pub outcome: DeliveryResult,
    /// Facts that the topic records besides.
    pub facts: F,
    pub next: Next,
    pub now: UnixMillis,
}

/// Delivers some topics.
pub trait Outbox: Clone + Send + Sync + 'static {
    /// Facts of an attempt that a topic records besides its outcome.
    type Facts: Send + Sync + 'static;

    /// In the order of delivery: while anything of one topic is due, nothing of
    /// those after it is delivered.
    const TOPICS: &'static [Terms];

    fn pool(&self) -> &PgPool;

    fn clock(&self) -> &Clock;

    /// Spreads retries, where they should be spread.
    fn jitter(&self) -> u8 {
        0
    }

    /// Whether anything may be delivered now. Asked before each lease.
    fn is_open(&self) -> bool {
        true
    }

    /// Makes one attempt. May be made again for the same version, by another
    /// origin, if this one dies before the result is recorded.
    fn attempt(
        &self,
        due: &Due,
    ) -> impl Future<Output = Result<(DeliveryResult, Self::Facts), DatabaseError>> + Send;

    /// Records the topic's own facts of an attempt. May run more
    /// than once.
    fn note(
        &self,
        connection: &mut PgConnection,
        due: &Due,
        tried: &Tried<Self::Facts>,
    ) -> impl Future<Output = Result<(), DatabaseError>> + Send;

    /// Nothing can be delivered for now: releases what only delivery needs.
    fn rest(&self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// Delivers what is queued until told to stop. Attempts in progress are finished
/// first. Listens on one of the `sessions`.
pub async fn run<O: Outbox>(outbox: &O, sessions: &PgPool, mut stop: Stop) {
    let mut notices = Notices::of(sessions.clone(), CHANNEL);
    while !stop.is_asked() {
        let wait = match deliver_due(outbox, &stop).await {
            Ok(()) => until_next(outbox).await,
            Err(error) => {
                tracing::warn!(topics = ?topics::<O>(), %error, "deliveries are waiting for Postgres");
                notices.close();
                RETRY_EVERY
            }
        };
        outbox.rest().await;
        if notices.began().await {
            // Something may have been queued before we listened.
            continue;
        }
        tokio::select! {
            () = stop.asked() => {}
            () = tokio::time::sleep(wait) => {}
            () = queued::<O>(&mut notices) => {}
        }
    }
}

/// Delivers everything that is due now, oldest first.
pub async fn deliver_due<O: Outbox>(outbox: &O, stop: &Stop) -> Result<(), DatabaseError> {
    while !stop.is_asked() && outbox.is_open() {
        let due = lease(outbox).await?;
        if due.is_empty() {
            return Ok(());
        }
        let mut attempts = JoinSet::new();
        for due in due {
            let outbox = outbox.clone();
            attempts.spawn(async move {
                let (outcome, facts) = attempt(&outbox, &due).await?;
                record(&outbox, &due, outcome, facts).await
            });
        }
        let mut recorded = Ok(());
        // To the end, even if a result could not be recorded: interrupted
        // attempts may be delivered twice.
        while let Some(attempt) = attempts.join_next().await {
            match attempt {
                Ok(result) => recorded = recorded.and(result),
                // The lease runs out, and it is retried.
                Err(error) => {
                    tracing::error!(topics = ?topics::<O>(), %error, "a delivery was interrupted");
                }
            }
        }
        recorded?;
    }
    Ok(())
}

/// Makes an attempt, and renews its lease until there is a result.
pub async fn attempt<O: Outbox>(
    outbox: &O,
    due: &Due,
) -> Result<(DeliveryResult, O::Facts), DatabaseError> {
    let mut attempt = pin!(outbox.attempt(due));
    let Some(terms) = terms::<O>(due) else { return attempt.await };
    loop {
        tokio::select! {
            result = &mut attempt => return result,
            () = tokio::time::sleep(terms.lease / 3) => {}
        }
        let (now, until) = leased(outbox, terms);
        if let Err(error) = deliveries::renew(outbox.pool(), due, now, until).await {
            // There are two more tries before it runs out.
            tracing::debug!(topic = due.topic.as_str(), %error, "a lease was not renewed");
        }
    }
}

/// From when until when.
fn leased<O: Outbox>(outbox: &O, terms: &Terms) -> (UnixMillis, UnixMillis) {
    let now = outbox.clock().now();
    (now, UnixMillis(now.0.saturating_add(millis(terms.lease))))
}

/// Leases the due deliveries of the first topic that has any.
pub async fn lease<O: Outbox>(outbox: &O) -> Result<Vec<Due>, DatabaseError> {
    for terms in O::TOPICS {
        let (now, until) = leased(outbox, terms);
        let lease = Lease { topic: terms.topic, now, until, most: terms.at_once };
        let due = deliveries::lease(outbox.pool(), lease).await?;
        if !due.is_empty() {
            return Ok(due);
        }
    }
    Ok(Vec::new())
}

/// Decides what follows an attempt, and records result and decision.
pub async fn record<O: Outbox>(
    outbox: &O,
    due: &Due,
    outcome: DeliveryResult,
    facts: O::Facts,
) -> Result<(), DatabaseError> {
    let now = outbox.clock().now();
    let Some(terms) = terms::<O>(due) else { return Ok(()) };
    let next = match &outcome {
        DeliveryResult::Delivered => Next::Delivered,
        DeliveryResult::Failed(failure) => {
            terms.back_off.after(due, failure.at_least, outbox.jitter(), now)
        }
        DeliveryResult::Refused(_) => Next::GivenUp,
        DeliveryResult::Progressed => Next::Continued,
        DeliveryResult::Interrupted => Next::Released,
        DeliveryResult::Held => Next::Held,
        // Above any version that a clock has given so far.
        DeliveryResult::Stale => {
            Next::Raised(now.0.max(due.version + 1), UnixMillis(now.0 + RAISED_WAIT_MS))
        }
    };
    let tried = Tried { outcome, facts, next, now };
    report(terms, due, &tried);
    transact(outbox.pool(), &Record { outbox, due, tried: &tried }).await
}

struct Record<'a, O: Outbox> {
    outbox: &'a O,
    due: &'a Due,
    tried: &'a Tried<O::Facts>,
}

impl<O: Outbox> Unit for Record<'_, O> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        self.outbox.note(&mut *connection, self.due, self.tried).await?;
        let error = self.tried.outcome.error();
        deliveries::record(connection, self.due, &self.tried.next, error).await
    }
}

/// Logs and counts an attempt.
fn report<F>(terms: &Terms, due: &Due, tried: &Tried<F>) {
    let Due { key, version, .. } = due;
    let (topic, attempts) = (due.topic.as_str(), due.attempts + 1);
    let outcome = match &tried.outcome {
        DeliveryResult::Delivered => {
            tracing::info!(topic, %key, version, "delivered");
            "delivered"
        }
        // One of many steps.
        DeliveryResult::Progressed => "progressed",
        DeliveryResult::Interrupted | DeliveryResult::Held => return,
        DeliveryResult::Stale => {
            tracing::warn!(topic, %key, version, "the far side has a newer version; raising ours");
            "stale"
        }
        DeliveryResult::Failed(failure) | DeliveryResult::Refused(failure) => {
            let Failure { code, error, .. } = failure;
            metrics::counter!("munjigi_delivery_failures_total", "topic" => topic, "code" => *code)
                .increment(1);
            let given_up = tried.next == Next::GivenUp;
            // Logging each retry of each row would flood the log while the receiver
            // side is down.
            let is_told = given_up || attempts.is_power_of_two();
            match terms.blame {
                Blame::Operator if is_told => {
                    tracing::warn!(topic, %key, version, attempts, code, %error, given_up, "not delivered");
                }
                Blame::Operator => {}
                Blame::Customer => {
                    tracing::info!(topic, %key, version, attempts, code, given_up, "not delivered");
                }
            }
            if given_up { "given-up" } else { "failed" }
        }
    };
    metrics::counter!("munjigi_deliveries_total", "topic" => topic, "outcome" => outcome)
        .increment(1);
}

/// Always some: nothing is leased that is not among the topics.
fn terms<O: Outbox>(due: &Due) -> Option<&'static Terms> {
    O::TOPICS.iter().find(|terms| terms.topic == due.topic)
}

fn topics<O: Outbox>() -> Vec<Topic> {
    O::TOPICS.iter().map(|terms| terms.topic).collect()
}

/// Returns when something of these topics may have been queued.
async fn queued<O: Outbox>(notices: &mut Notices) {
    // `None`: the connection was lost, and announcements with it.
    while let Some(topic) = notices.next().await {
        if O::TOPICS.iter().any(|terms| terms.topic.as_str() == topic) {
            return;
        }
    }
}

async fn until_next<O: Outbox>(outbox: &O) -> Duration {
    if !outbox.is_open() {
        return LONGEST_WAIT;
    }
    let next = deliveries::next_try(outbox.pool(), &topics::<O>()).await.ok().flatten();
    let wait = next.map(|at| Duration::from_millis(at.since(outbox.clock().now())));
    wait.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
