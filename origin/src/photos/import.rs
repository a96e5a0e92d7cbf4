//! Labels the photos of a source and makes packs of them. A run that is cut
//! off is run again: photos that are there are not sent twice.

use std::collections::BTreeMap;
use std::time::Duration;

use munjigi_protocol::{PackId, PictureType, PredictReply, Prediction, routes};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::area::{Area, area};
use super::compose::{TooFew, compose};
use super::scan::Found;
use super::source::{Source, SourceError};
use super::tile::{picture, tile};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::gpu::{Gpu, GpuError, PHOTOS};
use crate::store::photos::{self, AddPhotoPack, NewArea, NewPhoto, PhotoItem};
use crate::store::{StoreError, transact};

/// What the gpu-backend is given for one photo.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often a busy gpu-backend is asked about one photo. Its quota of an
/// hour is waited for by running the command again.
const TRIES: u32 = 5;
/// Rounds of one challenge show different items.
const LEAST_AREAS: usize = 4;
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Which of a model's labels are used, and as which things.
#[derive(Debug, Clone)]
pub struct Labels {
    /// Least probability of a label that is used.
    pub sure: f32,
    /// The thing that a label means, where it is not the label itself.
    pub aliases: BTreeMap<String, String>,
}

impl Labels {
    /// The thing that a photo surely shows.
    pub(super) fn thing<'a>(&'a self, label: &'a str, probability: f32) -> Option<&'a str> {
        let thing = self.aliases.get(label).map_or(label, String::as_str);
        (probability >= self.sure && is_key(thing)).then_some(thing)
    }
}

/// Whether a word can be a key of the widget's locale files.
pub fn is_key(word: &str) -> bool {
    (1..=32).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'))
}

/// What importing needs.
#[derive(Debug)]
pub struct Import<'a> {
    /// Postgres.
    pub pool: &'a PgPool,
    /// Labels.
    pub gpu: &'a Gpu,
    /// The model that labels, `NAME` or `NAME@VERSION`.
    pub model: &'a str,
    /// The model that says where things are, if any.
    pub segmenter: Option<&'a str>,
    /// Which labels are used.
    pub labels: &'a Labels,
    /// Tells the time.
    pub clock: &'a Clock,
    /// For names and seeds.
    pub entropy: &'a Entropy,
}

/// What became of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Labelled now.
    pub labelled: usize,
    /// Of which the model is not sure.
    pub unsure: usize,
    /// In which a thing can be pointed at, found now.
    pub areas: usize,
    /// Imported before.
    pub known: usize,
    /// Too large, not a still image, or refused; with why.
    pub refused: Vec<String>,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Ours.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gpu-backend's.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The model does something else.
    #[error(
        "the model does something else: --model takes one that classifies, --segment one that segments"
    )]
    OtherTask,
    /// Where the photos are.
    #[error(transparent)]
    Source(SourceError),
    /// Too few photos.
    #[error(transparent)]
    TooFew(#[from] TooFew),
}

impl Import<'_> {
    /// Labels and keeps photos of a source.
    pub async fn label(&self, source: &Source, files: &[Found]) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        for file in files {
            let refuse = |why: &str| format!("{}: {why}", file.name);
            let bytes = match read(source, file).await {
                Ok(bytes) => bytes,
                Err(NotRead::Away(error)) => return Err(ImportError::Source(error)),
                Err(NotRead::Refused(why)) => {
                    imported.refused.push(refuse(&why));
                    continue;
                }
            };
            let sha256: [u8; 32] = Sha256::digest(&bytes).into();
            if photos::known(self.pool, &sha256).await? {
                imported.known += 1;
                self.segment(&sha256, &bytes, &mut imported).await?;
                continue;
            }
            let Some(tile) = tile(&bytes) else {
                imported.refused.push(refuse("not an image that can be read"));
                continue;
            };
            let photo = (file.content_type, bytes.clone());
            let reply = match self.predict(self.model, photo).await {
                Ok(reply) => reply,
                // The file's fault, not the gpu-backend's.
                Err(GpuError::Refused { status, code }) if status.as_u16() != 401 => {
                    let code = code.map(|code| format!(" {code}")).unwrap_or_default();
                    imported.refused.push(refuse(&format!("{status}{code}")));
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let Prediction::Classify { classes } = &reply.prediction else {
                return Err(ImportError::OtherTask);
            };
            let label = classes.first().and_then(|(label, sure)| self.labels.thing(label, *sure));
            let photo = NewPhoto {
                sha256: &sha256,
                name: &file.name,
                licence: &file.licence,
                model: &format!("{}@{}", reply.model, reply.version),
                label,
                score: classes.first().map_or(0.0, |(_, score)| score.clamp(0.0, 1.0)),
                tile: &tile,
                now: self.clock.now(),
            };
            photos::keep(self.pool, &photo).await?;
            if label.is_some() {
                imported.labelled += 1;
            } else {
                imported.unsure += 1;
            }
            self.segment(&sha256, &bytes, &mut imported).await?;
        }
        Ok(imported)
    }

    /// Notes where the thing is, where a segmenter is given and sees one.
    async fn segment(
        &self,
        sha256: &[u8; 32],
        bytes: &[u8],
        imported: &mut Imported,
    ) -> Result<(), ImportError> {
        let Some(model) = self.segmenter else { return Ok(()) };
        if photos::has_area(self.pool, sha256).await? {
            return Ok(());
        }
        let Some(picture) = picture(bytes) else { return Ok(()) };
        let reply = self.predict(model, ("image/jpeg", picture.clone())).await?;
        let Prediction::Segment { things } = &reply.prediction else {
            return Err(ImportError::OtherTask);
        };
        let Some(Area { thing, score, answer }) = area(things, self.labels) else { return Ok(()) };
        let area = NewArea {
            sha256,
            model: &format!("{}@{}", reply.model, reply.version),
            label: &thing,
            score,
            answer: &answer,
            picture: &picture,
        };
        photos::keep_area(self.pool, &area).await?;
        imported.areas += 1;
        Ok(())
    }

    async fn predict(&self, model: &str, photo: (&str, Vec<u8>)) -> Result<PredictReply, GpuError> {
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

    /// Makes packs of grids of all photos that are labelled, and queues them
    /// for the edge.
    pub async fn pack(
        &self,
        packs: u16,
        items: u16,
        deal_limit: u64,
    ) -> Result<Vec<PackId>, ImportError> {
        let photos = photos::labelled(self.pool).await?;
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
            made.push(self.add(PictureType::Grid, &items, deal_limit).await?);
        }
        Ok(made)
    }

    /// Makes packs of the photos in which a thing can be pointed at, each in
    /// one of them; none of fewer than four.
    pub async fn pack_areas(
        &self,
        items: u16,
        deal_limit: u64,
    ) -> Result<Vec<PackId>, ImportError> {
        let areas = photos::areas(self.pool).await?;
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
            made.push(self.add(PictureType::Area, &items, deal_limit).await?);
        }
        Ok(made)
    }

    async fn add(
        &self,
        picture_type: PictureType,
        items: &[PhotoItem<'_>],
        deal_limit: u64,
    ) -> Result<PackId, StoreError> {
        let (id, now) = (PackId(self.entropy.bytes()), self.clock.now());
        transact(self.pool, &AddPhotoPack { id, picture_type, deal_limit, items, now }).await?;
        Ok(id)
    }
}

/// Why a photo was not read.
enum NotRead {
    /// No other can be read either.
    Away(SourceError),
    /// What is wrong with it.
    Refused(String),
}

async fn read(source: &Source, file: &Found) -> Result<Vec<u8>, NotRead> {
    let too_large = || NotRead::Refused("larger than 10 MiB".to_owned());
    let most = routes::PREDICT.max_body_bytes;
    if u64::try_from(most).is_ok_and(|most| file.bytes > most) {
        return Err(too_large());
    }
    match source.read(&file.path, most).await {
        // It may have grown.
        Ok(bytes) if bytes.len() > most => Err(too_large()),
        Ok(bytes) => Ok(bytes),
        Err(error) if error.is_away() => Err(NotRead::Away(error)),
        Err(error) => Err(NotRead::Refused(error.to_string())),
    }
}
