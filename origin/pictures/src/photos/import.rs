//! Measures models on a sample, labels the photos of a source with them, and
//! makes packs from those. An interrupted run can be repeated: photos that are
//! already stored are not sent again.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use munjigi_domain::entropy::Entropy;
use munjigi_process::clock::Clock;
use munjigi_protocol::{
    Code, PackId, PictureKind, PredictReply, Prediction, SegmentedThing, routes,
};
use munjigi_store::photos::{self, AddPhotoPack, NewArea, NewPhoto, PhotoItem, Usable};
use munjigi_store::{StoreError, transact};
use reqwest::StatusCode;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::area::{Area, area};
use super::compose::{TooFew, compose};
use super::labels::Labels;
use super::sample::{Objection, Precise, SampleError, Vetted};
use super::scan::Found;
use super::source::{Source, SourceError};
use super::tile::{picture, tile};
use crate::gpu::{Gpu, GpuError, PHOTOS};

/// Time for the gpu-backend per photo.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a busy gpu-backend is asked about one photo. If its hourly quota
/// is exhausted, run the command again later.
const TRIES: u32 = 5;
/// Rounds of one challenge show different items.
const LEAST_AREAS: usize = 4;
const LONGEST_WAIT: Duration = Duration::from_mins(1);
pub(super) const UNREADABLE: &str = "not a readable image";

/// What importing needs.
#[derive(Debug)]
pub struct Import<'a> {
    pub pool: &'a PgPool,
    /// Labels the photos.
    pub gpu: &'a Gpu,
    /// The model that labels, `NAME` or `NAME@VERSION`.
    pub model: &'a str,
    /// The model that finds where things are, if any.
    pub segmenter: Option<&'a str>,
    /// Every label that the models output, and what it means.
    pub labels: &'a Labels,
    /// Minimum probability for a label to be used.
    pub sure: f32,
    pub clock: &'a Clock,
    /// For ids and seeds.
    pub entropy: &'a Entropy,
}

/// The outcomes of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Labelled now.
    pub labelled: usize,
    /// Photos that the model is not certain about.
    pub unsure: usize,
    /// Photos with a thing to point at, found now.
    pub areas: usize,
    /// Imported before.
    pub known: usize,
    /// Too large, not a still image, or refused; with the reason.
    pub refused: Vec<String>,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Our database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gpu-backend.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The model is for another task.
    #[error(
        "the model has the wrong task: --model requires a classifier, --segment requires a segmenter"
    )]
    OtherTask,
    /// The source of the photos.
    #[error(transparent)]
    Source(SourceError),
    /// Too few photos.
    #[error(transparent)]
    TooFew(#[from] TooFew),
    /// The sample.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The model outputs a label that no list has: the list belongs to another
    /// model.
    #[error("the model has the label `{0}`, which no list contains")]
    UnknownLabel(String),
    /// Another version answers than the one that was measured.
    #[error("{found} answers now, but {measured} was measured; choose one version: NAME@VERSION")]
    OtherVersion {
        /// The measured version.
        measured: String,
        /// The version that answered.
        found: String,
    },
    /// The model failed its measurement and labels nothing.
    #[error("{model}: {objection}")]
    Objection {
        /// `NAME@VERSION`.
        model: String,
        /// The reason.
        objection: Objection,
    },
}

impl ImportError {
    /// The stable error code, if the arguments or the model are at fault.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Sample(error) => Some(error.code()),
            Self::UnknownLabel(_) => Some("label-unknown"),
            Self::OtherVersion { .. } => Some("model-version-changed"),
            Self::Objection { objection, .. } => Some(objection.code()),
            Self::OtherTask => Some("model-other-task"),
            Self::Store(_) | Self::Gpu(_) | Self::Source(_) | Self::TooFew(_) => None,
        }
    }
}

impl Import<'_> {
    /// Labels and stores the photos of a source.
    pub async fn label(
        &self,
        vetted: &Vetted,
        source: &Source,
        files: &[Found],
    ) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        for file in files {
            let refuse = |why: &str| format!("{}: {why}", file.name);
            let bytes = match read(source, &file.path, file.bytes).await {
                Ok(bytes) => bytes,
                Err(NotRead::Away(error)) => return Err(ImportError::Source(error)),
                Err(NotRead::Refused(why)) => {
                    imported.refused.push(refuse(&why));
                    continue;
                }
            };
            let sha256: [u8; 32] = Sha256::digest(&bytes).into();
            if photos::known(self.pool, &sha256, &vetted.model.model).await? {
                imported.known += 1;
                self.segment(vetted, &sha256, &bytes, &mut imported).await?;
                continue;
            }
            let Some(tile) = tile(&bytes) else {
                imported.refused.push(refuse(UNREADABLE));
                continue;
            };
            let photo = (file.content_type, bytes.clone());
            let reply = match self.predict(self.model, photo).await {
                Ok(reply) => reply,
                // The file's fault, not the gpu-backend's.
                Err(GpuError::Refused { status, code }) if status.as_u16() != 401 => {
                    imported.refused.push(refuse(&refusal(status, code)));
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            same(&vetted.model, &reply)?;
            let (label, score) = self.shown(&reply.prediction)?;
            let photo = NewPhoto {
                sha256: &sha256,
                name: &file.name,
                licence: &file.licence,
                model: &vetted.model.model,
                label,
                score,
                tile: &tile,
                now: self.clock.now(),
            };
            photos::keep(self.pool, &photo).await?;
            let things = &vetted.model.measured.things;
            if label.is_some_and(|thing| score >= self.sure && things.contains(thing)) {
                imported.labelled += 1;
            } else {
                imported.unsure += 1;
            }
            self.segment(vetted, &sha256, &bytes, &mut imported).await?;
        }
        Ok(imported)
    }

    /// Stores where the thing is, if a segmenter is given and finds one.
    async fn segment(
        &self,
        vetted: &Vetted,
        sha256: &[u8; 32],
        bytes: &[u8],
        imported: &mut Imported,
    ) -> Result<(), ImportError> {
        let (Some(model), Some(precise)) = (self.segmenter, &vetted.segmenter) else {
            return Ok(());
        };
        if photos::has_area(self.pool, sha256, &precise.model).await? {
            return Ok(());
        }
        let Some(picture) = picture(bytes) else { return Ok(()) };
        let reply = self.predict(model, ("image/jpeg", picture.clone())).await?;
        same(precise, &reply)?;
        let found = self.seen(&reply.prediction, Some(&precise.measured.things))?;
        let Some(Area { thing, score, answer }) = found else { return Ok(()) };
        let area = NewArea {
            sha256,
            model: &precise.model,
            label: &thing,
            score,
            answer: &answer,
            picture: &picture,
        };
        photos::keep_area(self.pool, &area).await?;
        imported.areas += 1;
        Ok(())
    }

    /// The thing that a classifier recognises, if its label means one, and how
    /// certain it is.
    pub(super) fn shown(
        &self,
        prediction: &Prediction,
    ) -> Result<(Option<&str>, f32), ImportError> {
        let Prediction::Classify { classes } = prediction else {
            return Err(ImportError::OtherTask);
        };
        let Some((label, score)) = classes.first() else { return Ok((None, 0.0)) };
        Ok((self.listed(label)?, score.clamp(0.0, 1.0)))
    }

    /// What a segmenter finds with certainty and can be pointed at, among the
    /// things that it was measured on.
    pub(super) fn seen(
        &self,
        prediction: &Prediction,
        measured: Option<&BTreeSet<String>>,
    ) -> Result<Option<Area>, ImportError> {
        let Prediction::Segment { things } = prediction else {
            return Err(ImportError::OtherTask);
        };
        for SegmentedThing { label, .. } in things {
            self.listed(label)?;
        }
        let thing = |label: &str, score| {
            let thing = self.labels.thing(label).flatten().filter(|_| score >= self.sure)?;
            measured.is_none_or(|things| things.contains(thing)).then_some(thing)
        };
        Ok(area(things, thing))
    }

    /// The thing that a label means, if any.
    fn listed(&self, label: &str) -> Result<Option<&str>, ImportError> {
        self.labels.thing(label).ok_or_else(|| ImportError::UnknownLabel(label.to_owned()))
    }

    pub(super) async fn predict(
        &self,
        model: &str,
        photo: (&str, Vec<u8>),
    ) -> Result<PredictReply, GpuError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.gpu.predict(PHOTOS, model, photo.clone(), DEADLINE).await {
                Err(GpuError::Busy { retry_after })
                    if tried < TRIES && retry_after <= LONGEST_WAIT =>
                {
                    tokio::time::sleep(retry_after).await;
                }
                result => return result,
            }
        }
    }

    /// Makes packs of grids from all photos that the model labelled, now or in
    /// an earlier run, and queues them for the edge.
    pub async fn pack(
        &self,
        vetted: &Vetted,
        packs: u16,
        items: u16,
        deal_limit: u64,
    ) -> Result<Vec<PackId>, ImportError> {
        let photos = photos::labelled(self.pool, &self.usable(&vetted.model)).await?;
        let mut made = Vec::new();
        for _ in 0..packs {
            let seeds: Vec<[u8; 32]> = (0..items).map(|_| self.entropy.bytes()).collect();
            let grids = compose(&photos, &seeds)?;
            let items: Vec<PhotoItem<'_>> = grids
                .iter()
                .map(|grid| PhotoItem {
                    seed: grid.seed,
                    prompt: &grid.prompt,
                    answer: &grid.answer,
                    image: &grid.image,
                })
                .collect();
            made.push(self.add(PictureKind::PhotoGrid, &items, deal_limit).await?);
        }
        Ok(made)
    }

    /// Makes packs from the photos in which the segmenter finds a thing to
    /// point at, each photo in one pack; no pack has fewer than four.
    pub async fn pack_areas(
        &self,
        vetted: &Vetted,
        items: u16,
        deal_limit: u64,
    ) -> Result<Vec<PackId>, ImportError> {
        let Some(segmenter) = &vetted.segmenter else { return Ok(Vec::new()) };
        let areas = photos::areas(self.pool, &self.usable(segmenter)).await?;
        let mut made = Vec::new();
        for areas in areas.chunks(usize::from(items)).filter(|areas| areas.len() >= LEAST_AREAS) {
            let items: Vec<PhotoItem<'_>> = areas
                .iter()
                .map(|area| PhotoItem {
                    seed: self.entropy.bytes(),
                    prompt: &area.label,
                    answer: &area.answer,
                    image: &area.picture,
                })
                .collect();
            made.push(self.add(PictureKind::PhotoArea, &items, deal_limit).await?);
        }
        Ok(made)
    }

    /// What may be used of a model's output: an earlier run may have had a
    /// lower threshold, or measured the model on other things.
    fn usable<'a>(&self, precise: &'a Precise) -> Usable<'a> {
        Usable { model: &precise.model, things: &precise.measured.things, sure: self.sure }
    }

    async fn add(
        &self,
        kind: PictureKind,
        items: &[PhotoItem<'_>],
        deal_limit: u64,
    ) -> Result<PackId, StoreError> {
        let (id, now) = (PackId(self.entropy.bytes()), self.clock.now());
        transact(self.pool, &AddPhotoPack { id, kind, deal_limit, items, now }).await?;
        Ok(id)
    }
}

/// `NAME@VERSION` of the model that answered.
pub(super) fn version_of(reply: &PredictReply) -> String {
    format!("{}@{}", reply.model, reply.version)
}

/// Whether an answer comes from the model that was measured.
fn same(precise: &Precise, reply: &PredictReply) -> Result<(), ImportError> {
    let (measured, found) = (precise.model.clone(), version_of(reply));
    if found == measured { Ok(()) } else { Err(ImportError::OtherVersion { measured, found }) }
}

pub(super) fn refusal(status: StatusCode, code: Option<Code>) -> String {
    let code = code.map(|code| format!(" {code}")).unwrap_or_default();
    format!("{status}{code}")
}

/// Why a photo was not read.
pub(super) enum NotRead {
    /// No other can be read either.
    Away(SourceError),
    /// What is wrong with it.
    Refused(String),
}

pub(super) async fn read(source: &Source, path: &Path, bytes: u64) -> Result<Vec<u8>, NotRead> {
    let too_large = || NotRead::Refused("larger than 10 MiB".to_owned());
    let most = routes::PREDICT.max_body_bytes;
    if u64::try_from(most).is_ok_and(|most| bytes > most) {
        return Err(too_large());
    }
    match source.read(path, most).await {
        // It may have grown.
        Ok(bytes) if bytes.len() > most => Err(too_large()),
        Ok(bytes) => Ok(bytes),
        Err(error) if error.is_away() => Err(NotRead::Away(error)),
        Err(error) => Err(NotRead::Refused(error.to_string())),
    }
}
