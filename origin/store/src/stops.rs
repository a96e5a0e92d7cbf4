//! Requests for protected paths that the site's rules stopped in the last day,
//! as the edge counted them.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgPool;
use time::Duration;

use crate::DatabaseError;
use crate::dry_run::is_cancelled;

const DAY: Duration = Duration::DAY;

/// How long a page waits for these counts: it also opens during an attack, when
/// there are most of them.
const TIMEOUT: &str = "SET LOCAL statement_timeout = '2s'";

/// Requests that a rule stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stops {
    /// The start of the rule's path, in lower case.
    pub rule: String,
    /// Let through, because the rule is a dry run.
    pub is_dry_run: bool,
    pub count: u64,
}

struct Row {
    action: String,
    is_dry_run: bool,
    count: i64,
}

/// What a site's rules stopped in the last day, or would have stopped; `None`
/// if that took too long to count.
pub async fn last_day(
    pool: &PgPool,
    sitekey: &str,
    now: UnixMillis,
) -> Result<Option<Vec<Stops>>, DatabaseError> {
    let to = to_timestamp(UnixMillis(now.0 / 60_000 * 60_000));
    let mut transaction = pool.begin().await?;
    sqlx::query(TIMEOUT).execute(&mut *transaction).await?;
    // Minute by minute, because the table's key begins with the minute: a range of
    // minutes would read every site's rows.
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT action AS "action!", kind = 'would-stop' AS "is_dry_run!",
            sum(count)::bigint AS "count!"
        FROM generate_series($2::timestamptz, $3, interval '1 minute') AS at,
            LATERAL (
                SELECT kind, action, count FROM minute_counts
                WHERE minute = at AND minute >= $2 AND minute <= $3 AND sitekey = $1
                    AND kind IN ('stopped', 'would-stop')
            ) AS part
        GROUP BY action, kind"#,
        sitekey,
        to - DAY,
        to
    )
    .fetch_all(&mut *transaction)
    .await;
    match rows {
        Ok(rows) => Ok(Some(rows.into_iter().map(Row::stops).collect())),
        Err(error) if is_cancelled(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Row {
    fn stops(self) -> Stops {
        let Self { action, is_dry_run, count } = self;
        Stops { rule: action, is_dry_run, count: count.unsigned_abs() }
    }
}
