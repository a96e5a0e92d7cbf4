//! Periodic jobs: days are created and dropped, rows swept, hours rolled up,
//! the edge checked, anomalies searched for, lists fetched. One origin does each
//! at a time, which saves work; each is safe to run in several at once and to run
//! twice.

mod lists;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use munjigi_delivery::publish::{self, Publisher};
use munjigi_domain::entropy::Entropy;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::{Clock, Stopwatch};
use munjigi_process::stop::Stop;
use munjigi_store::breakdowns::{RollDay, RollHour};
use munjigi_store::housekeeping::{CreateDays, DropDays, DropHours, Sweep};
use munjigi_store::locks::{Fenced, Lease};
use munjigi_store::sites::{ExpectNext, LearnNext, Learned};
use munjigi_store::{DatabaseError, Unit, erasure, pictures, rollups, transact};
use reqwest::Url;
use sqlx::PgPool;

use crate::cache::{Locks, take_within};

pub use lists::PublishedLists;

const HOUSEKEEPING_EVERY: Duration = Duration::from_mins(10);
const ROLLUPS_EVERY: Duration = Duration::from_mins(5);
const VERIFY_EVERY: Duration = Duration::from_mins(3);
const WATCH_EVERY: Duration = Duration::from_mins(5);
/// With the edge's own ten seconds, an owner is told within a minute.
const ATTACKS_EVERY: Duration = Duration::from_secs(15);
/// How often it is checked which lists are due.
const LISTS_EVERY: Duration = Duration::from_mins(5);
const EXPECT_EVERY: Duration = Duration::from_hours(6);
/// Each site has one night a day, when it is due.
const LEARN_EVERY: Duration = Duration::from_hours(1);
/// Delay after a failure, so that a job missed while Postgres was down is made
/// up for.
const RETRY_EVERY: Duration = Duration::from_secs(15);

/// A job that takes longer may be started by another origin as well.
const LOCK_LIFETIME: Duration = Duration::from_mins(1);
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// Keeps days of records that are past retention, before they are dropped.
#[async_trait]
pub trait Archiving: std::fmt::Debug + Send + Sync {
    /// Stores and drops each day that is past retention, oldest first; names the
    /// tables that are gone. A day that cannot be stored stays.
    async fn put_away(
        &self,
        pool: &PgPool,
        now: UnixMillis,
        kept_days: u16,
    ) -> Result<Vec<String>, ArchiveError>;
}

/// Why a day past retention is still there.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The bucket or folder does not take it.
    #[error("{text}")]
    Storage { code: &'static str, text: String },
}

#[derive(Debug, Clone)]
pub struct Jobs {
    pub pool: PgPool,
    /// Let one origin at a time do a job.
    pub locks: Arc<dyn Locks>,
    pub clock: Clock,
    /// Days of events and counts to keep.
    pub event_days: u16,
    /// Where they go then, if they are not only dropped.
    pub archive: Option<Arc<dyn Archiving>>,
    /// For checking the edge.
    pub publisher: Publisher,
    /// For ids.
    pub entropy: Entropy,
    /// The console's address, if there is one: emails link to it.
    pub console: Option<Url>,
    /// The published lists, for fetching them.
    pub lists: PublishedLists,
}

impl Jobs {
    /// Runs every job at its interval until told to stop.
    pub async fn run(self, stop: Stop) {
        tokio::join!(
            self.repeat(Job::Housekeeping, stop.clone()),
            self.repeat(Job::Rollups, stop.clone()),
            self.repeat(Job::Verify, stop.clone()),
            self.repeat(Job::Anomalies, stop.clone()),
            self.repeat(Job::Attacks, stop.clone()),
            self.repeat(Job::Lists, stop.clone()),
            self.repeat(Job::Expectations, stop.clone()),
            self.repeat(Job::Learning, stop),
        );
    }

    /// Creates the days ahead, drops the days past retention, sweeps.
    pub async fn keep_house(&self) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        let created = transact(&self.pool, &CreateDays { now }).await?;
        let dropped = self.drop_days(now).await?;
        let swept = transact(&self.pool, &Sweep { now }).await?;
        let erased = erasure::erase_due(&self.pool, now).await?;
        if erased > 0 {
            tracing::info!(erased, "erased accounts at their owners' request");
        }
        if created > 0 || !dropped.is_empty() {
            tracing::info!(created, ?dropped, swept, "partitions");
        }
        Ok(())
    }

    /// A place that does not take the days keeps them here, and nothing else
    /// waits for it.
    async fn drop_days(&self, now: UnixMillis) -> Result<Vec<String>, DatabaseError> {
        let kept_days = self.event_days;
        let Some(archive) = &self.archive else {
            return transact(&self.pool, &DropDays { now, kept_days }).await;
        };
        transact(&self.pool, &DropHours { now, kept_days }).await?;
        match archive.put_away(&self.pool, now, kept_days).await {
            Ok(dropped) => Ok(dropped),
            Err(ArchiveError::Database(error)) => Err(error),
            Err(ArchiveError::Storage { code, text }) => {
                metrics::counter!("munjigi_job_failures_total", "job" => "archive").increment(1);
                tracing::error!(
                    code,
                    error = text,
                    "days past retention stay: they cannot be put away"
                );
                Ok(Vec::new())
            }
        }
    }

    /// Computes every hour that received data since it was last computed, and
    /// their days. An hour is recorded only once its day is computed too: work
    /// that is interrupted between the two is repeated.
    pub async fn roll_up(&self) -> Result<(), DatabaseError> {
        self.roll_up_under(None).await
    }

    /// As `roll_up`, until another origin has taken over: the first roll-ups
    /// after a long pause take longer than a lock lasts.
    pub(crate) async fn roll_up_under(&self, lease: Option<&Lease>) -> Result<(), DatabaseError> {
        let due = rollups::due(&self.pool).await?;
        for hours in due.chunk_by(|hour, next| hour.date() == next.date()) {
            let mut computed = Vec::new();
            for hour in hours {
                computed.push((*hour, self.clock.now()));
                if self.carry_out(lease, &RollHour { hour: *hour }).await?.is_none() {
                    return Ok(());
                }
            }
            let Some(day) = hours.first().map(|hour| hour.date()) else { continue };
            if self.carry_out(lease, &RollDay { day }).await?.is_none() {
                return Ok(());
            }
            for (hour, began) in computed {
                rollups::rolled(&self.pool, hour, began).await?;
            }
        }
        Ok(())
    }

    /// `None` if another origin has taken over.
    async fn carry_out<U: Unit + Sync>(
        &self,
        lease: Option<&Lease>,
        unit: &U,
    ) -> Result<Option<U::Output>, DatabaseError> {
        match lease {
            Some(lease) => transact(&self.pool, &Fenced { lease, unit }).await,
            None => transact(&self.pool, unit).await.map(Some),
        }
    }

    /// Searches for anomalies.
    pub async fn watch(&self) -> Result<(), DatabaseError> {
        Self::found(transact(&self.pool, &self.search()).await?);
        Ok(())
    }

    /// Looks for attacks that the edge has found.
    pub async fn watch_attacks(&self) -> Result<(), DatabaseError> {
        Self::found(transact(&self.pool, &watch::Attacks(self.search())).await?);
        Ok(())
    }

    fn search(&self) -> watch::Watch<'_> {
        let (now, entropy, console) = (self.clock.now(), &self.entropy, self.console.as_ref());
        watch::Watch { now, entropy, console }
    }

    fn found(findings: Option<watch::Findings>) {
        if let Some(findings) = findings.filter(|findings| *findings != watch::Findings::default())
        {
            let watch::Findings { opened, closed } = findings;
            metrics::counter!("munjigi_anomalies_opened_total").increment(opened as u64);
            tracing::info!(opened, closed, "anomalies");
        }
    }

    /// Computes what every site is expected to issue at each hour of the week.
    pub async fn expect(&self) -> Result<(), DatabaseError> {
        let (mut after, mut changed) = (String::new(), 0);
        loop {
            let now = self.clock.now();
            let done = transact(&self.pool, &ExpectNext { after: &after, now }).await?;
            changed += done.changed;
            let Some(last) = done.last else { break };
            after = last;
        }
        if changed > 0 {
            tracing::info!(changed, "expected hours");
        }
        Ok(())
    }

    /// Lets every site that is due learn from its outcomes, one after another.
    pub async fn learn(&self) -> Result<(), DatabaseError> {
        while let Some(learned) = transact(&self.pool, &LearnNext { now: self.clock.now() }).await?
        {
            let Learned { sitekey, judgement, published } = learned;
            tracing::info!(sitekey, ?judgement, published, "score weights");
        }
        Ok(())
    }

    /// An edge that lost a site lost its packs too: they are in the same store.
    pub async fn verify(&self) -> Result<(), DatabaseError> {
        if publish::verify(&self.publisher).await? {
            pictures::put_again(&self.pool, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Does a job at its interval, unless another origin does it.
    async fn repeat(&self, job: Job, mut stop: Stop) {
        while !stop.is_asked() {
            let stopwatch = Stopwatch::start();
            let name = job.name();
            let wait = match self.once(job).await {
                Ok(Turn::Done) => {
                    metrics::histogram!("munjigi_job_seconds", "job" => name)
                        .record(stopwatch.elapsed().as_secs_f64());
                    metrics::counter!("munjigi_jobs_done_total", "job" => name).increment(1);
                    job.every()
                }
                Ok(Turn::Others) => RETRY_EVERY,
                Err(error) => {
                    metrics::counter!("munjigi_job_failures_total", "job" => name).increment(1);
                    tracing::warn!(job = name, %error, "a job failed; retrying soon");
                    RETRY_EVERY
                }
            };
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn once(&self, job: Job) -> Result<Turn, DatabaseError> {
        let locks = &*self.locks;
        let taken = take_within(locks, job.name(), LOCK_LIFETIME, LOCK_PATIENCE, &self.clock);
        let Some(lease) = taken.await? else { return Ok(Turn::Others) };
        let done = match job {
            Job::Housekeeping => self.keep_house().await,
            Job::Rollups => self.roll_up_under(Some(&lease)).await,
            Job::Verify => self.verify().await,
            Job::Anomalies => self.watch().await,
            Job::Attacks => self.watch_attacks().await,
            Job::Lists => self.fetch_lists().await,
            Job::Expectations => self.expect().await,
            Job::Learning => self.learn().await,
        };
        locks.give_back(&lease, self.clock.now()).await?;
        done.map(|()| Turn::Done)
    }
}

#[derive(Debug, Clone, Copy)]
enum Job {
    Housekeeping,
    Rollups,
    Verify,
    Anomalies,
    Attacks,
    Lists,
    Expectations,
    Learning,
}

impl Job {
    /// The name of its lock, and in metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::Housekeeping => "housekeeping",
            Self::Rollups => "rollups",
            Self::Verify => "verify",
            Self::Anomalies => "anomalies",
            Self::Attacks => "attacks",
            Self::Lists => "lists",
            Self::Expectations => "expectations",
            Self::Learning => "learning",
        }
    }

    const fn every(self) -> Duration {
        match self {
            Self::Housekeeping => HOUSEKEEPING_EVERY,
            Self::Rollups => ROLLUPS_EVERY,
            Self::Verify => VERIFY_EVERY,
            Self::Anomalies => WATCH_EVERY,
            Self::Attacks => ATTACKS_EVERY,
            Self::Lists => LISTS_EVERY,
            Self::Expectations => EXPECT_EVERY,
            Self::Learning => LEARN_EVERY,
        }
    }
}

/// Which origin did the job.
enum Turn {
    Done,
    Others,
}
