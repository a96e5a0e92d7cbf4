//! Labels the photos of a source with models of the gpu-backend and stores them
//! for people to review. An interrupted run can be repeated: photos that are
//! stored are not sent again.

use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use munjigi_process::clock::Clock;
use munjigi_protocol::{PredictReply, Prediction, SegmentedThing, routes};
use munjigi_store::DatabaseError;
use munjigi_store::photos::{self, NewPhoto, PhotoId, Said};
use reqwest::StatusCode;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::area::{Area, area};
use super::labels::Labels;
use super::scan::Found;
use super::source::{Source, SourceError};
use super::tile::{Middles, middles};
use crate::gpu::{Gpu, GpuError, PHOTOS};

/// Photos under way: the gpu-backend computes together what comes together.
const AT_ONCE: usize = 4;
/// Time for the gpu-backend per photo.
const DEADLINE: Duration = Duration::from_secs(30);
/// A busy gpu-backend is waited for this often, and this long at most.
const TRIES: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Labels of a photo that a reviewer sees.
const SHOWN: usize = 5;
/// A segmenter that is less sure than this has found nothing.
const FOUND: f32 = 0.5;

#[derive(Debug)]
pub struct Import<'a> {
    pub pool: &'a PgPool,
    pub gpu: &'a Gpu,
    /// The model that labels: `NAME` or `NAME@VERSION`.
    pub model: &'a str,
    /// The model that finds where things are, if any.
    pub segmenter: Option<&'a str>,
    /// Every label of both models.
    pub labels: &'a Labels,
    pub clock: &'a Clock,
}

/// What became of the photos.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// New ones, to be reviewed.
    pub imported: u64,
    /// Of those, with a thing that can be asked for.
    pub labelled: u64,
    /// Of those, with a place to point at.
    pub areas: u64,
    /// Known before: models were not asked again.
    pub known: u64,
    /// Refused ones, each with the reason.
    pub refused: Vec<String>,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Store(#[from] DatabaseError),
    #[error(transparent)]
    Gpu(GpuError),
    /// The bucket does not respond.
    #[error(transparent)]
    Source(SourceError),
    /// A list that belongs to another model.
    #[error("the model returned `{0}`, which is in none of the lists of labels")]
    UnknownLabel(String),
    #[error("the model does something other than what it is used for")]
    OtherTask,
}

impl ImportError {
    /// The stable error code, if the arguments are at fault.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::UnknownLabel(_) => Some("label-unknown"),
            Self::OtherTask => Some("model-other-task"),
            Self::Gpu(GpuError::Refused { status: StatusCode::NOT_FOUND, .. }) => {
                Some("model-unknown")
            }
            Self::Store(_) | Self::Gpu(_) | Self::Source(_) => None,
        }
    }
}

impl Import<'_> {
    /// Labels and stores the photos of a source. `told` is called with the
    /// number of photos done after each of them.
    pub async fn run(
        &self,
        source: &Source,
        files: &[Found],
        told: impl Fn(usize),
    ) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        let fates = stream::iter(files).map(async |file| (file, self.one(source, file).await));
        let mut fates = std::pin::pin!(fates.buffered(AT_ONCE));
        let mut done = 0;
        while let Some((file, fate)) = fates.next().await {
            done += 1;
            match fate? {
                Fate::Known => imported.known += 1,
                Fate::Refused(why) => imported.refused.push(format!("{}: {why}", file.name)),
                Fate::Imported { labelled, area } => {
                    imported.imported += 1;
                    imported.labelled += u64::from(labelled);
                    imported.areas += u64::from(area);
                }
            }
            told(done);
        }
        Ok(imported)
    }

    async fn one(&self, source: &Source, file: &Found) -> Result<Fate, ImportError> {
        let bytes = match read(source, &file.path, file.bytes).await {
            Ok(bytes) => bytes,
            Err(NotRead::Away(error)) => return Err(ImportError::Source(error)),
            Err(NotRead::Refused(why)) => return Ok(Fate::Refused(why)),
        };
        let id: PhotoId = Sha256::digest(&bytes).into();
        if photos::known(self.pool, &id, self.model, self.segmenter).await? {
            return Ok(Fate::Known);
        }
        let reply = match self.predict(self.model, (file.content_type, bytes.clone())).await {
            Ok(reply) => reply,
            // The file's fault, not the gpu-backend's.
            Err(GpuError::Refused { status, code }) if of_file(status) => {
                let code = code.unwrap_or_else(|| status.to_string());
                return Ok(Fate::Refused(format!("{code}: refused by the gpu-backend")));
            }
            Err(error) => return Err(ImportError::Gpu(error)),
        };
        let Middles { tile, picture } = match middles(&bytes) {
            Ok(middles) => middles,
            Err(unfit) => return Ok(Fate::Refused(unfit.to_string())),
        };
        let said = self.said(&reply.prediction)?;
        let (area, segmenter) = self.segmented(&picture).await?;
        let named = said.first().and_then(|said| said.thing.as_deref());
        // Where it is, if both models see the same.
        let area = area.filter(|area| named.is_none_or(|named| named == area.thing));
        let thing = named.or(area.as_ref().map(|area| area.thing.as_str()));
        let photo = NewPhoto {
            id: &id,
            name: &file.name,
            licence: &file.licence,
            model: &version_of(&reply),
            said: &said,
            thing,
            segmenter: segmenter.as_deref(),
            area: area.as_ref().map(|area| &area.answer),
            picture: &picture,
            tile: &tile,
            now: self.clock.now(),
        };
        photos::keep(self.pool, &photo).await?;
        Ok(Fate::Imported { labelled: thing.is_some(), area: area.is_some() })
    }

    /// What a classifier says, the surest first.
    fn said(&self, prediction: &Prediction) -> Result<Vec<Said>, ImportError> {
        let Prediction::Classify { classes } = prediction else {
            return Err(ImportError::OtherTask);
        };
        let said = classes.iter().take(SHOWN).map(|(label, score)| {
            let thing = self.listed(label)?.map(str::to_owned);
            Ok(Said { label: label.clone(), thing, score: score.clamp(0.0, 1.0) })
        });
        said.collect()
    }

    /// Where the one thing is that a segmenter finds in a picture, and the
    /// segmenter that was asked.
    async fn segmented(
        &self,
        picture: &[u8],
    ) -> Result<(Option<Area>, Option<String>), ImportError> {
        let Some(model) = self.segmenter else { return Ok((None, None)) };
        let reply = self.predict(model, ("image/jpeg", picture.to_vec())).await;
        let reply = reply.map_err(ImportError::Gpu)?;
        let Prediction::Segment { things } = &reply.prediction else {
            return Err(ImportError::OtherTask);
        };
        for SegmentedThing { label, .. } in things {
            self.listed(label)?;
        }
        let thing =
            |label: &str, score: f32| self.labels.thing(label).flatten().filter(|_| score >= FOUND);
        Ok((area(things, thing), Some(version_of(&reply))))
    }

    /// The thing that a label means, if any.
    fn listed(&self, label: &str) -> Result<Option<&str>, ImportError> {
        self.labels.thing(label).ok_or_else(|| ImportError::UnknownLabel(label.to_owned()))
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
}

enum Fate {
    Known,
    Refused(String),
    Imported { labelled: bool, area: bool },
}

/// `NAME@VERSION` of the model that answered.
fn version_of(reply: &PredictReply) -> String {
    format!("{}@{}", reply.model, reply.version)
}

/// Whether a refusal says something about the image alone.
const fn of_file(status: StatusCode) -> bool {
    !matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// Why a photo was not read.
enum NotRead {
    /// No other can be read either.
    Away(SourceError),
    /// What is wrong with it.
    Refused(String),
}

async fn read(source: &Source, path: &Path, bytes: u64) -> Result<Vec<u8>, NotRead> {
    let too_large = || NotRead::Refused("photo-too-large: larger than 10 MiB".to_owned());
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
