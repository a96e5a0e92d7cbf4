//! An operator's photos, and the packs made of them.

use std::collections::BTreeSet;

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{PackId, PictureType, RightRound};
use sqlx::{PgConnection, PgPool};

use super::pictures::content_type;
use super::{StoreError, Unit};

/// A photo that shows something surely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// What it shows.
    pub label: String,
    /// A JPEG of 128 x 128.
    pub tile: Vec<u8>,
}

/// A photo on its way in.
#[derive(Debug)]
pub struct NewPhoto<'a> {
    /// Of its file.
    pub sha256: &'a [u8; 32],
    /// Its path below the folder.
    pub name: &'a str,
    /// What permits its use.
    pub licence: &'a str,
    /// What labelled it.
    pub model: &'a str,
    /// The thing that it shows, if it is one.
    pub label: Option<&'a str>,
    /// How sure the model is.
    pub score: f32,
    /// A JPEG of 128 x 128.
    pub tile: &'a [u8],
    /// Now.
    pub now: UnixMillis,
}

/// Whether this model labelled a photo before.
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

/// Keeps a photo, in place of what another model said of it.
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

/// What may be used of what a model says.
#[derive(Debug, Clone, Copy)]
pub struct Usable<'a> {
    /// `NAME@VERSION`.
    pub model: &'a str,
    /// The things that it names.
    pub things: &'a BTreeSet<String>,
    /// The least score.
    pub sure: f32,
}

impl Usable<'_> {
    fn things(&self) -> Vec<String> {
        self.things.iter().cloned().collect()
    }
}

/// Every photo that surely shows something, as a model says.
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

/// A photo in which one thing can be pointed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaPhoto {
    /// The thing.
    pub label: String,
    /// Where it is.
    pub answer: RightRound,
    /// A JPEG of 480 x 320.
    pub picture: Vec<u8>,
}

/// Such a photo on its way in.
#[derive(Debug)]
pub struct NewArea<'a> {
    /// Of the photo's file.
    pub sha256: &'a [u8; 32],
    /// What segmented it.
    pub model: &'a str,
    /// The thing.
    pub label: &'a str,
    /// How sure.
    pub score: f32,
    /// Where it is.
    pub answer: &'a RightRound,
    /// A JPEG of 480 x 320.
    pub picture: &'a [u8],
}

/// Whether this model has said where to point in a photo.
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

/// Keeps it, in place of what another model said.
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

/// Every photo in which one thing can be pointed at, as a model says, in no
/// order that means anything.
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
    /// What it was composed from.
    pub seed: [u8; 32],
    /// The thing to look for.
    pub prompt: &'a str,
    /// What is right.
    pub answer: &'a RightRound,
    /// Its image.
    pub image: &'a [u8],
}

/// Makes a pack that is drawn already, and queues it for the edge.
#[derive(Debug)]
pub struct AddPhotoPack<'a> {
    /// Its name.
    pub id: PackId,
    /// Its kind.
    pub picture_type: PictureType,
    /// Challenges that may be dealt from it.
    pub deal_limit: u64,
    /// What it holds.
    pub items: &'a [PhotoItem<'a>],
    /// Now.
    pub now: UnixMillis,
}

impl Unit for AddPhotoPack<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let (pack, now) = (self.id.to_string(), to_timestamp(self.now));
        sqlx::query!(
            "INSERT INTO packs (
                id, type, source, state, items, deal_limit, drawn_by, content_type, created_at,
                drawn_at, next_draw_at
            ) VALUES ($1, $2, 'photos', 'drawn', $3, $4, 'photos', $5, $6, $6, $6)",
            pack,
            self.picture_type.as_str(),
            i32::try_from(self.items.len()).unwrap_or(i32::MAX),
            i64::try_from(self.deal_limit).unwrap_or(i64::MAX),
            content_type(self.picture_type),
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
        sqlx::query!(
            "INSERT INTO pack_publications (pack, action, queued_at, next_try_at)
            VALUES ($1, 'put', $2, $2)",
            pack,
            now
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
