//! An operator's photos, and the packs made from them.

use std::collections::BTreeSet;

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{PackId, PictureKind, RightRound};
use sqlx::{PgConnection, PgPool};

use super::pictures::{content_type, publications};
use super::{StoreError, Unit};

/// A photo that certainly shows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// What it shows.
    pub label: String,
    /// A JPEG of 128 × 128.
    pub tile: Vec<u8>,
}

/// A photo to be stored.
#[derive(Debug)]
pub struct NewPhoto<'a> {
    /// SHA-256 of its file.
    pub sha256: &'a [u8; 32],
    /// Its path below the folder.
    pub name: &'a str,
    /// What permits its use.
    pub licence: &'a str,
    /// The model that labelled it.
    pub model: &'a str,
    /// The thing that it shows; `None` if it shows none for certain.
    pub label: Option<&'a str>,
    /// The model's confidence.
    pub score: f32,
    /// A JPEG of 128 × 128.
    pub tile: &'a [u8],
    pub now: UnixMillis,
}

/// Whether this model has labelled a photo before.
pub async fn known(pool: &PgPool, sha256: &[u8; 32], model: &str) -> Result<bool, StoreError> {
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM photos WHERE sha256 = $1 AND model = $2) AS "known!""#,
        sha256.as_slice(),
        model
    )
    .fetch_one(pool)
    .await?;
    Ok(known)
}

/// Stores a photo, replacing what another model said about it.
pub async fn keep(pool: &PgPool, photo: &NewPhoto<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO photos (sha256, name, licence, model, label, score, tile, imported_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (sha256) DO UPDATE SET
            name = $2, licence = $3, model = $4, label = $5, score = $6, tile = $7, imported_at = $8",
        photo.sha256.as_slice(),
        photo.name,
        photo.licence,
        photo.model,
        photo.label,
        photo.score,
        photo.tile,
        to_timestamp(photo.now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// What may be used of a model's output.
#[derive(Debug, Clone, Copy)]
pub struct Usable<'a> {
    /// `NAME@VERSION`.
    pub model: &'a str,
    /// The things that it can name.
    pub things: &'a BTreeSet<String>,
    /// The lowest score that counts as certain.
    pub sure: f32,
}

impl Usable<'_> {
    fn things(&self) -> Vec<String> {
        self.things.iter().cloned().collect()
    }
}

/// Every photo that certainly shows something, according to a model.
pub async fn labelled(pool: &PgPool, usable: &Usable<'_>) -> Result<Vec<Photo>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT label AS "label!", tile FROM photos
        WHERE label = ANY ($2) AND score >= $3 AND model = $1 ORDER BY sha256"#,
        usable.model,
        &usable.things(),
        usable.sure
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| Photo { label: row.label, tile: row.tile }).collect())
}

/// A photo with one thing to point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaPhoto {
    pub label: String,
    /// Where it is.
    pub answer: RightRound,
    /// A JPEG of 480 × 320.
    pub picture: Vec<u8>,
}

/// A photo with one thing to point at, to be stored.
#[derive(Debug)]
pub struct NewArea<'a> {
    /// SHA-256 of the photo's file.
    pub sha256: &'a [u8; 32],
    /// The model that segmented it.
    pub model: &'a str,
    pub label: &'a str,
    /// The model's confidence.
    pub score: f32,
    /// Where the thing is.
    pub answer: &'a RightRound,
    /// A JPEG of 480 × 320.
    pub picture: &'a [u8],
}

/// Whether this model has already found the thing to point at in a photo.
pub async fn has_area(pool: &PgPool, sha256: &[u8; 32], model: &str) -> Result<bool, StoreError> {
    let has = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM photo_areas WHERE sha256 = $1 AND model = $2) AS "has!""#,
        sha256.as_slice(),
        model
    )
    .fetch_one(pool)
    .await?;
    Ok(has)
}

/// Stores it, replacing what another model said.
pub async fn keep_area(pool: &PgPool, area: &NewArea<'_>) -> Result<(), StoreError> {
    let answer =
        serde_json::to_value(area.answer).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    sqlx::query!(
        "INSERT INTO photo_areas (sha256, model, label, score, answer, picture)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (sha256) DO UPDATE SET
            model = $2, label = $3, score = $4, answer = $5, picture = $6",
        area.sha256.as_slice(),
        area.model,
        area.label,
        area.score,
        answer,
        area.picture
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Every photo with one thing to point at, according to a model, in no
/// particular order.
pub async fn areas(pool: &PgPool, usable: &Usable<'_>) -> Result<Vec<AreaPhoto>, StoreError> {
    let rows = sqlx::query!(
        "SELECT label, answer, picture FROM photo_areas
        WHERE label = ANY ($2) AND score >= $3 AND model = $1 ORDER BY sha256",
        usable.model,
        &usable.things(),
        usable.sure
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let answer =
                serde_json::from_value(row.answer).map_err(|_| StoreError::Inconsistent {
                    table: "photo_areas",
                    column: "answer",
                    row: row.label.clone(),
                })?;
            Ok(AreaPhoto { label: row.label, answer, picture: row.picture })
        })
        .collect()
}

/// An item of a pack of photos.
#[derive(Debug, Clone, Copy)]
pub struct PhotoItem<'a> {
    pub seed: [u8; 32],
    /// The thing to look for.
    pub prompt: &'a str,
    /// The correct answer.
    pub answer: &'a RightRound,
    /// The encoded image.
    pub image: &'a [u8],
}

/// Creates a pack that is already drawn, and queues it for the edge.
#[derive(Debug)]
pub struct AddPhotoPack<'a> {
    pub id: PackId,
    pub kind: PictureKind,
    /// Challenges that may be dealt from it.
    pub deal_limit: u64,
    pub items: &'a [PhotoItem<'a>],
    pub now: UnixMillis,
}

impl Unit for AddPhotoPack<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let (pack, now) = (self.id.to_string(), to_timestamp(self.now));
        sqlx::query!(
            "INSERT INTO packs (
                id, kind, state, items, deal_limit, drawn_by, content_type, created_at,
                drawn_at
            ) VALUES ($1, $2, 'drawn', $3, $4, 'photos', $5, $6, $6)",
            pack,
            self.kind.as_str(),
            i32::try_from(self.items.len()).unwrap_or(i32::MAX),
            i64::try_from(self.deal_limit).unwrap_or(i64::MAX),
            content_type(self.kind.picture_type()),
            now
        )
        .execute(&mut *connection)
        .await?;
        for (position, item) in (0_i32..).zip(self.items) {
            let answer = serde_json::to_value(item.answer)
                .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
            let length = i32::try_from(item.image.len()).unwrap_or(i32::MAX);
            sqlx::query!(
                "INSERT INTO pack_items (
                    pack, position, seed, outcome, prompt, answer, images, image_lengths
                ) VALUES ($1, $2, $3, 'kept', $4, $5, $6, ARRAY[$7::integer])",
                pack,
                position,
                item.seed.as_slice(),
                item.prompt,
                answer,
                item.image,
                length
            )
            .execute(&mut *connection)
            .await?;
        }
        publications::queue_put(connection, &pack, self.now).await
    }
}
