//! Packs that must not be dealt from any more, because of what is in them.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::kinds::{self, Deals, kinds};
use super::{pools, publications};
use crate::DatabaseError;

/// Withdraws all packs of photos that were completed at this time or later, or are not yet: the
/// edge deals no more from them, and those that it does not have yet are given
/// up. The factory makes others.
pub async fn withdraw_photos(
    connection: &mut PgConnection,
    since: OffsetDateTime,
    deals: Deals<'_>,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let locked = pools::lock(connection).await?;
    sqlx::query!(
        "UPDATE packs SET state = 'retiring'
        WHERE kind IN ('photo-grid', 'photo-area') AND state = 'published' AND drawn_at >= $1",
        since
    )
    .execute(&mut *connection)
    .await?;
    let given_up = sqlx::query_scalar!(
        "WITH given_up AS (
            UPDATE packs SET state = 'deleted', deleted_at = $2, last_error = 'photos withdrawn'
            WHERE kind IN ('photo-grid', 'photo-area') AND state IN ('drawing', 'drawn')
                AND (drawn_at IS NULL OR drawn_at >= $1)
            RETURNING id, drawn_at
        ), emptied AS (
            UPDATE pack_items SET images = NULL FROM given_up WHERE pack = given_up.id
        )
        SELECT id FROM given_up WHERE drawn_at IS NOT NULL",
        since,
        to_timestamp(now)
    )
    .fetch_all(&mut *connection)
    .await?;
    for pack in given_up {
        publications::queue_deletion(connection, &pack, now).await?;
    }
    let off = kinds::off(&kinds(&mut *connection).await?, deals);
    pools::queue(connection, &locked, &off, now).await
}
