//! Measures models on a sample, before they label anything.

use super::import::{Import, ImportError, NotRead, UNREADABLE, read, refusal, version_of};
use super::sample::{Example, Measured, Precise, SampleError, Vetted};
use super::source::Source;
use super::tile::{picture, tile};
use crate::gpu::GpuError;

/// The question to a model.
#[derive(Debug, Clone, Copy)]
enum Asked {
    /// What a photo shows.
    Label,
    /// Where it shows what.
    Place,
}

impl Import<'_> {
    /// Measures the models on a sample, before they label anything.
    pub async fn vet(&self, source: &Source, sample: &[Example]) -> Result<Vetted, ImportError> {
        let model = self.measure(source, sample, self.model, Asked::Label).await?;
        let segmenter = match self.segmenter {
            Some(model) => Some(self.measure(source, sample, model, Asked::Place).await?),
            None => None,
        };
        Ok(Vetted { model, segmenter })
    }

    async fn measure(
        &self,
        source: &Source,
        sample: &[Example],
        model: &str,
        asked: Asked,
    ) -> Result<Precise, ImportError> {
        let (mut measured, mut version) = (Measured::default(), None);
        for example in sample {
            let path = || example.file.name.clone();
            let refused = |why: String| SampleError::Refused { path: path(), why };
            let bytes = match read(source, &example.file.path, example.file.bytes).await {
                Ok(bytes) => bytes,
                Err(NotRead::Away(error)) => return Err(ImportError::Source(error)),
                Err(NotRead::Refused(why)) => return Err(refused(why).into()),
            };
            let picture = match asked {
                Asked::Label => tile(&bytes).map(|_| (example.content_type, bytes)),
                Asked::Place => picture(&bytes).map(|picture| ("image/jpeg", picture)),
            };
            let photo = picture.ok_or_else(|| refused(UNREADABLE.to_owned()))?;
            let reply = match self.predict(model, photo).await {
                Err(GpuError::Refused { status, code }) if status.as_u16() == 422 => {
                    return Err(refused(refusal(status, code)).into());
                }
                reply => reply?,
            };
            let found = version_of(&reply);
            let known = version.get_or_insert_with(|| found.clone());
            if *known != found {
                return Err(ImportError::OtherVersion { measured: known.clone(), found });
            }
            let said = match asked {
                Asked::Label => {
                    let (thing, score) = self.shown(&reply.prediction)?;
                    thing.filter(|_| score >= self.sure).map(str::to_owned)
                }
                Asked::Place => self.seen(&reply.prediction, None)?.map(|area| area.thing),
            };
            measured.note(example, said.as_deref());
        }
        let model = version.unwrap_or_else(|| model.to_owned());
        match measured.objection() {
            Some(objection) => Err(ImportError::Objection { model, objection }),
            None => Ok(Precise { model, measured }),
        }
    }
}
