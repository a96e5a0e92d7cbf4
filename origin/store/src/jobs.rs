//! Images that organisations have a model look at: one row per job, leased by
//! the origin that has it computed. Which job is next, and when it has failed
//! for good, is decided here.
//!
//! **job**: an image that a model looks at for an organisation, done once.

mod next;
#[cfg(test)]
mod tests;

use std::time::Duration;

use munjigi_domain::accounts::Id;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::{DatabaseError, Unit};

pub use next::{LONG_BYTES, LeaseJobs, LeasedJob, RUNNING};

/// The `LISTEN` channel for new jobs.
pub const CHANNEL: &str = "munjigi_jobs";
/// Jobs of one organisation that may wait.
pub const MOST_WAITING: i64 = 1_000;
/// Bytes of their images.
pub const MOST_WAITING_BYTES: i64 = 256 * 1024 * 1024;
/// For so long a finished job can be read, and an unfinished one is tried.
pub const KEPT: Duration = Duration::from_hours(24);
/// A job that was under way so often while a gpu-backend vanished is not tried
/// again: its image may be the reason.
pub const MOST_TRIES: i32 = 5;

/// Its place among the jobs of its organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Before all others.
    High,
    /// Where none is asked for.
    Normal,
    /// After all others.
    Low,
}

impl Priority {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The spelling in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    /// Parses it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == text)
    }

    fn of(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| *priority as i16 == number)
    }
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum JobState {
    Waiting {
        /// Its place among the waiting jobs of its organisation, from 1.
        place: u64,
    },
    /// A gpu-backend has the image.
    Running,
    Done {
        /// The protocol's `PredictReply`.
        result: Value,
    },
    Failed {
        error: String,
    },
}

/// A stored job, without its image.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    pub id: Id,
    pub model: String,
    pub priority: Priority,
    pub created_at: OffsetDateTime,
    /// When it was last begun.
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    pub state: JobState,
}

/// Creates a job, unless too many wait.
#[derive(Debug)]
pub struct CreateJob<'a> {
    pub id: &'a Id,
    pub organisation: &'a Id,
    /// `NAME` or `NAME@VERSION`.
    pub model: &'a str,
    pub priority: Priority,
    pub content_type: &'a str,
    pub image: &'a [u8],
    pub now: UnixMillis,
}

/// As many jobs of the organisation wait as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFull;

impl Unit for CreateJob<'_> {
    type Output = Result<(), QueueFull>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Self::Output, DatabaseError> {
        // Of many at once, each counts those before it.
        sqlx::query!(
            "SELECT id FROM organisations WHERE id = $1 FOR NO KEY UPDATE",
            self.organisation.as_str()
        )
        .fetch_one(&mut *connection)
        .await?;
        let waiting = sqlx::query!(
            r#"SELECT count(*) AS "jobs!", COALESCE(sum(bytes), 0) AS "bytes!"
            FROM jobs WHERE organisation = $1 AND finished_at IS NULL"#,
            self.organisation.as_str()
        )
        .fetch_one(&mut *connection)
        .await?;
        let bytes = i32::try_from(self.image.len()).unwrap_or(i32::MAX);
        if waiting.jobs >= MOST_WAITING || waiting.bytes + i64::from(bytes) > MOST_WAITING_BYTES {
            return Ok(Err(QueueFull));
        }
        sqlx::query!(
            "INSERT INTO jobs (id, organisation, model, priority, content_type, image, bytes, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            self.id.as_str(),
            self.organisation.as_str(),
            self.model,
            self.priority as i16,
            self.content_type,
            self.image,
            bytes,
            to_timestamp(self.now)
        )
        .execute(connection)
        .await?;
        Ok(Ok(()))
    }
}

/// A job of an organisation.
pub async fn job(
    pool: &PgPool,
    organisation: &Id,
    id: &Id,
    now: UnixMillis,
) -> Result<Option<JobRecord>, DatabaseError> {
    Ok(read(pool, organisation, Which { id: Some(id), after: None, most: 1 }, now).await?.pop())
}

/// The jobs of an organisation, newest first: the first, or those after one.
pub async fn jobs_of(
    pool: &PgPool,
    organisation: &Id,
    after: Option<&Id>,
    most: i64,
    now: UnixMillis,
) -> Result<Vec<JobRecord>, DatabaseError> {
    read(pool, organisation, Which { id: None, after, most }, now).await
}

struct Which<'a> {
    id: Option<&'a Id>,
    after: Option<&'a Id>,
    most: i64,
}

async fn read(
    pool: &PgPool,
    organisation: &Id,
    which: Which<'_>,
    now: UnixMillis,
) -> Result<Vec<JobRecord>, DatabaseError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, model, priority, created_at, started_at, finished_at, result, error,
            leased_until > $5 AS "running",
            (SELECT count(*) FROM jobs AS other
                WHERE other.organisation = jobs.organisation AND other.finished_at IS NULL
                    AND (other.leased_until IS NULL OR other.leased_until <= $5)
                    AND (other.priority, other.created_at, other.id)
                        <= (jobs.priority, jobs.created_at, jobs.id)) AS "place!"
        FROM jobs
        WHERE organisation = $1 AND ($2::text IS NULL OR id = $2)
            AND ($3::text IS NULL
                OR (created_at, id) < (SELECT created_at, id FROM jobs WHERE id = $3))
        ORDER BY created_at DESC, id DESC LIMIT $4"#,
        organisation.as_str(),
        which.id.map(Id::as_str),
        which.after.map(Id::as_str),
        which.most,
        to_timestamp(now)
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(JobRecord::try_from).collect()
}

struct Row {
    id: String,
    model: String,
    priority: i16,
    created_at: OffsetDateTime,
    started_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
    result: Option<Value>,
    error: Option<String>,
    running: Option<bool>,
    place: i64,
}

impl TryFrom<Row> for JobRecord {
    type Error = DatabaseError;

    fn try_from(row: Row) -> Result<Self, DatabaseError> {
        let state = match (row.result, row.error) {
            (Some(result), _) => JobState::Done { result },
            (None, Some(error)) => JobState::Failed { error },
            (None, None) if row.running == Some(true) => JobState::Running,
            (None, None) => JobState::Waiting { place: row.place.unsigned_abs() },
        };
        let priority = Priority::of(row.priority).ok_or_else(|| DatabaseError::Inconsistent {
            table: "jobs",
            column: "priority",
            row: row.id.clone(),
        })?;
        Ok(Self {
            id: Id::from(row.id),
            model: row.model,
            priority,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            state,
        })
    }
}

/// How an attempt at a job ended.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEnd {
    /// The protocol's `PredictReply`.
    Done(Value),
    /// A stable code: it will never be done.
    Failed(String),
    /// The gpu-backend vanished, or took too long, while it had the image.
    Broken,
    /// It never had the image: no one's fault, and not counted.
    Untried,
}

/// Records how an attempt ended; of one that came too late, nothing.
pub async fn end_job(
    pool: &PgPool,
    job: &LeasedJob,
    end: &JobEnd,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let (result, error) = match end {
        JobEnd::Done(result) => (Some(result), None),
        JobEnd::Failed(code) => (None, Some(code.as_str())),
        JobEnd::Broken if job.tries + 1 >= MOST_TRIES => (None, Some("gave-up")),
        JobEnd::Broken | JobEnd::Untried => return give_back(pool, job, end).await,
    };
    sqlx::query!(
        "UPDATE jobs SET finished_at = $3, leased_until = NULL, image = NULL, result = $4, error = $5
        WHERE id = $1 AND leases = $2 AND finished_at IS NULL",
        job.id.as_str(),
        job.leases,
        to_timestamp(now),
        result,
        error
    )
    .execute(pool)
    .await?;
    Ok(())
}

async fn give_back(pool: &PgPool, job: &LeasedJob, end: &JobEnd) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE jobs SET leased_until = NULL, tries = tries + $3
        WHERE id = $1 AND leases = $2 AND finished_at IS NULL",
        job.id.as_str(),
        job.leases,
        i32::from(*end == JobEnd::Broken)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// How many jobs are not finished.
pub async fn unfinished(pool: &PgPool) -> Result<u64, DatabaseError> {
    let count =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM jobs WHERE finished_at IS NULL"#)
            .fetch_one(pool)
            .await?;
    Ok(count.unsigned_abs())
}

/// Deletes a job, whatever became of it; whether there was one. The result of
/// one under way is dropped.
pub async fn delete_job(pool: &PgPool, organisation: &Id, id: &Id) -> Result<bool, DatabaseError> {
    let deleted = sqlx::query!(
        "DELETE FROM jobs WHERE organisation = $1 AND id = $2",
        organisation.as_str(),
        id.as_str()
    )
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Deletes finished jobs, and ends those that no gpu-backend took for as long.
pub(crate) async fn sweep(
    connection: &mut PgConnection,
    now: UnixMillis,
) -> Result<u64, DatabaseError> {
    let now = to_timestamp(now);
    let deleted = sqlx::query!("DELETE FROM jobs WHERE finished_at < $1", now - KEPT)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "UPDATE jobs SET finished_at = $2, leased_until = NULL, image = NULL, error = 'expired'
        WHERE finished_at IS NULL AND created_at < $1",
        now - KEPT,
        now
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
