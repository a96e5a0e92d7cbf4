//! The packs' part of the outbox: what the edge should do about each pack.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{ImageSpan, Pack, PackId, PackItem};
use sqlx::{PgConnection, PgPool};
use time::Duration;

use super::kinds::{self, Deals, kinds};
use super::{pools, row};
use crate::{StoreError, Unit};

/// How long a publisher has for one pack, images included.
const LEASE: Duration = Duration::minutes(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Upload images and manifest.
    Put,
    /// Delete both.
    Delete,
}

/// One delivery to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub pack: PackId,
    pub action: Action,
    /// Failed attempts.
    pub attempts: u32,
}

/// Leases the deliveries that are due, oldest first.
pub async fn lease(pool: &PgPool, now: UnixMillis, most: i64) -> Result<Vec<Due>, StoreError> {
    let now = to_timestamp(now);
    let rows = sqlx::query!(
        "UPDATE pack_publications SET leased_until = $2
        WHERE pack IN (
            SELECT pack FROM pack_publications
            WHERE next_try_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
            ORDER BY next_try_at LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        RETURNING pack, action, attempts",
        now,
        now + LEASE,
        most
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let action = if row.action == "put" { Action::Put } else { Action::Delete };
            let attempts = row.attempts.unsigned_abs();
            Ok(Due { pack: row::pack_id(&row.pack)?, action, attempts })
        })
        .collect()
}

/// A pack as it is sent to the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub pack: Pack,
    /// The object with its images.
    pub images: Vec<u8>,
}

/// Builds a pack for delivery: the same bytes however often it runs.
pub async fn packed(pool: &PgPool, id: PackId, shape: Shape) -> Result<Packed, StoreError> {
    let pack = id.to_string();
    let stored = sqlx::query!("SELECT type, content_type FROM packs WHERE id = $1", pack)
        .fetch_one(pool)
        .await?;
    let picture_type = row::picture_type(&stored.r#type, &pack)?;
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

/// Records that the edge has the pack: it joins the pools.
pub struct Put<'a> {
    pub pack: PackId,
    /// Nothing is dealt from it after this time.
    pub retire_at: UnixMillis,
    /// Whether a kind is dealt.
    pub deals: Deals<'a>,
    pub now: UnixMillis,
}

impl Unit for Put<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let locked = pools::lock(connection).await?;
        let (pack, now) = (self.pack.to_string(), to_timestamp(self.now));
        sqlx::query!(
            "UPDATE packs SET state = 'published', published_at = $2, retire_at = $3
            WHERE id = $1 AND state = 'drawn'",
            pack,
            now,
            to_timestamp(self.retire_at)
        )
        .execute(&mut *connection)
        .await?;
        done(connection, &pack, Action::Put).await?;
        let off = kinds::off(&kinds(&mut *connection).await?, self.deals);
        pools::queue(connection, &locked, &off, self.now).await
    }
}

/// Records that the edge deleted the pack: its images are deleted here too.
pub async fn deleted(pool: &PgPool, pack: PackId, now: UnixMillis) -> Result<(), StoreError> {
    crate::transact(pool, &Deleted { pack, now }).await
}

struct Deleted {
    pack: PackId,
    now: UnixMillis,
}

impl Unit for Deleted {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let pack = self.pack.to_string();
        sqlx::query!(
            "UPDATE packs SET state = 'deleted', deleted_at = $2
            WHERE id = $1 AND state = 'retiring'",
            pack,
            to_timestamp(self.now)
        )
        .execute(&mut *connection)
        .await?;
        sqlx::query!("UPDATE pack_items SET images = NULL WHERE pack = $1", pack)
            .execute(&mut *connection)
            .await?;
        done(connection, &pack, Action::Delete).await
    }
}

/// Deletes a pack that cannot be delivered, and keeps the reason.
pub async fn given_up(
    pool: &PgPool,
    pack: PackId,
    why: &str,
    now: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH given_up AS (
            UPDATE packs SET state = 'deleted', deleted_at = $3, last_error = $2
            WHERE id = $1 AND state = 'drawn' RETURNING id
        ), emptied AS (
            UPDATE pack_items SET images = NULL FROM given_up WHERE pack = given_up.id
        )
        UPDATE pack_publications SET next_try_at = NULL, leased_until = NULL, last_error = $2
        WHERE pack = $1",
        pack.to_string(),
        why,
        to_timestamp(now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Unless another action has been queued by now.
async fn done(connection: &mut PgConnection, pack: &str, action: Action) -> Result<(), StoreError> {
    let action = match action {
        Action::Put => "put",
        Action::Delete => "delete",
    };
    sqlx::query!(
        "UPDATE pack_publications SET
            leased_until = NULL,
            next_try_at = CASE WHEN action = $2 THEN NULL ELSE next_try_at END,
            attempts = 0, last_error = NULL
        WHERE pack = $1",
        pack,
        action
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that the edge failed, and when to retry.
pub async fn failed(
    pool: &PgPool,
    pack: PackId,
    error: &str,
    next_try_at: UnixMillis,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE pack_publications SET
            leased_until = NULL, next_try_at = $3, attempts = attempts + 1, last_error = $2
        WHERE pack = $1 AND next_try_at IS NOT NULL",
        pack.to_string(),
        error,
        to_timestamp(next_try_at)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Delivers every published pack and the pools again, because the edge may have
/// lost them. It counts what it already has as success.
pub async fn put_again(pool: &PgPool, now: UnixMillis) -> Result<u64, StoreError> {
    let now = to_timestamp(now);
    let queued = sqlx::query!(
        "UPDATE pack_publications SET queued_at = $1, next_try_at = $1, attempts = 0
        FROM packs
        WHERE packs.id = pack AND packs.state = 'published' AND action = 'put'
            AND (next_try_at IS NULL OR next_try_at > $1)",
        now
    )
    .execute(pool)
    .await?;
    sqlx::query!("UPDATE pool_publication SET next_try_at = $1, attempts = 0", now)
        .execute(pool)
        .await?;
    Ok(queued.rows_affected())
}
