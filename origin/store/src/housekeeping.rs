//! Creates partitions ahead of time, drops old ones, and deletes expired rows.

use munjigi_domain::accounts::session;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;
use time::{Date, Duration, OffsetDateTime};

use super::{
    DatabaseError, Unit, anomalies, breakdowns, idempotency, jobs, mails, outcomes, prices,
    rollups, webhooks,
};

/// Tables that are partitioned by day, and the column that says the day.
pub const PARTITIONED: [(&str, &str); 3] =
    [("redeemed", "redeemed_at"), ("minute_counts", "minute"), ("picture_counts", "minute")];

/// Days that get their partition in advance. Events of a day without one create
/// it themselves; with a week ahead that is rare.
pub const DAYS_AHEAD: i64 = 8;

/// Days for which a deleted site can be restored.
pub const RESTORABLE_DAYS: i64 = 30;

/// Days for which the details and statistics of a deleted pack are kept.
const DELETED_PACK_DAYS: i64 = 30;

/// Creates partitions for today and the days ahead.
#[derive(Debug)]
pub struct CreateDays {
    pub now: UnixMillis,
}

impl Unit for CreateDays {
    type Output = i64;

    async fn run(&self, connection: &mut PgConnection) -> Result<i64, DatabaseError> {
        let tables = PARTITIONED.map(|(table, _)| table.to_owned());
        let created = sqlx::query_scalar!(
            r#"SELECT count(*) FILTER (WHERE create_day_partition(parent, day)) AS "created!"
            FROM unnest($1::text[]) AS parent,
                (SELECT $2::date + ahead AS day FROM generate_series(0, $3::int) AS ahead) AS days"#,
            &tables,
            today(self.now),
            i32::try_from(DAYS_AHEAD).expect("a handful of days")
        )
        .fetch_one(connection)
        .await?;
        Ok(created)
    }
}

/// Drops the days that are beyond retention.
#[derive(Debug)]
pub struct DropDays {
    pub now: UnixMillis,
    /// Days kept, not counting today.
    pub kept_days: u16,
}

impl Unit for DropDays {
    type Output = Vec<String>;

    async fn run(&self, connection: &mut PgConnection) -> Result<Vec<String>, DatabaseError> {
        let dropped = drop_before(connection, first_kept_day(self.now, self.kept_days)).await?;
        DropHours { now: self.now, kept_days: self.kept_days }.run(connection).await?;
        Ok(dropped)
    }
}

/// Drops the days before the first one that is kept, and names their tables.
pub async fn drop_before(
    connection: &mut PgConnection,
    first_kept: Date,
) -> Result<Vec<String>, DatabaseError> {
    // Dropping locks the parent briefly. Behind a long query that lock would
    // hold up intake, so give way and retry next time.
    sqlx::query!("SET LOCAL lock_timeout = '500ms'").execute(&mut *connection).await?;
    rollups::lock(connection).await?;
    let mut dropped = Vec::new();
    for (table, _) in PARTITIONED {
        let names = sqlx::query_scalar!(
            r#"SELECT drop_day_partitions($1, $2) AS "name!""#,
            table,
            first_kept
        )
        .fetch_all(&mut *connection)
        .await?;
        dropped.extend(names);
    }
    sqlx::query!(
        "DELETE FROM rollup_hours WHERE hour < $1::date::timestamp AT TIME ZONE 'UTC'",
        first_kept
    )
    .execute(connection)
    .await?;
    Ok(dropped)
}

/// Deletes hourly breakdowns that are beyond retention.
#[derive(Debug)]
pub struct DropHours {
    pub now: UnixMillis,
    /// Days for which the records are kept that they may be recomputed from.
    pub kept_days: u16,
}

impl Unit for DropHours {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let hourly_days = self.kept_days.max(breakdowns::HOURLY_DAYS);
        sqlx::query!(
            "DELETE FROM hourly_breakdowns WHERE hour < $1::date::timestamp AT TIME ZONE 'UTC'",
            first_kept_day(self.now, hourly_days)
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Deletes expired rows, and erases sites deleted long ago.
#[derive(Debug)]
pub struct Sweep {
    pub now: UnixMillis,
}

impl Unit for Sweep {
    type Output = u64;

    async fn run(&self, connection: &mut PgConnection) -> Result<u64, DatabaseError> {
        let now = to_timestamp(self.now);
        let nonces = sqlx::query!(
            "DELETE FROM signature_nonces WHERE seen_at < $1",
            now - Duration::minutes(15)
        )
        .execute(&mut *connection)
        .await?;
        let batches = sqlx::query!(
            "DELETE FROM count_batches WHERE received_at < $1",
            now - Duration::days(30)
        )
        .execute(&mut *connection)
        .await?;
        let sites = sqlx::query!(
            "WITH erased AS (
                DELETE FROM sites USING deliveries
                WHERE sites.deleted_at < $1
                    AND topic = 'sites' AND key = sites.sitekey AND next_try_at IS NULL
                RETURNING sites.sitekey
            )
            DELETE FROM site_publications USING erased
            WHERE site_publications.sitekey = erased.sitekey",
            now - Duration::days(RESTORABLE_DAYS)
        )
        .execute(&mut *connection)
        .await?;
        let accounts = sweep_accounts(&mut *connection, now).await?;
        let packs = sqlx::query!(
            "DELETE FROM packs WHERE deleted_at < $1",
            now - Duration::days(DELETED_PACK_DAYS)
        )
        .execute(&mut *connection)
        .await?;
        let outcomes = outcomes::sweep(connection, now).await?;
        let prices = prices::sweep(connection, now).await?;
        let mails = mails::sweep(connection, self.now).await?;
        let told = webhooks::sweep(connection, self.now).await?
            + anomalies::sweep(connection, self.now).await?;
        let jobs = jobs::sweep(&mut *connection, self.now).await?;
        let sites = batches.rows_affected() + sites.rows_affected();
        Ok(nonces.rows_affected()
            + sites
            + accounts
            + packs.rows_affected()
            + outcomes
            + prices
            + mails
            + jobs
            + told)
    }
}

/// Expired links and sessions, and limits that no longer restrict anyone.
async fn sweep_accounts(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<u64, DatabaseError> {
    let millis = |millis: u64| Duration::milliseconds(i64::try_from(millis).unwrap_or(i64::MAX));
    let links = sqlx::query_scalar!(
        r#"WITH sign_ups AS (DELETE FROM sign_ups WHERE expires_at < $1 RETURNING 1),
            recoveries AS (DELETE FROM recoveries WHERE expires_at < $1 RETURNING 1),
            invitations AS (DELETE FROM invitations WHERE expires_at < $1 RETURNING 1),
            ceremonies AS (DELETE FROM passkey_ceremonies WHERE expires_at < $1 RETURNING 1)
        SELECT (SELECT count(*) FROM sign_ups) + (SELECT count(*) FROM recoveries)
            + (SELECT count(*) FROM invitations) + (SELECT count(*) FROM ceremonies) AS "links!""#,
        now
    )
    .fetch_one(&mut *connection)
    .await?;
    let sessions = sqlx::query!(
        "DELETE FROM sessions WHERE created_at < $1 OR seen_at < $2
            OR (stage = 'password' AND created_at < $3)",
        now - millis(session::WHOLE_MILLIS),
        now - millis(session::IDLE_MILLIS),
        now - millis(session::SECOND_FACTOR_MILLIS)
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "UPDATE accounts SET totp_key = NULL, totp_offered_at = NULL
        WHERE totp_confirmed_at IS NULL AND totp_offered_at <= $1",
        now - millis(session::OFFER_MILLIS)
    )
    .execute(&mut *connection)
    .await?;
    let limits = sqlx::query!("DELETE FROM limits WHERE clear_at < $1", now)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM api_replies WHERE begun_at < $1", now - idempotency::KEPT)
        .execute(connection)
        .await?;
    Ok(links.unsigned_abs() + sessions.rows_affected() + limits.rows_affected())
}

/// The first day (UTC) whose rows are kept.
pub fn first_kept_day(now: UnixMillis, kept_days: u16) -> Date {
    today(now) - Duration::days(i64::from(kept_days))
}

fn today(now: UnixMillis) -> Date {
    to_timestamp(now).date()
}
