//! What sites are expected to issue, which no one sets.

use munjigi_domain::anomalies::{differs, expected, weeks};
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;

use super::{fetch, row};
use crate::{DatabaseError, Unit, anomalies, publications};

/// Sites that are computed in one transaction.
const AT_ONCE: i64 = 50;

const HOUR_MILLIS: u64 = 3_600_000;

/// Computes what the next sites after one are expected to issue, and publishes
/// what has changed.
#[derive(Debug)]
pub struct ExpectNext<'a> {
    /// The last site of the call before; empty for the first ones.
    pub after: &'a str,
    pub now: UnixMillis,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The last site; `None` if there are no more.
    pub last: Option<String>,
    /// Sites whose numbers were published.
    pub changed: usize,
}

impl Unit for ExpectNext<'_> {
    type Output = Expected;

    async fn run(&self, connection: &mut PgConnection) -> Result<Expected, DatabaseError> {
        let rows = sqlx::query!(
            "SELECT sitekey, expected FROM sites WHERE sitekey > $1 AND deleted_at IS NULL
            ORDER BY sitekey LIMIT $2",
            self.after,
            AT_ONCE
        )
        .fetch_all(&mut *connection)
        .await?;
        let hour = self.now.0 / HOUR_MILLIS;
        let sitekeys: Vec<String> = rows.iter().map(|row| row.sitekey.clone()).collect();
        let pasts = anomalies::site_pasts(connection, &sitekeys, &weeks(hour)).await?;
        let mut changed = 0;
        for row in &rows {
            let Some(week) = pasts.get(&row.sitekey).and_then(|past| expected(past, hour)) else {
                continue;
            };
            let before: Vec<u32> =
                row.expected.iter().map(|number| number.unsigned_abs()).collect();
            if differs(&before, &week) {
                self.publish(connection, &row.sitekey, &week).await?;
                changed += 1;
            }
        }
        Ok(Expected { last: sitekeys.last().cloned(), changed })
    }
}

impl ExpectNext<'_> {
    async fn publish(
        &self,
        connection: &mut PgConnection,
        sitekey: &str,
        week: &[u32],
    ) -> Result<(), DatabaseError> {
        let week: Vec<i32> = week.iter().map(|number| row::integer(*number)).collect();
        sqlx::query!(
            "UPDATE sites SET expected = $2, version = GREATEST(version + 1, $3)
            WHERE sitekey = $1",
            sitekey,
            &week,
            row::bigint(self.now.0)
        )
        .execute(&mut *connection)
        .await?;
        let Some(site) = fetch(&mut *connection, sitekey).await? else { return Ok(()) };
        let config = &site.config;
        publications::queue(connection, sitekey, config.version, Some(config), self.now).await
    }
}
