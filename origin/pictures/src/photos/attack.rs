//! How often a program passes grids of the accepted photos: one that has a
//! classifier off the shelf, and knows the rules that visitors are told.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use munjigi_protocol::{Prediction, RightRound};
use munjigi_store::photos::{Accepted, PhotoId, accepted, tiles};
use sqlx::PgPool;

use super::compose::Stock;
use super::import::ImportError;
use super::labels::Labels;
use super::tile::served;
use crate::gpu::{Gpu, PHOTOS};

/// Time for the gpu-backend per tile.
const DEADLINE: Duration = Duration::from_secs(30);
/// Tiles under way.
const AT_ONCE: usize = 4;

#[derive(Debug)]
pub struct Attack<'a> {
    pub pool: &'a PgPool,
    pub gpu: &'a Gpu,
    /// The attacker's model: `NAME` or `NAME@VERSION`.
    pub model: &'a str,
    pub labels: &'a Labels,
}

/// The result of an attack.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Attacked {
    /// `NAME@VERSION`.
    pub model: String,
    /// Accepted photos.
    pub photos: usize,
    /// Grids that it answered rightly.
    pub passed: usize,
    /// Grids that it was tried on.
    pub tried: usize,
    /// Wilson's interval of the share, at 95 %.
    pub interval: [f64; 2],
}

impl Attacked {
    /// The share of grids that it passed.
    #[expect(clippy::cast_precision_loss, reason = "thousands at most")]
    pub fn rate(&self) -> f64 {
        self.passed as f64 / self.tried.max(1) as f64
    }
}

/// How sure a model is that a tile shows each thing.
type Sights = BTreeMap<String, f32>;

impl Attack<'_> {
    /// Has the model look at every accepted photo as visitors see it, and
    /// answer a grid for each seed. `None`: there are too few photos for grids.
    pub async fn run(&self, seeds: &[[u8; 32]]) -> Result<Option<Attacked>, ImportError> {
        let photos = accepted(self.pool).await?;
        let stock = Stock::of(&photos);
        if !stock.has_grids() {
            return Ok(None);
        }
        let looks = stream::iter(&photos).map(|photo| self.look(photo));
        let mut looks = std::pin::pin!(looks.buffered(AT_ONCE));
        let (mut seen, mut model) = (HashMap::new(), String::new());
        while let Some(looked) = looks.next().await {
            let Some((photo, sights, name)) = looked? else { continue };
            seen.insert(photo, sights);
            model = name;
        }
        let passed = seeds.iter().enumerate().filter(|(position, seed)| {
            let grid = stock.grid(**seed, *position);
            grid.is_some_and(|grid| {
                let sure = |photo: &PhotoId| {
                    seen.get(photo).and_then(|sights| sights.get(&grid.thing)).copied()
                };
                let scores: Vec<f32> =
                    grid.photos.iter().map(|photo| sure(photo).unwrap_or_default()).collect();
                grid.answer == RightRound::Grid { cells: answer(&scores) }
            })
        });
        let (passed, tried) = (passed.count(), seeds.len());
        let interval = wilson(passed, tried);
        let photos = photos.len();
        Ok(Some(Attacked { model, photos, passed, tried, interval }))
    }

    async fn look(
        &self,
        photo: &Accepted,
    ) -> Result<Option<(PhotoId, Sights, String)>, ImportError> {
        let Some((_, tile)) = tiles(self.pool, &[photo.id]).await?.pop() else { return Ok(None) };
        let Some(tile) = served(&tile) else { return Ok(None) };
        let reply = self.gpu.predict(PHOTOS, self.model, ("image/jpeg", tile), DEADLINE).await;
        let reply = reply.map_err(ImportError::Gpu)?;
        let Prediction::Classify { classes } = &reply.prediction else {
            return Err(ImportError::OtherTask);
        };
        let mut sights = Sights::new();
        for (label, probability) in classes {
            let thing = self.labels.thing(label);
            let thing = thing.ok_or_else(|| ImportError::UnknownLabel(label.clone()))?;
            if let Some(thing) = thing {
                *sights.entry(thing.to_owned()).or_default() += probability;
            }
        }
        let name = format!("{}@{}", reply.model, reply.version);
        Ok(Some((photo.id, sights, name)))
    }
}

/// Three to five tiles are right: as many of the surest as are followed by the
/// largest step down.
fn answer(scores: &[f32]) -> Vec<u8> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let score = |place: usize| scores.get(place).copied().unwrap_or_default();
    order.sort_by(|a, b| score(*b).total_cmp(&score(*a)));
    let step = |count: &usize| {
        let at = |rank: usize| order.get(rank).map_or(0.0, |place| score(*place));
        at(count - 1) - at(*count)
    };
    let count = (3..=5).max_by(|a, b| step(a).total_cmp(&step(b))).unwrap_or(4);
    let mut cells: Vec<u8> =
        order.into_iter().take(count).filter_map(|place| u8::try_from(place).ok()).collect();
    cells.sort_unstable();
    cells
}

/// Wilson's interval at 95 %.
#[expect(clippy::cast_precision_loss, reason = "thousands at most")]
fn wilson(passed: usize, tried: usize) -> [f64; 2] {
    const Z: f64 = 1.959_964;
    if tried == 0 {
        return [0.0, 1.0];
    }
    let (n, rate) = (tried as f64, passed as f64 / tried as f64);
    let middle = rate + Z * Z / (2.0 * n);
    let reach = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    [((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_chooses_what_stands_out() {
        assert_eq!(answer(&[0.1, 0.9, 0.0, 0.8, 0.2, 0.7, 0.0, 0.1, 0.0]), [1, 3, 5]);
        assert_eq!(answer(&[0.9, 0.9, 0.8, 0.8, 0.7, 0.0, 0.0, 0.0, 0.0]), [0, 1, 2, 3, 4]);
        assert_eq!(answer(&[0.0; 9]).len(), 5);
    }

    #[test]
    fn an_interval_is_wilsons() {
        let [low, high] = wilson(8, 10);
        assert!((low - 0.4902).abs() < 1e-3 && (high - 0.9433).abs() < 1e-3);
    }
}
