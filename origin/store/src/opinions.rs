//! What an operator thinks of models' answers.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::Prediction;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::DatabaseError;

/// Most characters of a picture's name, and of a comment.
pub const MOST_NAME: usize = 300;
pub const MOST_COMMENT: usize = 2_000;

/// An answer of a model, and whether it is liked.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// `NAME@VERSION`.
    pub model: String,
    /// The SHA-256 of what it saw.
    pub picture: [u8; 32],
    /// The name of the picture's file.
    pub name: String,
    pub likes: bool,
    pub comment: String,
    /// What it said, as far as it was shown.
    pub said: Prediction,
    pub engine: String,
    pub milliseconds: f64,
}

/// Stores opinions, each in place of an earlier one on the same answer.
pub async fn keep(
    pool: &PgPool,
    opinions: &[Opinion],
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let mut transaction = pool.begin().await?;
    for opinion in opinions {
        let said = serde_json::json!(opinion.said);
        sqlx::query!(
            "INSERT INTO model_opinions (
                model, picture, name, likes, comment, said, engine, milliseconds, at
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (model, picture) DO UPDATE SET
                name = $3, likes = $4, comment = $5, said = $6, engine = $7, milliseconds = $8,
                at = $9",
            opinion.model,
            opinion.picture.as_slice(),
            opinion.name,
            opinion.likes,
            opinion.comment,
            said,
            opinion.engine,
            opinion.milliseconds,
            to_timestamp(now)
        )
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The newest opinions, each with its time.
pub async fn newest(
    pool: &PgPool,
    most: u32,
) -> Result<Vec<(OffsetDateTime, Opinion)>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT model, picture, name, likes, comment, said, engine, milliseconds, at
        FROM model_opinions ORDER BY at DESC, model, picture LIMIT $1",
        i64::from(most)
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let picture = row.picture.try_into();
            let picture = picture.map_err(|_| inconsistent("picture", &row.model))?;
            let said = serde_json::from_value(row.said);
            let said = said.map_err(|_| inconsistent("said", &row.model))?;
            let opinion = Opinion {
                model: row.model,
                picture,
                name: row.name,
                likes: row.likes,
                comment: row.comment,
                said,
                engine: row.engine,
                milliseconds: row.milliseconds,
            };
            Ok((row.at, opinion))
        })
        .collect()
}

fn inconsistent(column: &'static str, model: &str) -> DatabaseError {
    DatabaseError::Inconsistent { table: "model_opinions", column, row: model.to_owned() }
}
