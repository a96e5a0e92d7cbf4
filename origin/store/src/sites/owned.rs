//! Sites as their organisation reads them; sites of others are invisible.

use munjigi_domain::accounts::Id;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::SiteRecord;
use super::row::SiteRow;
use crate::DatabaseError;

/// How far back to search for activity of a site.
const LOOKED_BACK: Duration = Duration::days(30);

/// Every site of an organisation: active ones by name, then deleted ones.
pub async fn of_organisation(
    pool: &PgPool,
    organisation: &Id,
) -> Result<Vec<SiteRecord>, DatabaseError> {
    let rows = sites_where!(
        "WHERE organisation = $1 ORDER BY deleted_at IS NOT NULL, name, sites.sitekey",
        organisation.as_str()
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SiteRow::record).collect()
}

/// A page of an organisation's sites, by sitekey, after a given one.
pub async fn part_of(
    pool: &PgPool,
    organisation: &Id,
    after: &str,
    limit: i64,
) -> Result<Vec<SiteRecord>, DatabaseError> {
    let rows = sites_where!(
        "WHERE organisation = $1 AND sites.sitekey > $2 ORDER BY sites.sitekey LIMIT $3",
        organisation.as_str(),
        after,
        limit
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SiteRow::record).collect()
}

/// Signs of activity of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// A challenge was issued in the last thirty days.
    pub challenge: bool,
    /// A token was redeemed in the last thirty days.
    pub redeemed: bool,
}

/// Whether a site is used.
pub async fn seen(
    pool: &PgPool,
    sitekey: &str,
    now: OffsetDateTime,
) -> Result<Seen, DatabaseError> {
    let seen = sqlx::query_as!(
        Seen,
        r#"SELECT
            EXISTS(
                SELECT FROM minute_counts
                WHERE sitekey = $1 AND minute > $2 AND kind = 'issued'
            ) AS "challenge!",
            EXISTS(SELECT FROM redeemed WHERE sitekey = $1 AND redeemed_at > $2) AS "redeemed!""#,
        sitekey,
        now - LOOKED_BACK
    )
    .fetch_one(pool)
    .await?;
    Ok(seen)
}
