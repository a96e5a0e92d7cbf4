//! Candidates: which are to be drawn, and the outcome of each.

use munjigi_keys::UnixMillis;
use munjigi_protocol::{Judgement, PackId, PictureKind, RightRound};
use sqlx::{PgConnection, PgPool};

use super::row;
use crate::deliveries::{self, Due, Topic, Wanted};
use crate::{DatabaseError, Unit};

/// A pack that is being drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    pub kind: PictureKind,
    /// Items wanted.
    pub items: u64,
    /// Candidates kept so far.
    pub kept: u64,
    /// Candidates so far, drawn or not.
    pub candidates: u64,
    /// Candidates that are not drawn yet.
    pub undrawn: u64,
    /// The first of them.
    pub next: Vec<Candidate>,
}

/// A candidate that is not drawn yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub position: i32,
    /// The seed that it is drawn from.
    pub seed: [u8; 32],
}

/// Queues a pack to be drawn.
pub(super) async fn queue_drawing(
    connection: &mut PgConnection,
    pack: &str,
    now: UnixMillis,
) -> Result<(), DatabaseError> {
    let wanted = Wanted { topic: Topic::Drawings, key: pack, version: 1, payload: None };
    deliveries::queue(connection, wanted, now).await
}

/// Which pack a delivery draws.
pub fn drawn_pack(due: &Due) -> Result<PackId, DatabaseError> {
    row::pack_id(&due.key)
}

/// A pack's progress; `None` if it is not being drawn.
pub async fn drawing(
    pool: &PgPool,
    pack: PackId,
    most: u32,
) -> Result<Option<Drawing>, DatabaseError> {
    let pack = pack.to_string();
    // All of one moment. A candidate that another origin draws between two
    // looks would be among the next and among the kept: counted twice, it
    // completes a pack that lacks others.
    let mut moment = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let next = sqlx::query!(
        "SELECT position, seed FROM pack_items WHERE pack = $1 AND outcome IS NULL
        ORDER BY position LIMIT $2",
        pack,
        i64::from(most)
    )
    .fetch_all(&mut *moment)
    .await?;
    let row = sqlx::query!(
        r#"SELECT kind, items,
            (SELECT count(*) FROM pack_items WHERE pack = packs.id AND outcome IS NULL) AS "undrawn!",
            (SELECT count(*) FROM pack_items WHERE pack = packs.id AND outcome = 'kept') AS "kept!",
            (SELECT count(*) FROM pack_items WHERE pack = packs.id) AS "candidates!"
        FROM packs WHERE id = $1 AND state = 'drawing'"#,
        pack
    )
    .fetch_optional(&mut *moment)
    .await?;
    moment.commit().await?;
    let Some(row) = row else { return Ok(None) };
    let next = next.into_iter().map(|row| {
        let seed = row.seed.try_into().map_err(|_| row::inconsistent("seed", &pack))?;
        Ok(Candidate { position: row.position, seed })
    });
    Ok(Some(Drawing {
        kind: row::kind(&row.kind, &pack)?,
        items: u64::from(row.items.unsigned_abs()),
        kept: row.kept.unsigned_abs(),
        candidates: row.candidates.unsigned_abs(),
        undrawn: row.undrawn.unsigned_abs(),
        next: next.collect::<Result<_, DatabaseError>>()?,
    }))
}

/// The outcome of a candidate.
#[derive(Debug, Clone)]
pub enum CandidateResult {
    /// It may be dealt.
    Kept {
        /// The thing to look for.
        prompt: String,
        answer: RightRound,
        images: Vec<u8>,
        /// The lengths of the images in bytes.
        image_lengths: Vec<i32>,
        /// How clear the picture is.
        clarity: f32,
        judgement: Option<Judgement>,
    },
    /// Not dealt, for this reason.
    Dropped(&'static str),
}

/// Stores a batch of drawn candidates. One that is already stored stays as it
/// is: drawing it again yields the same.
#[derive(Debug)]
pub struct StoreDrawn<'a> {
    pub pack: PackId,
    /// The model and version that drew them.
    pub drawn_by: &'a str,
    /// The candidates' positions and outcomes.
    pub outcomes: &'a [(i32, CandidateResult)],
}

impl Unit for StoreDrawn<'_> {
    type Output = ();

    async fn run(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let pack = self.pack.to_string();
        for (position, outcome) in self.outcomes {
            match outcome {
                CandidateResult::Dropped(why) => {
                    sqlx::query!(
                        "UPDATE pack_items SET outcome = $3
                        WHERE pack = $1 AND position = $2 AND outcome IS NULL",
                        pack,
                        position,
                        why
                    )
                    .execute(&mut *connection)
                    .await?;
                }
                CandidateResult::Kept {
                    prompt,
                    answer,
                    images,
                    image_lengths,
                    clarity,
                    judgement,
                } => {
                    let encode = |error| sqlx::Error::Encode(Box::new(error));
                    let answer = serde_json::to_value(answer).map_err(encode)?;
                    let judgement = judgement.as_ref().map(serde_json::to_value);
                    sqlx::query!(
                        "UPDATE pack_items SET
                            outcome = 'kept', prompt = $3, answer = $4, images = $5,
                            image_lengths = $6, clarity = $7, judgement = $8
                        WHERE pack = $1 AND position = $2 AND outcome IS NULL",
                        pack,
                        position,
                        prompt,
                        answer,
                        images,
                        image_lengths,
                        clarity,
                        judgement.transpose().map_err(encode)?
                    )
                    .execute(&mut *connection)
                    .await?;
                }
            }
        }
        sqlx::query!(
            "UPDATE packs SET drawn_by = $2 WHERE id = $1 AND state = 'drawing'",
            pack,
            self.drawn_by
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Adds candidates after the first `known`; nothing if another origin did.
pub async fn more_candidates(
    connection: &mut PgConnection,
    pack: PackId,
    known: u64,
    seeds: &[[u8; 32]],
) -> Result<(), DatabaseError> {
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.to_vec()).collect();
    sqlx::query!(
        "INSERT INTO pack_items (pack, position, seed)
        SELECT $1, $2 + place - 1, seed
        FROM unnest($3::bytea[]) WITH ORDINALITY AS seeds (seed, place)
        WHERE EXISTS (SELECT FROM packs WHERE id = $1 AND state = 'drawing')
            AND (SELECT count(*) FROM pack_items WHERE pack = $1) = $2
            AND NOT EXISTS (SELECT FROM pack_items WHERE pack = $1 AND outcome IS NULL)
        ON CONFLICT DO NOTHING",
        pack.to_string(),
        row::bigint(known),
        &seeds
    )
    .execute(connection)
    .await?;
    Ok(())
}
