//! Outcomes: what sites' back ends report about redemptions, one row each.

use munjigi_domain::statistics::Span;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Outcome, OutcomeReason, OutcomeReport};
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::DatabaseError;
use super::statistics::Scope;

/// Days for which an outcome is kept after its challenge was solved.
pub const KEPT_DAYS: i64 = 90;

/// Reports as columns, in the order of the primary key: transactions that store
/// the same reports at once then wait for each other instead of deadlocking.
#[derive(Debug, Default)]
pub struct OutcomeColumns {
    sitekey: Vec<String>,
    id: Vec<Vec<u8>>,
    solved_at: Vec<OffsetDateTime>,
    signs: Vec<i64>,
    score: Vec<i16>,
    outcome: Vec<String>,
    reason: Vec<Option<String>>,
    key: Vec<Option<Vec<u8>>>,
    reported_at: Vec<OffsetDateTime>,
}

impl OutcomeColumns {
    /// Sorts reports and transposes them into columns. Of several about one
    /// redemption, the first is kept: a second one comes in a batch of its own.
    pub fn new(mut reports: Vec<OutcomeReport>) -> Self {
        reports.sort_by(|one, other| {
            (&one.sitekey, one.id, one.reported_at).cmp(&(
                &other.sitekey,
                other.id,
                other.reported_at,
            ))
        });
        reports.dedup_by(|later, first| (&later.sitekey, later.id) == (&first.sitekey, first.id));
        let mut columns = Self::default();
        for report in reports {
            columns.push(report);
        }
        columns
    }

    fn push(&mut self, report: OutcomeReport) {
        self.sitekey.push(report.sitekey);
        self.id.push(report.id.0.to_vec());
        self.solved_at.push(to_timestamp(UnixMillis(report.solved_at)));
        self.signs.push(i64::try_from(report.signs.bits()).unwrap_or_default());
        self.score.push(i16::from(report.score));
        self.outcome.push(report.outcome.as_str().to_owned());
        let reason = report.reason.map(OutcomeReason::as_str);
        self.reason.push(reason.map(str::to_owned));
        self.key.push(report.key.map(|key| key.0.to_vec()));
        self.reported_at.push(to_timestamp(UnixMillis(report.reported_at)));
    }
}

/// Stores reports. A report that repeats one, by its key or by what it says,
/// changes nothing; a second one replaces the first; a third changes nothing.
pub(super) async fn add(
    connection: &mut PgConnection,
    reports: &OutcomeColumns,
) -> Result<(), DatabaseError> {
    if reports.sitekey.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO outcomes (
            sitekey, id, solved_at, signs, score, outcome, reason, key, reported_at
        )
        SELECT * FROM unnest(
            $1::text[], $2::bytea[], $3::timestamptz[], $4::bigint[], $5::smallint[],
            $6::text[], $7::text[], $8::bytea[], $9::timestamptz[]
        )
        ON CONFLICT (sitekey, id) DO UPDATE
            SET outcome = EXCLUDED.outcome, reason = EXCLUDED.reason, key = EXCLUDED.key,
                first_key = outcomes.key, reported_at = EXCLUDED.reported_at,
                changed_at = EXCLUDED.reported_at
            WHERE outcomes.changed_at IS NULL
                AND EXCLUDED.reported_at > outcomes.reported_at
                AND (EXCLUDED.key IS NULL OR EXCLUDED.key IS DISTINCT FROM outcomes.key)
                AND (EXCLUDED.outcome, EXCLUDED.reason)
                    IS DISTINCT FROM (outcomes.outcome, outcomes.reason)",
        &reports.sitekey,
        &reports.id,
        &reports.solved_at,
        &reports.signs,
        &reports.score,
        &reports.outcome,
        &reports.reason as &[Option<String>],
        &reports.key as &[Option<Vec<u8>>],
        &reports.reported_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// How many reports there are of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The score of the token, in tenths.
    pub tenth: u8,
    pub outcome: Outcome,
    /// How the site knows, if it said.
    pub reason: Option<String>,
    pub count: u64,
}

/// What the sites of a scope reported in a time.
pub async fn reported(
    pool: &PgPool,
    scope: Scope<'_>,
    span: Span,
) -> Result<Vec<Reported>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT score / 10 AS "tenth!", outcome, reason, count(*) AS "count!"
        FROM outcomes JOIN sites USING (sitekey)
        WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)
            AND reported_at >= $3 AND reported_at < $4
        GROUP BY 1, 2, 3 ORDER BY 4 DESC, 2, 3"#,
        scope.organisation.as_str(),
        scope.sitekey,
        to_timestamp(span.from),
        to_timestamp(span.to)
    )
    .fetch_all(pool)
    .await?;
    let reported = rows.into_iter().filter_map(|row| {
        Some(Reported {
            tenth: u8::try_from(row.tenth).ok()?,
            outcome: Outcome::parse(&row.outcome)?,
            reason: row.reason,
            count: row.count.unsigned_abs(),
        })
    });
    Ok(reported.collect())
}

/// Deletes what is past its days; returns how many rows.
pub(super) async fn sweep(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<u64, DatabaseError> {
    let deleted =
        sqlx::query!("DELETE FROM outcomes WHERE solved_at < $1", now - Duration::days(KEPT_DAYS))
            .execute(connection)
            .await?;
    Ok(deleted.rows_affected())
}
