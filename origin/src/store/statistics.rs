//! Numbers of an organisation's sites, from the hourly roll-ups; sites that
//! were deleted count on. They lag a few minutes behind.

use sqlx::PgPool;
use time::OffsetDateTime;

use super::{StoreError, to_timestamp};
use crate::accounts::Id;
use crate::statistics::{Period, Span, Totals};

/// Whose numbers.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The organisation.
    pub organisation: &'a Id,
    /// One of its sites, or all.
    pub sitekey: Option<&'a str>,
}

/// What happened in a time.
pub async fn totals(pool: &PgPool, scope: Scope<'_>, span: Span) -> Result<Totals, StoreError> {
    let row = sqlx::query!(
        r#"SELECT coalesce(sum(issued), 0)::bigint AS "issued!",
            coalesce(sum(solved), 0)::bigint AS "solved!",
            coalesce(sum(stepped), 0)::bigint AS "stepped!",
            coalesce(sum(failed), 0)::bigint AS "failed!",
            coalesce(sum(abandoned), 0)::bigint AS "abandoned!",
            coalesce(sum(refused), 0)::bigint AS "refused!",
            coalesce(sum(redeemed), 0)::bigint AS "redeemed!",
            coalesce(sum(rejected), 0)::bigint AS "rejected!",
            coalesce(sum(interactive), 0)::bigint AS "interactive!",
            coalesce(sum_buckets(solve_ms), '{}') AS "solve_ms!"
        FROM hourly_rollups JOIN sites USING (sitekey)
        WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)
            AND hour >= $3 AND hour < $4"#,
        scope.organisation.as_str(),
        scope.sitekey,
        to_timestamp(span.from),
        to_timestamp(span.to)
    )
    .fetch_one(pool)
    .await?;
    Ok(Totals {
        issued: row.issued.unsigned_abs(),
        solved: row.solved.unsigned_abs(),
        stepped: row.stepped.unsigned_abs(),
        failed: row.failed.unsigned_abs(),
        abandoned: row.abandoned.unsigned_abs(),
        refused: row.refused.unsigned_abs(),
        redeemed: row.redeemed.unsigned_abs(),
        rejected: row.rejected.unsigned_abs(),
        interactive: row.interactive.unsigned_abs(),
        solve_ms: row.solve_ms.into_iter().map(i64::unsigned_abs).collect(),
    })
}

/// One step of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When it begins.
    pub at: OffsetDateTime,
    /// First challenges.
    pub issued: i64,
    /// Tokens handed out.
    pub solved: i64,
    /// Wrong solutions and answers.
    pub failed: i64,
    /// Requests refused.
    pub refused: i64,
    /// Tokens redeemed.
    pub redeemed: i64,
}

/// The period step by step, those without anything included.
pub async fn series(
    pool: &PgPool,
    scope: Scope<'_>,
    period: Period,
    span: Span,
) -> Result<Vec<Step>, StoreError> {
    let hours = i32::try_from(period.step_hours()).unwrap_or(1);
    let steps = sqlx::query_as!(
        Step,
        r#"SELECT step.at AS "at!", coalesce(sum(issued), 0)::bigint AS "issued!",
            coalesce(sum(solved), 0)::bigint AS "solved!",
            coalesce(sum(failed), 0)::bigint AS "failed!",
            coalesce(sum(refused), 0)::bigint AS "refused!",
            coalesce(sum(redeemed), 0)::bigint AS "redeemed!"
        FROM generate_series($3::timestamptz, $4::timestamptz - make_interval(hours => $5),
                make_interval(hours => $5)) AS step (at)
            LEFT JOIN (
                SELECT hour, issued, solved, failed, refused, redeemed
                FROM hourly_rollups JOIN sites USING (sitekey)
                WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)
                    AND hour >= $3 AND hour < $4
            ) AS part ON part.hour >= step.at AND part.hour < step.at + make_interval(hours => $5)
        GROUP BY step.at ORDER BY step.at"#,
        scope.organisation.as_str(),
        scope.sitekey,
        to_timestamp(span.from),
        to_timestamp(span.to),
        hours
    )
    .fetch_all(pool)
    .await?;
    Ok(steps)
}

/// Refusals by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// The protocol's code.
    pub code: String,
    /// How often.
    pub count: i64,
}

/// Why requests were refused, the most frequent reason first.
pub async fn refusals(
    pool: &PgPool,
    scope: Scope<'_>,
    span: Span,
) -> Result<Vec<Refusals>, StoreError> {
    let refusals = sqlx::query_as!(
        Refusals,
        r#"SELECT code, sum(count)::bigint AS "count!"
        FROM hourly_refusals JOIN sites USING (sitekey)
        WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)
            AND hour >= $3 AND hour < $4
        GROUP BY code ORDER BY 2 DESC, code"#,
        scope.organisation.as_str(),
        scope.sitekey,
        to_timestamp(span.from),
        to_timestamp(span.to)
    )
    .fetch_all(pool)
    .await?;
    Ok(refusals)
}

/// When the last token was redeemed, as far as records are kept. Not rolled
/// up: this is the sign that it works now.
pub async fn last_redeemed(
    pool: &PgPool,
    scope: Scope<'_>,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT max(last.redeemed_at) FROM sites, LATERAL (
            SELECT redeemed_at FROM redeemed WHERE redeemed.sitekey = sites.sitekey
            ORDER BY redeemed_at DESC LIMIT 1
        ) AS last
        WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)"#,
        scope.organisation.as_str(),
        scope.sitekey
    )
    .fetch_one(pool)
    .await?;
    Ok(last)
}
