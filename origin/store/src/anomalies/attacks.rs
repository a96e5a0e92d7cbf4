//! What the sites issued lately that the edge found to be flooded.

use std::collections::BTreeMap;

use munjigi_domain::anomalies::{Attacked, slot};
use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;

use crate::DatabaseError;

const MINUTE_MILLIS: u64 = 60_000;

/// By sitekey, sites of organisations that were flooded in this minute or the
/// one before, and those named.
pub async fn attacked(
    connection: &mut PgConnection,
    named: &[String],
    now: UnixMillis,
) -> Result<BTreeMap<String, Attacked>, DatabaseError> {
    let minute = now.0 - now.0 % MINUTE_MILLIS;
    let place = i32::try_from(slot(now.0 / 3_600_000) + 1).unwrap_or(1);
    let rows = sqlx::query!(
        r#"WITH flooded AS (
            SELECT sitekey, sum(count)::bigint AS number FROM minute_counts
            WHERE minute >= $1 AND kind = 'flooded' GROUP BY sitekey
        )
        SELECT sitekey, coalesce(number, 0) AS "flooded!", expected[$3] AS expected,
            (
                SELECT coalesce(sum(count), 0)::bigint FROM minute_counts AS issued
                WHERE issued.sitekey = sites.sitekey AND minute >= $2 AND kind = 'issued'
            ) AS "issued!"
        FROM sites LEFT JOIN flooded USING (sitekey)
        WHERE organisation IS NOT NULL AND deleted_at IS NULL
            AND (number IS NOT NULL OR sitekey = ANY ($4))"#,
        to_timestamp(UnixMillis(minute.saturating_sub(MINUTE_MILLIS))),
        to_timestamp(UnixMillis(minute.saturating_sub(4 * MINUTE_MILLIS))),
        place,
        named
    )
    .fetch_all(connection)
    .await?;
    let attacked = rows.into_iter().map(|row| {
        let (issued, flooded) = (row.issued.unsigned_abs(), row.flooded.unsigned_abs());
        let expected = row.expected.map(i32::unsigned_abs);
        (row.sitekey, Attacked { issued, flooded, expected })
    });
    Ok(attacked.collect())
}
