//! Computes what happened by country, network, host name, action and reason,
//! per hour and per day. Reading it is in `statistics`.

use munjigi_protocol::{ScoreReason, Sign, Signs};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::{DatabaseError, Unit, rollups};

/// Networks, host names and actions kept individually, each per site and hour
/// or day; countries and codes are all kept. Visitors control these values, and
/// an attack that invents many must neither fill the disk nor slow the console
/// down, so the rest is counted together. `scripts/bench console` measures a
/// month of an organisation whose sites exceed this.
pub const MOST_VALUES: i64 = 100;

/// Stands for all values that are not kept individually. It cannot be a
/// country, network number, host name, action or code.
pub const OTHERS: &str = "*";

/// Minimum days for which hours are kept: two of the longest periods, and room
/// for their edges.
pub const HOURLY_DAYS: u16 = 70;

/// Sums what `happened` by each `value` of each `dimension`, and inserts it
/// with the remaining values as one. Within an hour the placeholder does not
/// occur; within a day it sorts last, so that it takes no value's place. One
/// text for both tables, each checked as a whole; `$1` is the hour or the day.
macro_rules! place {
    (
        happened = $happened:tt, dimension = $dimension:tt, value = $value:tt, by = $by:tt,
        into = $into:tt, at = $at:tt, $when:expr $(, $more:expr)?
    ) => {
        sqlx::query!(
            "WITH happened AS (" + $happened + "), summed AS (
                SELECT sitekey, " + $dimension + " AS dimension, " + $value + " AS value,
                    coalesce(sum(issued), 0) AS issued, coalesce(sum(solved), 0) AS solved,
                    coalesce(sum(stepped), 0) AS stepped, coalesce(sum(failed), 0) AS failed,
                    coalesce(sum(abandoned), 0) AS abandoned, coalesce(sum(refused), 0) AS refused,
                    sum(redeemed) AS redeemed, sum(rejected) AS rejected,
                    sum(pictured) AS pictured, sum(interactive) AS interactive,
                    sum(solve_ms[1]) AS b1, sum(solve_ms[2]) AS b2, sum(solve_ms[3]) AS b3,
                    sum(solve_ms[4]) AS b4, sum(solve_ms[5]) AS b5, sum(solve_ms[6]) AS b6,
                    sum(solve_ms[7]) AS b7, sum(solve_ms[8]) AS b8, sum(solve_ms[9]) AS b9,
                    sum(solve_ms[10]) AS b10, sum(solve_ms[11]) AS b11, sum(solve_ms[12]) AS b12
                FROM happened GROUP BY " + $by + "
            ), placed AS (
                SELECT *, row_number() OVER (
                    PARTITION BY sitekey, dimension
                    ORDER BY value = $3, issued + solved + failed + refused + redeemed DESC, value
                ) AS place
                FROM summed WHERE dimension <> 'code' OR value <> ''
            )
            INSERT INTO " + $into + " (" + $at + ", sitekey, dimension, value, issued, solved,
                stepped, failed, abandoned, refused, redeemed, rejected, pictured, interactive,
                solve_ms
            )
            SELECT $1, sitekey, dimension,
                CASE WHEN place <= $2 OR dimension IN ('country', 'code') THEN value ELSE $3 END
                    AS kept,
                sum(issued), sum(solved), sum(stepped), sum(failed), sum(abandoned), sum(refused),
                sum(redeemed), sum(rejected), sum(pictured), sum(interactive),
                CASE WHEN count(b1) = 0 THEN '{}'::bigint[] ELSE ARRAY[
                    sum(b1), sum(b2), sum(b3), sum(b4), sum(b5), sum(b6),
                    sum(b7), sum(b8), sum(b9), sum(b10), sum(b11), sum(b12)
                ]::bigint[] END
            FROM placed GROUP BY sitekey, dimension, kept ORDER BY sitekey, dimension, kept",
            $when,
            MOST_VALUES,
            OTHERS
            $(, $more)?
        )
    };
}

/// Recomputes one hour. Called within the unit that computes the hour's
/// roll-up, which holds the lock and has checked that its records still exist.
pub async fn replace_hour(
    connection: &mut PgConnection,
    hour: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query!("DELETE FROM hourly_breakdowns WHERE hour = $1", hour)
        .execute(&mut *connection)
        .await?;
    place!(
        happened = "SELECT sitekey, country, asn::text, hostname, action, code,
                CASE kind WHEN 'issued' THEN count END AS issued,
                CASE kind WHEN 'solved' THEN count END AS solved,
                CASE kind WHEN 'stepped' THEN count END AS stepped,
                CASE kind WHEN 'failed' THEN count END AS failed,
                CASE kind WHEN 'abandoned' THEN count END AS abandoned,
                CASE kind WHEN 'refused' THEN count END AS refused,
                0 AS redeemed, 0::bigint AS rejected, 0 AS pictured, 0 AS interactive, solve_ms
            FROM minute_counts
            WHERE minute >= $1 AND minute < $1::timestamptz + interval '1 hour'
                AND kind NOT IN ('stopped', 'would-stop')
            UNION ALL
            SELECT sitekey, country, asn::text, hostname, action, '',
                NULL, NULL, NULL, NULL, NULL, NULL,
                1, rejected, stepped::int, interactive::int, NULL
            FROM redeemed
            WHERE redeemed_at >= $1 AND redeemed_at < $1::timestamptz + interval '1 hour'",
        dimension = "CASE WHEN GROUPING(country) = 0 THEN 'country'
                WHEN GROUPING(asn) = 0 THEN 'asn' WHEN GROUPING(hostname) = 0 THEN 'hostname'
                WHEN GROUPING(action) = 0 THEN 'action'
                WHEN GROUPING(code) = 0 THEN 'code' ELSE 'total' END",
        value = "coalesce(country, asn, hostname, action, code, '')",
        by = "GROUPING SETS ((sitekey), (sitekey, country), (sitekey, asn),
                (sitekey, hostname), (sitekey, action), (sitekey, code))",
        into = "hourly_breakdowns",
        at = "hour",
        hour
    )
    .execute(&mut *connection)
    .await?;
    place_scores(connection, hour).await
}

/// Redeemed tokens by score and by reason. There are few values of each, and
/// visitors choose none of them.
async fn place_scores(
    connection: &mut PgConnection,
    hour: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let (reasons, masks) = reasons();
    sqlx::query!(
        "INSERT INTO hourly_breakdowns (hour, sitekey, dimension, value, issued, solved, stepped,
            failed, abandoned, refused, redeemed, rejected, pictured, interactive, solve_ms
        )
        SELECT $1, sitekey, dimension, value, 0, 0, 0, 0, 0, 0,
            count(*), sum(rejected), sum(stepped::int), sum(interactive::int), '{}'
        FROM redeemed, LATERAL (
            SELECT 'score' AS dimension, (score / 10)::text AS value
            UNION ALL
            SELECT 'reason', reason FROM unnest($2::text[], $3::bigint[]) AS known (reason, mask)
            WHERE signs & mask <> 0
        ) AS parts
        WHERE redeemed_at >= $1 AND redeemed_at < $1::timestamptz + interval '1 hour'
        GROUP BY sitekey, dimension, value",
        hour,
        &reasons,
        &masks
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Each reason, and the bits of the signs that give it.
fn reasons() -> (Vec<String>, Vec<i64>) {
    let mask = |reason: ScoreReason| {
        let signs = Sign::ALL.into_iter().filter(|sign| sign.reason() == Some(reason));
        i64::try_from(signs.collect::<Signs>().bits()).unwrap_or_default()
    };
    let all = ScoreReason::ALL.into_iter();
    all.map(|reason| (reason.as_str().to_owned(), mask(reason))).unzip()
}

#[derive(Debug)]
pub struct RollHour {
    pub hour: OffsetDateTime,
}

impl Unit for RollHour {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        rollups::lock(connection).await?;
        // Retention may have dropped the hour's rows since it was found due;
        // computing it now would replace its roll-up with nothing.
        let marked = sqlx::query!("SELECT FROM rollup_hours WHERE hour = $1", self.hour)
            .fetch_optional(&mut *connection)
            .await?;
        if marked.is_none() {
            return Ok(());
        }
        replace_hour(connection, self.hour).await
    }
}

/// Recomputes one day from its hours.
#[derive(Debug)]
pub struct RollDay {
    pub day: Date,
}

impl Unit for RollDay {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        rollups::lock(connection).await?;
        let from = self.day.midnight().assume_utc();
        // If retention has dropped any of its hours since, the day stays as it
        // was.
        sqlx::query!(
            "DELETE FROM daily_breakdowns WHERE day = $1 AND EXISTS (
                SELECT FROM hourly_breakdowns
                WHERE hour >= $2 AND hour < $2::timestamptz + interval '1 day'
            )",
            self.day,
            from
        )
        .execute(&mut *connection)
        .await?;
        place!(
            happened = "SELECT sitekey, dimension, value, issued, solved, stepped, failed,
                    abandoned, refused, redeemed, rejected, pictured, interactive, solve_ms
                FROM hourly_breakdowns
                WHERE hour >= $4 AND hour < $4::timestamptz + interval '1 day'",
            dimension = "dimension",
            value = "value",
            by = "sitekey, dimension, value",
            into = "daily_breakdowns",
            at = "day",
            self.day,
            from
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
