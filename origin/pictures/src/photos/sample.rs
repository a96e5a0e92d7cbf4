//! A sample of labelled photos, by which a model is measured before it labels
//! anything: how often what it surely says is right.

use std::collections::BTreeSet;
use std::path::Path;

use super::labels::is_key;
use super::listed::Listed;
use super::scan::content_type;
use super::source::{Source, SourceError};

/// Below, a model labels nothing.
pub const LEAST_PRECISION: f64 = 0.98;
/// Fewer sure answers prove nothing: one wrong of fifty is 98 %.
pub const LEAST_JUDGED: usize = 50;
/// The folder of photos that show none of the things.
const NONE: &str = "none";

/// A photo of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The file.
    pub file: Listed,
    /// By its name.
    pub content_type: &'static str,
    /// What it shows; nothing where that is none of the things.
    pub thing: Option<String>,
}

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// It cannot be listed, or not all of it be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        error: SourceError,
    },
    /// Photos that are in no folder named after a thing.
    #[error("cannot tell what {0} shows: its folder is not named after a thing")]
    Unlabelled(String),
    /// One that the gpu-backend, or the command, does not take.
    #[error("{path}: {why}")]
    Refused {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// It has no photos.
    #[error("there are no .jpg, .jpeg, .png or .webp files in the sample")]
    Nothing,
}

impl SampleError {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "sample-unreadable",
            Self::Unlabelled(_) => "sample-unlabelled",
            Self::Refused { .. } => "sample-refused",
            Self::Nothing => "sample-empty",
        }
    }
}

/// Finds the photos of a sample: each in a folder that is named after the
/// thing it shows, or in `none`.
pub fn sample(source: &Source) -> Result<Vec<Example>, SampleError> {
    let listed = source.list().map_err(|(path, error)| SampleError::Unreadable {
        path: path.display().to_string(),
        error: error.into(),
    })?;
    let mut examples = Vec::new();
    for file in listed {
        let Some(content_type) = content_type(&file.path) else { continue };
        let folder = Path::new(&file.name).parent().and_then(Path::file_name);
        let thing = match folder.and_then(|name| name.to_str()) {
            Some(NONE) => None,
            Some(thing) if is_key(thing) => Some(thing.to_owned()),
            _ => return Err(SampleError::Unlabelled(file.name)),
        };
        examples.push(Example { file, content_type, thing });
    }
    if examples.is_empty() {
        return Err(SampleError::Nothing);
    }
    examples.sort_by(|a, b| a.file.name.cmp(&b.file.name));
    Ok(examples)
}

/// How a model did on a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Measured {
    /// Photos that it looked at.
    pub photos: usize,
    /// Of which it surely said a thing.
    pub judged: usize,
    /// Correctly.
    pub right: usize,
    /// What it said otherwise, by photo.
    pub wrong: Vec<String>,
    /// The things that it named correctly: the others stay unused.
    pub things: BTreeSet<String>,
}

impl Measured {
    /// Takes note of what it said of a photo.
    pub(super) fn note(&mut self, example: &Example, said: Option<&str>) {
        self.photos += 1;
        let Some(said) = said else { return };
        self.judged += 1;
        if example.thing.as_deref() == Some(said) {
            self.right += 1;
            self.things.insert(said.to_owned());
        } else {
            self.wrong.push(format!("{}: {said}", example.file.name));
        }
    }

    /// The share of what it surely said that is right.
    pub fn precision(&self) -> f64 {
        share(self.right, self.judged)
    }

    /// What keeps the model from labelling, if anything does.
    pub fn objection(&self) -> Option<Objection> {
        if self.judged < LEAST_JUDGED {
            return Some(Objection::TooFew { judged: self.judged, photos: self.photos });
        }
        let (right, judged) = (self.right, self.judged);
        (self.precision() < LEAST_PRECISION).then(|| Objection::Imprecise {
            right,
            judged,
            wrong: self.wrong.clone(),
        })
    }
}

/// Models that were measured on a sample and found precise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vetted {
    /// What labels.
    pub model: Precise,
    /// What says where things are, if anything does.
    pub segmenter: Option<Precise>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Precise {
    /// `NAME@VERSION`.
    pub model: String,
    /// How it did.
    pub measured: Measured,
}

/// Why a model labels nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// It is wrong too often.
    #[error(
        "it was sure of {judged} photos of the sample and right in {right}: {:.2} %, but {:.0} % are required; {}",
        100.0 * share(*right, *judged), 100.0 * LEAST_PRECISION, examples(wrong)
    )]
    Imprecise {
        /// Named correctly.
        right: usize,
        /// Named at all.
        judged: usize,
        /// The others.
        wrong: Vec<String>,
    },
    /// It may be right by luck.
    #[error(
        "it was sure of {judged} of the sample's {photos} photos, but {LEAST_JUDGED} are required"
    )]
    TooFew {
        /// Named surely.
        judged: usize,
        /// All.
        photos: usize,
    },
}

impl Objection {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Imprecise { .. } => "model-imprecise",
            Self::TooFew { .. } => "sample-too-small",
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a sample is far below 2^52 photos")]
fn share(right: usize, judged: usize) -> f64 {
    right as f64 / judged.max(1) as f64
}

/// The first few.
fn examples(wrong: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = wrong.iter().take(SHOWN).map(String::as_str).collect();
    let more = wrong.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str, thing: Option<&str>) -> Example {
        let file = Listed { path: name.into(), name: name.to_owned(), bytes: 1 };
        Example { file, content_type: "image/jpeg", thing: thing.map(str::to_owned) }
    }

    /// So many named rightly, wrongly, and not at all.
    fn measured(right: usize, wrong: usize, unsure: usize) -> Measured {
        let mut measured = Measured::default();
        for _ in 0..right {
            measured.note(&example("cup/a.jpg", Some("cup")), Some("cup"));
        }
        for _ in 0..wrong {
            measured.note(&example("none/b.jpg", None), Some("cup"));
        }
        for _ in 0..unsure {
            measured.note(&example("cup/c.jpg", Some("cup")), None);
        }
        measured
    }

    #[test]
    fn a_model_is_as_precise_as_what_it_surely_says() {
        assert_eq!(measured(98, 2, 400).objection(), None);
        assert_eq!(measured(50, 0, 0).objection(), None);
        let objection = measured(97, 3, 0).objection().unwrap();
        assert_eq!(objection.code(), "model-imprecise");
        let said = objection.to_string();
        assert!(said.contains("97.00 %") && said.contains("none/b.jpg: cup"), "{said}");
        let many = measured(60, 8, 0).objection().unwrap().to_string();
        assert!(many.ends_with("and 3 more"), "{many}");
    }

    #[test]
    fn few_sure_answers_prove_nothing() {
        let objection = measured(49, 0, 900).objection().unwrap();
        assert_eq!(objection.code(), "sample-too-small");
        assert_eq!(objection, Objection::TooFew { judged: 49, photos: 949 });
        assert_eq!(measured(0, 0, 0).objection().unwrap().code(), "sample-too-small");
    }

    #[test]
    fn a_sample_says_what_each_photo_shows_by_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        let source = Source::Folder(folder.path().to_owned());
        assert_eq!(sample(&source).unwrap_err().code(), "sample-empty");
        for name in ["cup/a.jpg", "none/b.PNG", "more/tree/c.webp", "cup/notes.txt"] {
            write(name);
        }
        let found = sample(&source).unwrap();
        let found = found.iter().map(|it| (it.file.name.as_str(), it.thing.as_deref()));
        let found: Vec<_> = found.collect();
        assert_eq!(
            found,
            [("cup/a.jpg", Some("cup")), ("more/tree/c.webp", Some("tree")), ("none/b.PNG", None)]
        );
        write("My cups/d.jpg");
        assert_eq!(sample(&source).unwrap_err().code(), "sample-unlabelled");
        std::fs::remove_dir_all(folder.path().join("My cups")).unwrap();
        write("e.jpg");
        assert_eq!(sample(&source).unwrap_err().code(), "sample-unlabelled");
    }
}
