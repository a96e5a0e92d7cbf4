//! The step from drawing to drawn: which of the kept candidates make up the
//! pack.

use munjigi_domain::timestamp::to_timestamp;
use munjigi_keys::UnixMillis;
use munjigi_protocol::{Judgement, PackId, routes};
use sqlx::PgConnection;

use super::{content_type, publications, row};
use crate::{DatabaseError, Unit};

/// Closes a pack and queues it for the edge.
#[derive(Debug)]
pub struct Finish {
    pub pack: PackId,
    pub now: UnixMillis,
}

/// The outcome of closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The pack is complete, with this many items.
    Drawn(usize),
    /// Another origin closed it.
    Before,
}

/// A kept candidate, as the choice sees it.
#[derive(Debug)]
struct Kept {
    position: i32,
    bytes: usize,
    judgement: Option<Judgement>,
}

impl Unit for Finish {
    type Output = Finished;

    async fn run(&self, connection: &mut PgConnection) -> Result<Finished, DatabaseError> {
        let pack = self.pack.to_string();
        let open = sqlx::query!(
            "SELECT items, kind FROM packs WHERE id = $1 AND state = 'drawing' FOR UPDATE",
            pack
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(open) = open else { return Ok(Finished::Before) };
        let items = open.items;
        let kind = row::kind(&open.kind, &pack)?;
        let rows = sqlx::query!(
            r#"SELECT position, octet_length(images) AS "bytes!", judgement FROM pack_items
            WHERE pack = $1 AND outcome = 'kept' ORDER BY position"#,
            pack
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            let judgement = row.judgement.map(serde_json::from_value).transpose();
            kept.push(Kept {
                position: row.position,
                bytes: usize::try_from(row.bytes).unwrap_or_default(),
                judgement: judgement.map_err(|_| row::inconsistent("judgement", &pack))?,
            });
        }
        let choice = choose(kept, usize::try_from(items).unwrap_or_default());
        drop_items(connection, &pack, &choice.easy, "easy").await?;
        drop_items(connection, &pack, &choice.left_over, "left-over").await?;
        let held = i32::try_from(choice.held).unwrap_or(items);
        sqlx::query!(
            "UPDATE packs SET state = 'drawn', items = $2, drawn_at = $3, content_type = $4
            WHERE id = $1",
            pack,
            held,
            to_timestamp(self.now),
            content_type(kind.picture_type())
        )
        .execute(&mut *connection)
        .await?;
        publications::queue_put(connection, &pack, self.now).await?;
        Ok(Finished::Drawn(choice.held))
    }
}

async fn drop_items(
    connection: &mut PgConnection,
    pack: &str,
    positions: &[i32],
    outcome: &str,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "UPDATE pack_items SET outcome = $3, images = NULL
        WHERE pack = $1 AND position = ANY ($2)",
        pack,
        positions,
        outcome
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Which candidates are left out of the pack.
#[derive(Debug, Default, PartialEq, Eq)]
struct Choice {
    held: usize,
    /// The judge answers these with the most confidence.
    easy: Vec<i32>,
    /// These no longer fit into one object.
    left_over: Vec<i32>,
}

/// Keeps the candidates that the judge gets wrong, then those that it is least
/// sure of, as far as they fit into the bucket's object.
fn choose(mut kept: Vec<Kept>, items: usize) -> Choice {
    let surety = |kept: &Kept| {
        kept.judgement.as_ref().filter(|judgement| judgement.passed).map_or(-1.0, |j| j.confidence)
    };
    // Stable: equally hard candidates stay in the order in which they were
    // drawn.
    kept.sort_by(|a, b| surety(a).total_cmp(&surety(b)));
    let mut choice = Choice::default();
    if kept.len() > items {
        choice.easy = kept.split_off(items).into_iter().map(|kept| kept.position).collect();
    }
    let mut bytes = 0;
    for kept in kept {
        if bytes + kept.bytes <= routes::PUT_PACK_IMAGES.max_body_bytes {
            bytes += kept.bytes;
            choice.held += 1;
        } else {
            choice.left_over.push(kept.position);
        }
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(position: i32, judged: Option<(bool, f32)>) -> Kept {
        let judgement = judged.map(|(passed, confidence)| Judgement {
            model: "scene-tile@1".to_owned(),
            passed,
            confidence,
        });
        Kept { position, bytes: 1, judgement }
    }

    #[test]
    fn candidates_that_the_judge_is_most_certain_of_are_left_out() {
        let all = vec![
            kept(0, Some((true, 0.99))),
            kept(1, Some((false, 0.99))),
            kept(2, Some((true, 0.4))),
            kept(3, None),
        ];
        let choice = choose(all, 2);
        assert_eq!(choice, Choice { held: 2, easy: vec![2, 0], left_over: vec![] });
    }

    #[test]
    fn a_pack_fits_into_one_object() {
        let megabytes = |position| Kept { bytes: 3 * 1024 * 1024, ..kept(position, None) };
        let choice = choose((0..4).map(megabytes).collect(), 4);
        assert_eq!(choice, Choice { held: 2, easy: vec![], left_over: vec![2, 3] });
    }
}
