//! Has packs drawn: each attempt requests a few candidates of a pack from the
//! gpu-backend, and records the usable ones with its outcome. Whichever origin
//! leases the pack next continues with the candidates that are left.

use std::time::Duration;

use munjigi_delivery::back_off::BackOff;
use munjigi_delivery::outbox::{Blame, DeliveryResult, Failure, Outbox, Terms, Tried};
use munjigi_process::clock::Clock;
use munjigi_process::stop::Stop;
use munjigi_protocol::{PictureKind, PictureType, RenderReply, RenderRequest, Rendering};
use munjigi_store::deliveries::{Due, Next, Topic};
use munjigi_store::pictures::{
    Candidate, CandidateResult as Drawn, Drawing, Finish, StoreDrawn, drawing, drawn_pack,
    more_candidates,
};
use munjigi_store::{DatabaseError, Unit};
use reqwest::StatusCode;
use sqlx::{PgConnection, PgPool};

use super::Factory;
use super::sift::{Fit, sift};
use crate::gpu::{FACTORY, Gpu, GpuError};
use crate::photos::compose;

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

/// Has packs drawn, at the hours of the gpu-backend.
#[derive(Debug, Clone)]
pub struct Drawings {
    factory: Factory,
    /// Ends calls in progress: a picture takes longer than a stop may.
    stop: Stop,
}

impl Drawings {
    pub fn of(factory: &Factory, stop: Stop) -> Self {
        Self { factory: factory.clone(), stop }
    }
}

/// What an attempt adds to its pack.
#[derive(Debug)]
pub enum DrawStep {
    Nothing,
    /// The outcomes of candidates.
    Drawn(Batch),
    /// Candidates after the first `known`.
    More {
        known: u64,
        seeds: Vec<[u8; 32]>,
    },
}

/// Candidates that were drawn in one call.
#[derive(Debug)]
pub struct Batch {
    /// The model and version that drew them.
    drawn_by: String,
    /// The candidates' positions and outcomes.
    outcomes: Vec<(i32, Drawn)>,
}

impl Outbox for Drawings {
    type Facts = DrawStep;

    const TOPICS: &'static [Terms] = &[Terms {
        topic: Topic::Drawings,
        lease: Duration::from_secs(30),
        at_once: 2,
        back_off: BackOff::doubling(WAIT_FIRST, WAIT_MOST),
        blame: Blame::Operator,
    }];

    fn pool(&self) -> &PgPool {
        &self.factory.pool
    }

    fn clock(&self) -> &Clock {
        &self.factory.clock
    }

    fn is_open(&self) -> bool {
        self.factory.config.hours.open(self.factory.clock.now())
    }

    async fn attempt(&self, due: &Due) -> Result<(DeliveryResult, DrawStep), DatabaseError> {
        let pack = drawn_pack(due)?;
        let Some(drawing) = drawing(&self.factory.pool, pack, BATCH).await? else {
            // Another origin completed it, after our lease ran out.
            return Ok((DeliveryResult::Delivered, DrawStep::Nothing));
        };
        if drawing.next.is_empty() {
            return Ok(self.without_candidates(&drawing));
        }
        if drawing.kind.is_photo() {
            let outcomes = compose(&self.factory.pool, pack, drawing.kind, &drawing.next).await?;
            let batch = Batch { drawn_by: "photos".to_owned(), outcomes };
            return Ok((progress(&drawing, &batch), DrawStep::Drawn(batch)));
        }
        let Some(gpu) = &self.factory.gpu else {
            // An origin that has one draws it.
            return Ok((DeliveryResult::Held, DrawStep::Nothing));
        };
        let mut stop = self.stop.clone();
        let result = tokio::select! {
            biased;
            () = stop.asked() => return Ok((DeliveryResult::Interrupted, DrawStep::Nothing)),
            result = self.draw_batch(gpu, &drawing, due.attempts) => result,
        };
        Ok(match result {
            Ok(batch) => (progress(&drawing, &batch), DrawStep::Drawn(batch)),
            Err(error) => (DeliveryResult::Failed(failure(&error)), DrawStep::Nothing),
        })
    }

    async fn note(
        &self,
        connection: &mut PgConnection,
        due: &Due,
        tried: &Tried<DrawStep>,
    ) -> Result<(), DatabaseError> {
        let pack = drawn_pack(due)?;
        match &tried.facts {
            DrawStep::Nothing => {}
            DrawStep::Drawn(Batch { drawn_by, outcomes }) => {
                StoreDrawn { pack, drawn_by, outcomes }.run(connection).await?;
            }
            DrawStep::More { known, seeds } => {
                more_candidates(connection, pack, *known, seeds).await?;
            }
        }
        if tried.next == Next::Delivered {
            Finish { pack, now: tried.now }.run(connection).await?;
        }
        Ok(())
    }
}

impl Drawings {
    /// Every candidate is drawn: the pack is complete, or needs more of them.
    fn without_candidates(&self, drawing: &Drawing) -> (DeliveryResult, DrawStep) {
        let Drawing { items, kept, candidates, .. } = *drawing;
        if kept >= items {
            return (DeliveryResult::Delivered, DrawStep::Nothing);
        }
        let seeds = (0..items - kept).map(|_| self.factory.entropy.bytes()).collect();
        let more = DrawStep::More { known: candidates, seeds };
        if candidates < items.saturating_mul(CANDIDATES_PER_ITEM) {
            return (DeliveryResult::Progressed, more);
        }
        let why = format!("only {kept} of {candidates} candidates are usable");
        let failure = Failure { at_least: WAIT_MOST, ..Failure::new("unusable", &why) };
        (DeliveryResult::Failed(failure), more)
    }

    async fn draw_batch(
        &self,
        gpu: &Gpu,
        drawing: &Drawing,
        failures: u32,
    ) -> Result<Batch, GpuError> {
        let kind = drawing.kind;
        let count = usize::try_from(batch(kind, failures)).unwrap_or(1);
        let batch: Vec<&Candidate> = drawing.next.iter().take(count).collect();
        let pictures: Vec<Rendering> = batch
            .iter()
            .map(|candidate| Rendering {
                picture_type: kind.picture_type(),
                seed: hex(&candidate.seed),
            })
            .collect();
        let judge = self.factory.config.judge_of(kind).map(str::to_owned);
        let mut request = RenderRequest { pictures, judge };
        let reply = match gpu.render(FACTORY, &request, DEADLINE).await {
            // Pictures that no one judged are better than none.
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
            let outcome = match sift(kind.picture_type(), &picture) {
                Ok(Fit { images, image_lengths }) => Drawn::Kept {
                    prompt: picture.prompt,
                    answer: picture.answer,
                    images,
                    image_lengths,
                    clarity: picture.clarity,
                    judgement: picture.judgement,
                },
                Err(why) => {
                    count_dropped(kind, why.as_str(), 1);
                    Drawn::Dropped(why.as_str())
                }
            };
            (candidate.position, outcome)
        });
        let outcomes: Vec<_> = outcomes.collect();
        let drawn = u64::try_from(outcomes.len()).unwrap_or_default();
        metrics::counter!("munjigi_pictures_drawn_total", "type" => kind.as_str()).increment(drawn);
        // A name that another program chose.
        let drawn_by = drawn_by.chars().filter(|c| !c.is_control()).take(100).collect();
        Ok(Batch { drawn_by, outcomes })
    }
}

/// Whether a batch completes its pack.
fn progress(drawing: &Drawing, batch: &Batch) -> DeliveryResult {
    let kept = batch.outcomes.iter().filter(|(_, it)| matches!(it, Drawn::Kept { .. })).count();
    let kept = drawing.kept + u64::try_from(kept).unwrap_or_default();
    let drawn = u64::try_from(batch.outcomes.len()).unwrap_or_default();
    if drawn < drawing.undrawn || kept < drawing.items {
        return DeliveryResult::Progressed;
    }
    count_dropped(drawing.kind, "easy", kept - drawing.items);
    DeliveryResult::Delivered
}

/// Candidates per call: fewer of kinds that take longer to draw, and half as
/// many with each call that fails.
fn batch(kind: PictureKind, failures: u32) -> u32 {
    let most = match kind.picture_type() {
        PictureType::Grid | PictureType::Area => BATCH,
        // Twice as many views as a grid has tiles.
        PictureType::Turn => BATCH / 2,
    };
    (most >> failures.min(3)).max(1)
}

fn failure(error: &GpuError) -> Failure {
    let at_least = match error {
        GpuError::Busy { retry_after } => (*retry_after).min(WAIT_MOST),
        GpuError::Unreachable { .. }
        | GpuError::TooSlow(_)
        | GpuError::Refused { .. }
        | GpuError::Malformed(_) => Duration::ZERO,
    };
    Failure { at_least, ..Failure::new(error.code(), error) }
}

fn count_dropped(kind: PictureKind, reason: &'static str, number: u64) {
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
