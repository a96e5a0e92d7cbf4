//! An operator's photos: what a model said of them, and what people decided.

mod decide;

use munjigi_domain::timestamp::{from_timestamp, to_timestamp};
use munjigi_keys::UnixMillis;
use munjigi_protocol::RightRound;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;

use super::DatabaseError;

pub use decide::{Decide, Decided, Decision};

/// A photo's name: the SHA-256 of its file.
pub type PhotoId = [u8; 32];

/// From this score on, something that a model said may be in the photo: it is
/// not used as one that shows no such thing.
const MAY_BE: f32 = 0.05;

/// Whether a photo may be dealt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoState {
    /// No one has looked at it.
    Waiting,
    /// It may.
    Accepted,
    /// It may not.
    Rejected,
}

impl PhotoState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Accepted, Self::Rejected];

    /// The spelling in the database and in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Parses it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A label that a model gave a photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub label: String,
    /// The thing that it means, if any.
    pub thing: Option<String>,
    /// How sure the model is, from 0 to 1.
    pub score: f32,
}

/// A photo to be stored.
#[derive(Debug)]
pub struct NewPhoto<'a> {
    pub id: &'a PhotoId,
    /// Its path below the folder.
    pub name: &'a str,
    pub licence: &'a str,
    /// The model that labelled it, as `NAME@VERSION`.
    pub model: &'a str,
    /// Its labels, the surest first.
    pub said: &'a [Said],
    /// The thing that it probably shows.
    pub thing: Option<&'a str>,
    /// The model that was asked where the thing is, as `NAME@VERSION`.
    pub segmenter: Option<&'a str>,
    /// Where the thing probably is.
    pub area: Option<&'a RightRound>,
    /// A JPEG of 480 × 320.
    pub picture: &'a [u8],
    /// A JPEG of 128 × 128.
    pub tile: &'a [u8],
    pub now: UnixMillis,
}

/// Whether there is nothing to ask the models about a photo: a person has
/// decided, or these models have answered. A model may be named without its
/// version.
pub async fn known(
    pool: &PgPool,
    id: &PhotoId,
    model: &str,
    segmenter: Option<&str>,
) -> Result<bool, DatabaseError> {
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT FROM photos WHERE sha256 = $1 AND (
                state <> 'waiting'
                OR $2 IN (model, split_part(model, '@', 1))
                    AND ($3::text IS NULL OR $3 IN (segmenter, split_part(segmenter, '@', 1)))
            )
        ) AS "known!""#,
        id.as_slice(),
        model,
        segmenter
    )
    .fetch_one(pool)
    .await?;
    Ok(known)
}

/// Stores a photo to be reviewed, replacing what other models said about it;
/// what a person decided stays.
pub async fn keep(pool: &PgPool, photo: &NewPhoto<'_>) -> Result<(), DatabaseError> {
    sqlx::query!(
        "INSERT INTO photos (
            sha256, name, licence, model, said, thing, score, segmenter, area, picture, tile,
            imported_at
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (sha256) DO UPDATE SET
            name = $2, licence = $3, model = $4, said = $5, thing = $6, score = $7,
            segmenter = $8, area = $9, picture = $10, tile = $11, imported_at = $12
        WHERE photos.state = 'waiting'",
        photo.id.as_slice(),
        photo.name,
        photo.licence,
        photo.model,
        json(&photo.said)?,
        photo.thing,
        photo.said.first().map_or(0.0, |said| said.score),
        photo.segmenter,
        photo.area.map(json).transpose()?,
        photo.picture,
        photo.tile,
        to_timestamp(photo.now)
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Photos of a state that show the same, in the order of [`list`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    pub state: PhotoState,
    /// `None`: nothing that can be asked for.
    pub thing: Option<String>,
    pub photos: u64,
    /// How many of them have a thing to point at.
    pub areas: u64,
}

/// How many photos there are of what.
pub async fn tally(pool: &PgPool) -> Result<Vec<Tally>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT state, thing, count(*) AS "photos!", count(area) AS "areas!"
        FROM photos GROUP BY state, thing ORDER BY state, thing NULLS LAST"#
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Tally {
                state: state(&row.state)?,
                thing: row.thing,
                photos: row.photos.unsigned_abs(),
                areas: row.areas.unsigned_abs(),
            })
        })
        .collect()
}

#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    pub state: PhotoState,
    /// Only those that show this thing.
    pub thing: Option<&'a str>,
}

/// A photo in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub id: PhotoId,
    pub name: String,
    pub thing: Option<String>,
    /// How sure the model was of its first label.
    pub score: f32,
    /// Whether it has a thing to point at.
    pub has_area: bool,
}

/// A page of photos: by thing, then the surest first.
pub async fn list(
    pool: &PgPool,
    filter: Filter<'_>,
    skip: u32,
    most: u32,
) -> Result<Vec<Listed>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT sha256, name, thing, score, area IS NOT NULL AS "has_area!" FROM photos
        WHERE state = $1 AND ($2::text IS NULL OR thing = $2)
        ORDER BY coalesce(thing, '~'), score DESC, sha256 OFFSET $3 LIMIT $4"#,
        filter.state.as_str(),
        filter.thing,
        i64::from(skip),
        i64::from(most)
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                id: id(row.sha256)?,
                name: row.name,
                thing: row.thing,
                score: row.score,
                has_area: row.has_area,
            })
        })
        .collect()
}

/// A photo as its reviewer sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub id: PhotoId,
    pub name: String,
    pub licence: String,
    pub model: String,
    pub said: Vec<Said>,
    pub thing: Option<String>,
    pub segmenter: Option<String>,
    pub area: Option<RightRound>,
    pub imported_at: UnixMillis,
    pub state: PhotoState,
    pub reviewed_at: Option<UnixMillis>,
}

pub async fn one(pool: &PgPool, photo: &PhotoId) -> Result<Option<Record>, DatabaseError> {
    let row = sqlx::query!(
        "SELECT name, licence, model, said, thing, segmenter, area, imported_at, state, reviewed_at
        FROM photos WHERE sha256 = $1",
        photo.as_slice()
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Record {
        id: *photo,
        name: row.name,
        licence: row.licence,
        model: row.model,
        said: read(row.said, "said")?,
        thing: row.thing,
        segmenter: row.segmenter,
        area: row.area.map(|area| read(area, "area")).transpose()?,
        imported_at: from_timestamp(row.imported_at),
        state: state(&row.state)?,
        reviewed_at: row.reviewed_at.map(from_timestamp),
    }))
}

/// The photo that comes after this one in [`list`]'s order, whatever became of
/// this one; after the last, the first. `None`: there is no other.
pub async fn next(
    pool: &PgPool,
    filter: Filter<'_>,
    photo: &Record,
) -> Result<Option<PhotoId>, DatabaseError> {
    let score = photo.said.first().map_or(0.0, |said| said.score);
    let row = sqlx::query_scalar!(
        "SELECT sha256 FROM photos
        WHERE state = $1 AND ($2::text IS NULL OR thing = $2) AND sha256 <> $3
        ORDER BY (coalesce(thing, '~'), -score, sha256) <= (coalesce($4, '~'), -$5::real, $3),
            coalesce(thing, '~'), score DESC, sha256 LIMIT 1",
        filter.state.as_str(),
        filter.thing,
        photo.id.as_slice(),
        photo.thing,
        score
    )
    .fetch_optional(pool)
    .await?;
    row.map(id).transpose()
}

/// Some photos by chance, whatever was decided about them: id and name.
pub async fn sample(pool: &PgPool, most: u32) -> Result<Vec<(PhotoId, String)>, DatabaseError> {
    let rows =
        sqlx::query!("SELECT sha256, name FROM photos ORDER BY random() LIMIT $1", i64::from(most))
            .fetch_all(pool)
            .await?;
    rows.into_iter().map(|row| Ok((id(row.sha256)?, row.name))).collect()
}

/// A photo's picture, a JPEG of 480 × 320.
pub async fn picture(pool: &PgPool, photo: &PhotoId) -> Result<Option<Vec<u8>>, DatabaseError> {
    let picture =
        sqlx::query_scalar!("SELECT picture FROM photos WHERE sha256 = $1", photo.as_slice());
    Ok(picture.fetch_optional(pool).await?)
}

/// Tiles, JPEGs of 128 × 128, of those of these photos that there are.
pub async fn tiles(
    pool: &PgPool,
    photos: &[PhotoId],
) -> Result<Vec<(PhotoId, Vec<u8>)>, DatabaseError> {
    let photos: Vec<Vec<u8>> = photos.iter().map(|photo| photo.to_vec()).collect();
    let rows = sqlx::query!("SELECT sha256, tile FROM photos WHERE sha256 = ANY ($1)", &photos[..])
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(|row| Ok((id(row.sha256)?, row.tile))).collect()
}

/// A photo that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub id: PhotoId,
    pub thing: String,
    /// Other things that it may show.
    pub maybe: Vec<String>,
    pub has_area: bool,
}

/// Every accepted photo, by name.
pub async fn accepted(pool: &PgPool) -> Result<Vec<Accepted>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT sha256, thing AS "thing!", said, area IS NOT NULL AS "has_area!"
        FROM photos WHERE state = 'accepted' ORDER BY sha256"#
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let said: Vec<Said> = read(row.said, "said")?;
            let maybe = said.into_iter().filter(|said| said.score >= MAY_BE);
            Ok(Accepted {
                id: id(row.sha256)?,
                thing: row.thing,
                maybe: maybe.filter_map(|said| said.thing).collect(),
                has_area: row.has_area,
            })
        })
        .collect()
}

fn id(bytes: Vec<u8>) -> Result<PhotoId, DatabaseError> {
    bytes.try_into().map_err(|_| inconsistent("sha256"))
}

fn state(text: &str) -> Result<PhotoState, DatabaseError> {
    PhotoState::parse(text).ok_or_else(|| inconsistent("state"))
}

fn read<T: serde::de::DeserializeOwned>(
    value: Value,
    column: &'static str,
) -> Result<T, DatabaseError> {
    serde_json::from_value(value).map_err(|_| inconsistent(column))
}

fn json(value: &impl Serialize) -> Result<Value, DatabaseError> {
    Ok(serde_json::to_value(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))?)
}

fn inconsistent(column: &'static str) -> DatabaseError {
    DatabaseError::Inconsistent { table: "photos", column, row: String::new() }
}
