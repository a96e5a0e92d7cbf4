//! One pass of the factory over the pools: which packs are begun and retired.
//! Safe to run in several origins at once and to run twice.

use std::sync::Arc;
use std::time::Duration;

use munjigi_delivery::edge::EdgeClient;
use munjigi_domain::entropy::Entropy;
use munjigi_keys::UnixMillis;
use munjigi_process::clock::Clock;
use munjigi_protocol::{PackId, PictureKind, PictureType, RightRound};
use munjigi_store::photos::accepted;
use munjigi_store::pictures::{Birth, Decision, KindRow, PackRow, Switch, Tend};
use munjigi_store::{DatabaseError, transact};
use sqlx::PgPool;

use super::plan::{self, Move, Want, lead};
use super::policy::Policy;
use super::sift::guessable;
use crate::Pictures;
use crate::gpu::Gpu;
use crate::photos::Stock;

/// This long before a pause, the target is the high-water mark.
const FILL_AHEAD: Duration = Duration::from_hours(4);

/// What the factory works with.
#[derive(Debug, Clone)]
pub struct Factory {
    pub pool: PgPool,
    /// Receives the packs.
    pub edge: EdgeClient,
    /// Draws; without one, packs are only delivered and retired.
    pub gpu: Option<Gpu>,
    pub clock: Clock,
    /// For ids and seeds.
    pub entropy: Entropy,
    pub config: Arc<Pictures>,
    pub policy: Arc<Policy>,
}

impl Factory {
    /// Whether a kind is dealt.
    pub fn deals(&self, kind: PictureKind, switch: Option<Switch>) -> bool {
        self.config.kinds.contains(&kind) && self.policy.deals(kind, switch)
    }

    /// Whether a blind guess at an answer passes too often, or the answer does
    /// not fit the kind of picture.
    pub fn is_guessed(&self, kind: PictureType, answer: &RightRound) -> bool {
        guessable(kind, answer) != Some(false)
    }

    /// One pass: begins, retires and extends packs.
    pub async fn tend(&self) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        let births = births(&self.pool, &self.config, &self.entropy).await?;
        let decide = |packs: &[PackRow], kinds: &[KindRow]| self.decide(packs, kinds, &births, now);
        transact(&self.pool, &Tend { decide: &decide, now }).await
    }

    fn decide(
        &self,
        packs: &[PackRow],
        kinds: &[KindRow],
        births: &[Birth],
        now: UnixMillis,
    ) -> Decision {
        let mut decision = Decision::default();
        let lead = lead(self.config.pack_age);
        for row in kinds {
            let (kind, dealt) = (row.kind, self.deals(row.kind, row.switch));
            let of_kind: Vec<PackRow> =
                packs.iter().filter(|pack| pack.kind == kind).cloned().collect();
            let aim = if self.config.hours.closes_within(now, FILL_AHEAD) {
                self.config.high_water.max(self.config.low_water)
            } else {
                self.config.low_water
            };
            let low_water = self.config.low_water;
            // Photos are put together here.
            let can_draw = kind.is_photo() || self.gpu.is_some();
            let open = can_draw && self.config.hours.open(now);
            let plan = plan::plan(&of_kind, &Want { dealt, open, aim, low_water, lead, now });
            for step in plan.moves {
                match step {
                    Move::Begin => decision
                        .begin
                        .extend(births.iter().find(|birth| birth.kind == kind).cloned()),
                    Move::Retire(pack) => decision.retire.push(pack),
                    Move::Extend(pack, until) => decision.extend.push((pack, until)),
                }
            }
            if !dealt {
                decision.off.push(kind);
            } else if plan.left < low_water {
                decision.short.push(kind);
            }
        }
        decision
    }
}

/// A pack to begin of each kind that can be made, with secret ids and seeds: of
/// photos, there may be too few.
pub async fn births(
    pool: &PgPool,
    config: &Pictures,
    entropy: &Entropy,
) -> Result<Vec<Birth>, DatabaseError> {
    let photos = accepted(pool).await?;
    let stock = Stock::of(&photos);
    let births = PictureKind::ALL.iter().filter_map(|kind| {
        let items = match kind {
            PictureKind::Grid | PictureKind::Area | PictureKind::Turn => config.per_pack,
            PictureKind::PhotoGrid if stock.has_grids() => config.per_pack,
            PictureKind::PhotoGrid => 0,
            PictureKind::PhotoArea => {
                u16::try_from(stock.areas()).unwrap_or(u16::MAX).min(config.per_pack)
            }
        };
        let candidates = if kind.is_photo() { items } else { config.candidates(*kind) };
        (items > 0).then(|| Birth {
            id: PackId(entropy.bytes()),
            kind: *kind,
            items,
            deal_limit: config.dealt_per_pack,
            seeds: (0..candidates).map(|_| entropy.bytes()).collect(),
        })
    });
    Ok(births.collect())
}
