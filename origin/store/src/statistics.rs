//! Statistics of an organisation's sites, from the roll-ups; deleted sites are
//! included. They lag a few minutes behind.

use munjigi_domain::accounts::Id;
use munjigi_domain::statistics::{Dimension, Period, Span, Totals};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgPool;
use time::{Date, OffsetDateTime};

use super::DatabaseError;

#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub organisation: &'a Id,
    /// One of its sites; `None` for all.
    pub sitekey: Option<&'a str>,
}

/// The sites of a scope. A query of its own: with their number known, Postgres
/// plans the sums for as many rows as there are, and not for one.
async fn sitekeys(pool: &PgPool, scope: Scope<'_>) -> Result<Vec<String>, DatabaseError> {
    let sites = sqlx::query_scalar!(
        "SELECT sitekey FROM sites WHERE organisation = $1 AND ($2::text IS NULL OR sitekey = $2)",
        scope.organisation.as_str(),
        scope.sitekey
    )
    .fetch_all(pool)
    .await?;
    Ok(sites)
}

/// Sums what happened: `at` and `value` are what the sums are grouped by,
/// `from` is the rest of the query. One text for all, each checked as a whole.
macro_rules! sums {
    (value = $value:tt, at = $at:tt, from = $from:tt, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT " + $value + r#" AS "value!", "# + $at + r#" AS at,
                sum(issued)::bigint AS "issued!", sum(solved)::bigint AS "solved!",
                sum(stepped)::bigint AS "stepped!", sum(failed)::bigint AS "failed!",
                sum(abandoned)::bigint AS "abandoned!", sum(refused)::bigint AS "refused!",
                sum(redeemed)::bigint AS "redeemed!", sum(rejected)::bigint AS "rejected!",
                sum(pictured)::bigint AS "pictured!", sum(interactive)::bigint AS "interactive!",
                ARRAY[
                    sum(solve_ms[1]), sum(solve_ms[2]), sum(solve_ms[3]), sum(solve_ms[4]),
                    sum(solve_ms[5]), sum(solve_ms[6]), sum(solve_ms[7]), sum(solve_ms[8]),
                    sum(solve_ms[9]), sum(solve_ms[10]), sum(solve_ms[11]), sum(solve_ms[12])
                ]::bigint[] AS "solve_ms!: Vec<Option<i64>>"
            FROM "# + $from,
            $($argument),+
        )
    };
}

/// What happened in a period.
pub async fn totals(pool: &PgPool, scope: Scope<'_>, span: Span) -> Result<Totals, DatabaseError> {
    let values = by_value(pool, scope, Dimension::Total, span).await?;
    Ok(values.into_iter().next().map(|value| value.totals).unwrap_or_default())
}

/// One value of a dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value itself; `breakdowns::OTHERS` for those that are not kept
    /// individually.
    pub value: String,
    /// What happened for this value.
    pub totals: Totals,
}

/// What happened in a period by one dimension, in no particular order.
pub async fn by_value(
    pool: &PgPool,
    scope: Scope<'_>,
    dimension: Dimension,
    span: Span,
) -> Result<Vec<Value>, DatabaseError> {
    let (cover, sites) = (span.cover(), sitekeys(pool, scope).await?);
    let rows = sums!(
        value = "value",
        at = "NULL::timestamptz",
        from = "(
            SELECT value, issued, solved, stepped, failed, abandoned, refused, redeemed,
                rejected, pictured, interactive, solve_ms
            FROM daily_breakdowns
            WHERE sitekey = ANY ($1)
                AND dimension = $2 AND day >= $3 AND day < $4
            UNION ALL
            SELECT value, issued, solved, stepped, failed, abandoned, refused, redeemed,
                rejected, pictured, interactive, solve_ms
            FROM hourly_breakdowns
            WHERE sitekey = ANY ($1)
                AND dimension = $2 AND hour >= $5 AND hour < $6
            UNION ALL
            SELECT value, issued, solved, stepped, failed, abandoned, refused, redeemed,
                rejected, pictured, interactive, solve_ms
            FROM hourly_breakdowns
            WHERE sitekey = ANY ($1)
                AND dimension = $2 AND hour >= $7 AND hour < $8
        ) AS part
        GROUP BY value",
        &sites,
        dimension.as_str(),
        to_timestamp(cover.days.from).date(),
        to_timestamp(cover.days.to).date(),
        to_timestamp(cover.head.from),
        to_timestamp(cover.head.to),
        to_timestamp(cover.tail.from),
        to_timestamp(cover.tail.to)
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| Value { totals: row.totals(), value: row.value }).collect())
}

/// One step of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When it begins.
    pub at: OffsetDateTime,
    pub totals: Totals,
}

/// A span step by step, including empty steps.
pub async fn series(
    pool: &PgPool,
    scope: Scope<'_>,
    period: Period,
    span: Span,
) -> Result<Vec<Step>, DatabaseError> {
    let rows = match period {
        Period::Day | Period::Week => hours(pool, scope, period, span).await?,
        Period::Month => days(pool, scope, span).await?,
    };
    let mut rows = rows.into_iter().peekable();
    let steps = span.steps(period).map(|at| {
        let at = to_timestamp(at);
        let row = rows.next_if(|row| row.at == Some(at));
        Step { at, totals: row.map(|row| row.totals()).unwrap_or_default() }
    });
    Ok(steps.collect())
}

async fn hours(
    pool: &PgPool,
    scope: Scope<'_>,
    period: Period,
    span: Span,
) -> Result<Vec<Row>, DatabaseError> {
    let hours = i32::try_from(period.step_hours()).unwrap_or(1);
    let sites = sitekeys(pool, scope).await?;
    let rows = sums!(
        value = "''",
        at = "date_bin(make_interval(hours => $4), hour, $2)",
        from = "hourly_breakdowns
        WHERE sitekey = ANY ($1)
            AND dimension = 'total' AND hour >= $2 AND hour < $3
        GROUP BY 2 ORDER BY 2",
        &sites,
        to_timestamp(span.from),
        to_timestamp(span.to),
        hours
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

async fn days(pool: &PgPool, scope: Scope<'_>, span: Span) -> Result<Vec<Row>, DatabaseError> {
    let sites = sitekeys(pool, scope).await?;
    let date = |at| -> Date { to_timestamp(at).date() };
    let rows = sums!(
        value = "''",
        at = "day::timestamp AT TIME ZONE 'UTC'",
        from = "daily_breakdowns
        WHERE sitekey = ANY ($1)
            AND dimension = 'total' AND day >= $2 AND day < $3
        GROUP BY day ORDER BY day",
        &sites,
        date(span.from),
        date(span.to)
    )
    .fetch_all(pool)
    .await?;
    Ok(rows)
}

/// How many tokens were redeemed with one reason in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasoned {
    /// The reason, as on the wire.
    pub reason: String,
    /// When the step begins.
    pub at: OffsetDateTime,
    /// Tokens redeemed with this reason.
    pub redeemed: u64,
}

/// Reasons step by step, without empty steps.
pub async fn reasons(
    pool: &PgPool,
    scope: Scope<'_>,
    period: Period,
    span: Span,
) -> Result<Vec<Reasoned>, DatabaseError> {
    let sites = sitekeys(pool, scope).await?;
    let rows = sqlx::query!(
        r#"SELECT value AS reason, date_bin(make_interval(hours => $4), hour, $2) AS "at!",
            sum(redeemed)::bigint AS "redeemed!"
        FROM hourly_breakdowns
        WHERE sitekey = ANY ($1) AND dimension = 'reason' AND hour >= $2 AND hour < $3
        GROUP BY 1, 2"#,
        &sites,
        to_timestamp(span.from),
        to_timestamp(span.to),
        i32::try_from(period.step_hours()).unwrap_or(1)
    )
    .fetch_all(pool)
    .await?;
    let reasoned = rows.into_iter().map(|row| Reasoned {
        reason: row.reason,
        at: row.at,
        redeemed: row.redeemed.unsigned_abs(),
    });
    Ok(reasoned.collect())
}

/// Refusals by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    pub code: String,
    /// Number of refusals.
    pub count: u64,
}

/// Why requests were refused, most frequent reason first.
pub async fn refusals(
    pool: &PgPool,
    scope: Scope<'_>,
    span: Span,
) -> Result<Vec<Refusals>, DatabaseError> {
    let values = by_value(pool, scope, Dimension::Code, span).await?;
    let refusal = |Value { value, totals }| Refusals { code: value, count: totals.refused };
    let mut refusals: Vec<_> = values.into_iter().map(refusal).collect();
    refusals.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.code.cmp(&b.code)));
    Ok(refusals)
}

/// When the last token was redeemed, as far as records are kept. Not from the
/// roll-ups: this is the sign that the site works right now.
pub async fn last_redeemed(
    pool: &PgPool,
    scope: Scope<'_>,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
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

/// What happened in the last minutes, from the raw records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lately {
    /// First challenges.
    pub issued: i64,
    /// Tokens issued.
    pub solved: i64,
    /// Wrong solutions and answers.
    pub failed: i64,
    /// Refused requests.
    pub refused: i64,
    /// Redeemed tokens.
    pub redeemed: i64,
}

/// What happened in the given number of whole minutes and the current one.
pub async fn lately(
    pool: &PgPool,
    scope: Scope<'_>,
    now: UnixMillis,
    minutes: u64,
) -> Result<Lately, DatabaseError> {
    let sites = sitekeys(pool, scope).await?;
    let first = (now.0 / 60_000).saturating_sub(minutes) * 60_000;
    let lately = sqlx::query_as!(
        Lately,
        r#"SELECT coalesce(sum(count) FILTER (WHERE kind = 'issued'), 0)::bigint AS "issued!",
            coalesce(sum(count) FILTER (WHERE kind = 'solved'), 0)::bigint AS "solved!",
            coalesce(sum(count) FILTER (WHERE kind = 'failed'), 0)::bigint AS "failed!",
            coalesce(sum(count) FILTER (WHERE kind = 'refused'), 0)::bigint AS "refused!",
            (
                SELECT count(*) FROM redeemed WHERE sitekey = ANY ($1) AND redeemed_at >= $2
            ) AS "redeemed!"
        FROM minute_counts WHERE sitekey = ANY ($1) AND minute >= $2"#,
        &sites,
        to_timestamp(UnixMillis(first))
    )
    .fetch_one(pool)
    .await?;
    Ok(lately)
}

struct Row {
    value: String,
    at: Option<OffsetDateTime>,
    issued: i64,
    solved: i64,
    stepped: i64,
    failed: i64,
    abandoned: i64,
    refused: i64,
    redeemed: i64,
    rejected: i64,
    pictured: i64,
    interactive: i64,
    solve_ms: Vec<Option<i64>>,
}

impl Row {
    fn totals(&self) -> Totals {
        let buckets = self.solve_ms.iter().map(|bucket| bucket.unwrap_or(0).unsigned_abs());
        Totals {
            issued: self.issued.unsigned_abs(),
            solved: self.solved.unsigned_abs(),
            stepped: self.stepped.unsigned_abs(),
            failed: self.failed.unsigned_abs(),
            abandoned: self.abandoned.unsigned_abs(),
            refused: self.refused.unsigned_abs(),
            redeemed: self.redeemed.unsigned_abs(),
            rejected: self.rejected.unsigned_abs(),
            pictured: self.pictured.unsigned_abs(),
            interactive: self.interactive.unsigned_abs(),
            solve_ms: buckets.collect(),
        }
    }
}
