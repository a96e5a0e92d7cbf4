//! The factory's loop: looks at the pools, has packs begun, drawn, delivered
//! and retired. Safe to run in several origins at once and to run twice.

use std::sync::Arc;
use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_protocol::{PackId, PictureType};
use sqlx::PgPool;

use super::plan::{self, Move, Want, lead};
use super::policy::Policy;
use super::{publish, queue};
use crate::clock::Clock;
use crate::config::Pictures;
use crate::edge::Edge;
use crate::entropy::Entropy;
use crate::gpu::Gpu;
use crate::stop::Stop;
use crate::store::pictures::{Birth, Decision, KindRow, PackRow, Switch, Tend};
use crate::store::{StoreError, transact};

/// Between two looks.
const TEND_EVERY: Duration = Duration::from_secs(5);
/// So long before a pause the high-water mark is what is aimed at.
const FILL_AHEAD: Duration = Duration::from_hours(4);

/// What the factory works with.
#[derive(Debug, Clone)]
pub struct Factory {
    /// Postgres.
    pub pool: PgPool,
    /// Gets the packs.
    pub edge: Edge,
    /// Draws; without one, packs are only delivered and retired.
    pub gpu: Option<Gpu>,
    /// Tells the time.
    pub clock: Clock,
    /// For names and seeds.
    pub entropy: Entropy,
    /// What operators chose.
    pub config: Arc<Pictures>,
    /// Which kinds are dealt.
    pub policy: Arc<Policy>,
}

impl Factory {
    /// Keeps the pools filled until told to stop.
    pub async fn run(self, stop: Stop) {
        if self.gpu.is_none() {
            tracing::info!("MUNJIGI_GPU_URL is not set: no pictures are drawn");
        }
        self.prepare(stop.clone()).await;
        tokio::join!(
            self.tend_until(stop.clone()),
            publish::run(&self, stop.clone()),
            queue::run(&self, stop),
        );
    }

    /// Whether a kind is dealt.
    pub fn deals(&self, kind: PictureType, switch: Option<Switch>) -> bool {
        self.config.kinds.contains(&kind) && self.policy.deals(kind, switch)
    }

    /// One look: begins, retires and extends packs, and names those that are
    /// to be drawn on now.
    pub async fn tend(&self) -> Result<Vec<PackId>, StoreError> {
        let now = self.clock.now();
        let births: Vec<Birth> =
            PictureType::ALL.iter().map(|kind| birth(&self.config, &self.entropy, *kind)).collect();
        let decide = |packs: &[PackRow], kinds: &[KindRow]| self.decide(packs, kinds, &births, now);
        let drawing = transact(&self.pool, &Tend { decide: &decide, now }).await?;
        if self.gpu.is_none() || !self.config.hours.open(now) {
            return Ok(Vec::new());
        }
        Ok(drawing.iter().filter(|pack| pack.next_draw_at <= now).map(|pack| pack.id).collect())
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
        for kind in kinds {
            let (picture_type, dealt) =
                (kind.picture_type, self.deals(kind.picture_type, kind.switch));
            let of_kind: Vec<PackRow> =
                packs.iter().filter(|pack| pack.picture_type == picture_type).cloned().collect();
            let aim = if self.config.hours.closes_within(now, FILL_AHEAD) {
                self.config.high_water.max(self.config.low_water)
            } else {
                self.config.low_water
            };
            let low_water = self.config.low_water;
            let open = self.gpu.is_some() && self.config.hours.open(now);
            let plan = plan::plan(&of_kind, &Want { dealt, open, aim, low_water, lead, now });
            for step in plan.moves {
                match step {
                    Move::Begin => decision.begin.extend(
                        births.iter().find(|birth| birth.picture_type == picture_type).cloned(),
                    ),
                    Move::Retire(pack) => decision.retire.push(pack),
                    Move::Extend(pack, until) => decision.extend.push((pack, until)),
                }
            }
            if !dealt {
                decision.off.push(picture_type);
            } else if plan.left < low_water {
                decision.short.push(picture_type);
            }
        }
        decision
    }

    /// Makes the queue's tables where something is to be queued.
    async fn prepare(&self, mut stop: Stop) {
        let mut told = false;
        while self.gpu.is_some() && !stop.is_asked() {
            let Err(error) = queue::migrate(&self.pool).await else { return };
            if !told {
                tracing::warn!(%error, "no pictures are drawn yet");
                told = true;
            }
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(TEND_EVERY) => {}
            }
        }
    }

    async fn tend_until(&self, mut stop: Stop) {
        let mut told = false;
        while !stop.is_asked() {
            match self.tend_and_queue().await {
                Ok(()) => told = false,
                // The same reason once, not every few seconds.
                Err(error) if !told => {
                    tracing::warn!(%error, "the pools of pictures are not tended");
                    told = true;
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.asked() => {}
                () = tokio::time::sleep(TEND_EVERY) => {}
            }
        }
    }

    async fn tend_and_queue(&self) -> Result<(), queue::QueueError> {
        let packs = self.tend().await?;
        queue::add(&self.pool, &packs).await
    }
}

/// A pack to begin, under a name and from seeds that nobody knows.
pub fn birth(config: &Pictures, entropy: &Entropy, picture_type: PictureType) -> Birth {
    Birth {
        id: PackId(entropy.bytes()),
        picture_type,
        items: config.per_pack,
        deal_limit: config.dealt_per_pack,
        seeds: (0..config.candidates(picture_type)).map(|_| entropy.bytes()).collect(),
    }
}
