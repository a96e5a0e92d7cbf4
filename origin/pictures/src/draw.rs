//! Draws a pack: requests its candidates from the gpu-backend, a few at a time,
//! and stores the usable ones. If this is interrupted, another worker continues
//! with the candidates that are left.

use std::time::Duration;

use munjigi_keys::UnixMillis;
use munjigi_process::stop::Stop;
use munjigi_protocol::{PackId, PictureType, RenderReply, RenderRequest, Rendering};
use munjigi_store::pictures::{
    Candidate, Drawing, Finish, Finished, Outcome, StoreDrawn, draw_failed, drawing,
    more_candidates,
};
use munjigi_store::{StoreError, transact};
use reqwest::StatusCode;

use super::Factory;
use super::sift::{Fit, sift};
use crate::gpu::{FACTORY, Gpu, GpuError};

/// Maximum candidates per call.
const BATCH: u32 = 8;
/// Time for the gpu-backend per call: a CPU that also does something else draws
/// a full one in half of it.
const DEADLINE: Duration = Duration::from_secs(100);
/// The first back-off after a failure; doubled with each further one.
const WAIT_FIRST: Duration = Duration::from_secs(1);
const WAIT_MOST: Duration = Duration::from_mins(5);
/// After this many candidates per item wanted, something is wrong with the
/// drawing.
const CANDIDATES_PER_ITEM: u64 = 20;

impl Factory {
    /// Continues until the pack is complete, the gpu-backend needs a break, or
    /// it is told to stop. Errors of the gpu-backend are recorded with the
    /// pack.
    pub async fn draw(&self, pack: PackId, stop: &Stop) -> Result<(), StoreError> {
        let Some(gpu) = &self.gpu else { return Ok(()) };
        while !stop.is_asked() && self.config.hours.open(self.clock.now()) {
            let found = drawing(&self.pool, pack, self.clock.now(), BATCH).await?;
            let Some(drawing) = found else { return Ok(()) };
            if drawing.next.is_empty() {
                if drawing.kept >= drawing.items {
                    return self.finish(pack, &drawing).await;
                }
                if drawing.candidates >= drawing.items.saturating_mul(CANDIDATES_PER_ITEM) {
                    let (kept, candidates) = (drawing.kept, drawing.candidates);
                    let why = format!("only {kept} of {candidates} candidates are usable");
                    self.put_off(pack, &drawing, &why, WAIT_MOST).await?;
                }
                self.add_candidates(pack, &drawing).await?;
                continue;
            }
            match self.draw_batch(gpu, &drawing).await {
                Ok((drawn_by, outcomes)) => {
                    let unit = StoreDrawn { pack, drawn_by: &drawn_by, outcomes: &outcomes };
                    transact(&self.pool, &unit).await?;
                }
                Err(error) => {
                    let wait = wait_after(&error, drawing.failures);
                    return self.put_off(pack, &drawing, &error.to_string(), wait).await;
                }
            }
        }
        Ok(())
    }

    async fn draw_batch(
        &self,
        gpu: &Gpu,
        drawing: &Drawing,
    ) -> Result<(String, Vec<(i32, Outcome)>), GpuError> {
        let kind = drawing.picture_type;
        let count = usize::try_from(batch(kind, drawing.failures)).unwrap_or(1);
        let batch: Vec<&Candidate> = drawing.next.iter().take(count).collect();
        let pictures: Vec<Rendering> = batch
            .iter()
            .map(|candidate| Rendering { picture_type: kind, seed: hex(&candidate.seed) })
            .collect();
        let judge = self.config.judge_of(kind).map(str::to_owned);
        let mut request = RenderRequest { pictures, judge };
        let reply = match gpu.render(FACTORY, &request, DEADLINE).await {
            // Pictures that nobody judged are better than none.
            Err(GpuError::Refused { status: StatusCode::NOT_FOUND, .. })
                if request.judge.is_some() =>
            {
                if drawing.kept == 0 {
                    let judge = request.judge.as_deref();
                    tracing::warn!(
                        judge,
                        "the gpu-backend does not have this model: nothing is judged"
                    );
                }
                request.judge = None;
                gpu.render(FACTORY, &request, DEADLINE).await?
            }
            reply => reply?,
        };
        let same = reply.pictures.len() == request.pictures.len()
            && reply
                .pictures
                .iter()
                .zip(&request.pictures)
                .all(|(got, asked)| got.seed == asked.seed);
        if !same {
            let what = "it contains different pictures than requested".to_owned();
            return Err(GpuError::Malformed(what));
        }
        let RenderReply { pictures, drawn_by } = reply;
        let outcomes = batch.iter().zip(pictures).map(|(candidate, picture)| {
            let outcome = match sift(kind, &picture) {
                Ok(Fit { images, image_lengths }) => Outcome::Kept {
                    prompt: picture.prompt,
                    answer: picture.answer,
                    images,
                    image_lengths,
                    clarity: picture.clarity,
                    judgement: picture.judgement,
                },
                Err(why) => {
                    count_dropped(kind, why.as_str(), 1);
                    Outcome::Dropped(why.as_str())
                }
            };
            (candidate.position, outcome)
        });
        let outcomes: Vec<_> = outcomes.collect();
        let drawn = u64::try_from(outcomes.len()).unwrap_or_default();
        metrics::counter!("munjigi_pictures_drawn_total", "type" => kind.as_str()).increment(drawn);
        // A name that another program chose.
        Ok((drawn_by.chars().filter(|c| !c.is_control()).take(100).collect(), outcomes))
    }

    async fn finish(&self, pack: PackId, drawing: &Drawing) -> Result<(), StoreError> {
        let unit = Finish { pack, now: self.clock.now() };
        if let Finished::Drawn(items) = transact(&self.pool, &unit).await? {
            let kind = drawing.picture_type;
            let held = u64::try_from(items).unwrap_or_default();
            count_dropped(kind, "easy", drawing.kept.saturating_sub(held));
            tracing::info!(%pack, kind = kind.as_str(), items, "a pack of pictures has been drawn");
        }
        Ok(())
    }

    async fn add_candidates(&self, pack: PackId, drawing: &Drawing) -> Result<(), StoreError> {
        let missing = drawing.items.saturating_sub(drawing.kept);
        let seeds: Vec<[u8; 32]> = (0..missing).map(|_| self.entropy.bytes()).collect();
        more_candidates(&self.pool, pack, drawing.candidates, &seeds).await
    }

    async fn put_off(
        &self,
        pack: PackId,
        drawing: &Drawing,
        error: &str,
        wait: Duration,
    ) -> Result<(), StoreError> {
        let failures = drawing.failures + 1;
        // Logging each retry would flood the log while the gpu-backend is down.
        if failures.is_power_of_two() {
            tracing::warn!(%pack, failures, %error, "a pack of pictures is waiting");
        }
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let again = UnixMillis(self.clock.now().0.saturating_add(wait));
        draw_failed(&self.pool, pack, error, again).await
    }
}

/// Candidates per call: fewer of kinds that take longer to draw, and half as
/// many with each call that fails.
fn batch(kind: PictureType, failures: u32) -> u32 {
    let most = match kind {
        PictureType::Grid | PictureType::Area => BATCH,
        // Twice as many views as a grid has tiles.
        PictureType::Turn => BATCH / 2,
    };
    (most >> failures.min(3)).max(1)
}

/// The delay that the gpu-backend requests, otherwise longer each time.
fn wait_after(error: &GpuError, failures: u32) -> Duration {
    let wait = WAIT_FIRST.saturating_mul(1 << failures.min(16)).min(WAIT_MOST);
    match error {
        GpuError::Busy { retry_after } => wait.max(*retry_after).min(WAIT_MOST),
        GpuError::Unreachable { .. }
        | GpuError::TooSlow(_)
        | GpuError::Refused { .. }
        | GpuError::Malformed(_) => wait,
    }
}

fn count_dropped(kind: PictureType, reason: &'static str, number: u64) {
    if number == 0 {
        return;
    }
    metrics::counter!(
        "munjigi_pictures_dropped_total", "type" => kind.as_str(), "reason" => reason
    )
    .increment(number);
}

fn hex(seed: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(seed)
}
