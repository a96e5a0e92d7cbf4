//! Which jobs are next. Organisations take turns, however many jobs each has;
//! priorities order the jobs of one.

use munjigi_domain::accounts::Id;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;

use crate::{DatabaseError, Unit};

/// Jobs of one organisation that run at once.
pub const RUNNING: i64 = 3;
/// A job with a larger image is long.
pub const LONG_BYTES: i32 = 1024 * 1024;

/// Leases the next jobs.
#[derive(Debug, Clone, Copy)]
pub struct LeaseJobs {
    /// As many at most.
    pub most: usize,
    /// Of these, as many long ones at most.
    pub most_long: usize,
    pub now: UnixMillis,
    /// No one else runs them until then.
    pub until: UnixMillis,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedJob {
    pub id: Id,
    pub leases: i32,
    pub model: String,
    pub content_type: String,
    pub image: Vec<u8>,
    /// How often a gpu-backend vanished while it had the image.
    pub tries: i32,
}

impl LeasedJob {
    /// Whether it is kept apart, so that short ones need not wait for it.
    pub fn is_long(&self) -> bool {
        i32::try_from(self.image.len()).unwrap_or(i32::MAX) > LONG_BYTES
    }
}

impl Unit for LeaseJobs {
    type Output = Vec<LeasedJob>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Vec<LeasedJob>, DatabaseError> {
        // One origin at a time, or an organisation would get three at each.
        sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('munjigi_jobs'))")
            .execute(&mut *connection)
            .await?;
        let next = sqlx::query!(
            r#"WITH organisations AS (
                SELECT organisation, count(*) FILTER (WHERE leased_until > $1) AS running
                FROM jobs WHERE finished_at IS NULL GROUP BY organisation
            )
            SELECT job.id, job.long AS "long!"
            FROM organisations AS asking
            CROSS JOIN LATERAL (
                SELECT id, bytes > $3 AS long,
                    row_number() OVER (ORDER BY priority, created_at, id) AS place
                FROM jobs
                WHERE organisation = asking.organisation AND finished_at IS NULL
                    AND (leased_until IS NULL OR leased_until <= $1)
                    AND (bytes <= $3 OR $5)
                ORDER BY priority, created_at, id LIMIT $2
            ) AS job
            WHERE asking.running + job.place <= $2
            ORDER BY asking.running + job.place,
                (SELECT max(started_at) FROM jobs WHERE organisation = asking.organisation)
                    NULLS FIRST,
                asking.organisation
            LIMIT $4"#,
            to_timestamp(self.now),
            RUNNING,
            LONG_BYTES,
            i64::try_from(self.most).unwrap_or(i64::MAX),
            self.most_long > 0
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut long = 0;
        let mut chosen: Vec<String> = Vec::new();
        for job in next {
            long += usize::from(job.long);
            if !job.long || long <= self.most_long {
                chosen.push(job.id);
            }
        }
        let rows = sqlx::query!(
            r#"UPDATE jobs SET leased_until = $2, leases = leases + 1, started_at = $3
            WHERE id = ANY ($1)
            RETURNING id, leases, model, content_type, image AS "image!", tries"#,
            &chosen,
            to_timestamp(self.until),
            to_timestamp(self.now)
        )
        .fetch_all(connection)
        .await?;
        let leased = rows.into_iter().map(|row| LeasedJob {
            id: Id::from(row.id),
            leases: row.leases,
            model: row.model,
            content_type: row.content_type,
            image: row.image,
            tries: row.tries,
        });
        Ok(leased.collect())
    }
}
