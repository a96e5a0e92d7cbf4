//! The candidates of packs of photos.

use munjigi_protocol::{PackId, PictureKind, RightRound};
use munjigi_store::DatabaseError;
use munjigi_store::photos::{Accepted, PhotoId, accepted, one, picture, tiles};
use munjigi_store::pictures::{Candidate, CandidateResult};
use sqlx::PgPool;

use super::compose::{Grid, Stock};
use super::tile::sprite;
use crate::guessable;

/// Composes candidates of a pack from the photos that are accepted now.
pub async fn compose(
    pool: &PgPool,
    pack: PackId,
    kind: PictureKind,
    candidates: &[Candidate],
) -> Result<Vec<(i32, CandidateResult)>, DatabaseError> {
    let photos = accepted(pool).await?;
    let stock = Stock::of(&photos);
    let mut composed = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let position = usize::try_from(candidate.position).unwrap_or_default();
        let made = if kind == PictureKind::PhotoGrid {
            match stock.grid(candidate.seed, position) {
                Some(grid) => of_grid(pool, grid).await?,
                None => None,
            }
        } else {
            match stock.area(pack, position) {
                Some(photo) => of_area(pool, &photos, &photo).await?,
                None => None,
            }
        };
        // A photo may have been rejected in between.
        let outcome = match made {
            None => CandidateResult::Dropped("broken"),
            Some(made) => match guessable(kind.picture_type(), &made.answer) {
                Some(false) => made.kept(),
                Some(true) => CandidateResult::Dropped("guessable"),
                None => CandidateResult::Dropped("broken"),
            },
        };
        composed.push((candidate.position, outcome));
    }
    Ok(composed)
}

struct Made {
    prompt: String,
    answer: RightRound,
    image: Vec<u8>,
}

impl Made {
    fn kept(self) -> CandidateResult {
        CandidateResult::Kept {
            prompt: self.prompt,
            answer: self.answer,
            image_lengths: vec![i32::try_from(self.image.len()).unwrap_or(i32::MAX)],
            images: self.image,
            clarity: 1.0,
            judgement: None,
        }
    }
}

async fn of_grid(pool: &PgPool, grid: Grid) -> Result<Option<Made>, DatabaseError> {
    let there = tiles(pool, &grid.photos).await?;
    let place =
        |photo: &PhotoId| there.iter().find(|(id, _)| id == photo).map(|(_, tile)| tile.clone());
    let Some(tiles) = grid.photos.iter().map(place).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    // Decoding and encoding take some milliseconds.
    let image = tokio::task::spawn_blocking(move || sprite(&tiles)).await.ok().flatten();
    Ok(image.map(|image| Made { prompt: grid.thing, answer: grid.answer, image }))
}

async fn of_area(
    pool: &PgPool,
    photos: &[Accepted],
    photo: &PhotoId,
) -> Result<Option<Made>, DatabaseError> {
    let Some(prompt) = photos.iter().find(|it| it.id == *photo).map(|it| it.thing.clone()) else {
        return Ok(None);
    };
    let answer = one(pool, photo).await?.and_then(|record| record.area);
    let image = picture(pool, photo).await?;
    Ok(answer.zip(image).map(|(answer, image)| Made { prompt, answer, image }))
}
