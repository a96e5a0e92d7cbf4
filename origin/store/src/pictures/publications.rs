//! Packs at the edge: what it should have is queued in `deliveries`, what it is
//! known to have is recorded with the pack. Calling the edge is in
//! `munjigi-pictures`.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{ImageSpan, Pack, PackId, PackItem};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::kinds::{self, Deals, kinds};
use super::{pools, row};
use crate::DatabaseError;
use crate::deliveries::{self, Due, Topic, Wanted};

/// A pack never changes, so its versions are that it is there, and that it is
/// gone.
const PUT: u64 = 1;
const DELETED: u64 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Upload images and manifest.
    Put,
    /// Delete both.
    Delete,
}

/// Queues a complete pack for the edge.
pub(crate) async fn queue_put(
    connection: &mut PgConnection,
    pack: &str,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let payload = Some(json!({}));
    let wanted = Wanted { topic: Topic::Packs, key: pack, version: PUT, payload };
    deliveries::queue(connection, wanted, now).await
}

/// Queues the removal of a pack from the edge.
pub(super) async fn queue_deletion(
    connection: &mut PgConnection,
    pack: &str,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let wanted = Wanted { topic: Topic::Packs, key: pack, version: DELETED, payload: None };
    deliveries::queue(connection, wanted, now).await
}

/// What a delivery does to which pack.
pub fn wanted(due: &Due) -> Result<(PackId, Action), DatabaseError> {
    let action = if due.payload.is_some() { Action::Put } else { Action::Delete };
    Ok((row::pack_id(&due.key)?, action))
}

/// A pack as it is sent to the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub pack: Pack,
    /// The object with its images.
    pub images: Vec<u8>,
}

/// Builds a pack for delivery: the same bytes however often it runs.
pub async fn packed(pool: &PgPool, id: PackId, shape: Shape) -> Result<Packed, DatabaseError> {
    let pack = id.to_string();
    let stored = sqlx::query!("SELECT kind, content_type FROM packs WHERE id = $1", pack)
        .fetch_one(pool)
        .await?;
    let picture_type = row::kind(&stored.kind, &pack)?.picture_type();
    let content_type =
        stored.content_type.ok_or_else(|| row::inconsistent("content_type", &pack))?;
    let rows = sqlx::query!(
        r#"SELECT prompt AS "prompt!", answer AS "answer!", images AS "images!",
            image_lengths AS "lengths!"
        FROM pack_items WHERE pack = $1 AND outcome = 'kept' ORDER BY position"#,
        pack
    )
    .fetch_all(pool)
    .await?;
    let (mut images, mut items) = (Vec::new(), Vec::with_capacity(rows.len()));
    for row in rows {
        let mut at = u32::try_from(images.len()).map_err(|_| row::inconsistent("images", &pack))?;
        let spans = row.lengths.iter().map(|length| {
            let span = ImageSpan { at, len: length.unsigned_abs() };
            at += span.len;
            span
        });
        items.push(PackItem {
            prompt: row.prompt,
            images: spans.collect(),
            answer: serde_json::from_value(row.answer)
                .map_err(|_| row::inconsistent("answer", &pack))?,
        });
        images.extend(row.images);
    }
    let (rows, columns) = shape(picture_type);
    let pack = Pack {
        id,
        picture_type,
        rows,
        columns,
        content_type,
        image_bytes: u32::try_from(images.len()).map_err(|_| row::inconsistent("images", &pack))?,
        items,
    };
    Ok(Packed { pack, images })
}

/// Tiles or views of a kind's first image, as rows and columns.
pub type Shape = fn(munjigi_protocol::PictureType) -> (u8, u8);

/// The edge has a pack.
pub struct Published<'a> {
    pub pack: PackId,
    /// Nothing is dealt from it after this time.
    pub retire_at: UnixMillis,
    /// Whether a kind is dealt.
    pub deals: Deals<'a>,
    pub now: UnixMillis,
}

/// Records that the edge has the pack: it joins the pools.
pub async fn published(
    connection: &mut PgConnection,
    published: &Published<'_>,
) -> Result<(), DatabaseError> {
    let locked = pools::lock(connection).await?;
    sqlx::query!(
        "UPDATE packs SET state = 'published', published_at = $2, retire_at = $3
        WHERE id = $1 AND state = 'drawn'",
        published.pack.to_string(),
        to_timestamp(published.now),
        to_timestamp(published.retire_at)
    )
    .execute(&mut *connection)
    .await?;
    let off = kinds::off(&kinds(&mut *connection).await?, published.deals);
    pools::queue(connection, &locked, &off, published.now).await
}

/// Records that the edge deleted the pack: its images are deleted here too.
pub async fn deleted(
    connection: &mut PgConnection,
    pack: PackId,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let pack = pack.to_string();
    sqlx::query!(
        "UPDATE packs SET state = 'deleted', deleted_at = $2
        WHERE id = $1 AND state = 'retiring'",
        pack,
        to_timestamp(now)
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("UPDATE pack_items SET images = NULL WHERE pack = $1", pack)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes a pack that cannot be delivered, and keeps the reason.
pub async fn given_up(
    connection: &mut PgConnection,
    pack: PackId,
    why: &str,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "WITH given_up AS (
            UPDATE packs SET state = 'deleted', deleted_at = $3, last_error = $2
            WHERE id = $1 AND state = 'drawn' RETURNING id
        )
        UPDATE pack_items SET images = NULL FROM given_up WHERE pack = given_up.id",
        pack.to_string(),
        why,
        to_timestamp(now)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Delivers every published pack and the pools again, because the edge may have
/// lost them. It counts what it already has as success.
pub async fn put_again(pool: &PgPool, now: UnixMillis) -> Result<u64, DatabaseError> {
    let packs = sqlx::query_scalar!("SELECT id FROM packs WHERE state = 'published'")
        .fetch_all(pool)
        .await?;
    let queued = deliveries::queue_keys_again(pool, Topic::Packs, &packs, now).await?;
    deliveries::queue_again(pool, Topic::Pools, now).await?;
    Ok(queued)
}
