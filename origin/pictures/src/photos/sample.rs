//! A sample of labelled photos, on which a model is measured before it labels
//! anything: how often its certain answers are correct.

use std::collections::BTreeSet;
use std::path::Path;

use super::labels::is_key;
use super::listed::Listed;
use super::scan::content_type;
use super::source::{Source, SourceError};

/// A model below this labels nothing.
pub const LEAST_PRECISION: f64 = 0.98;
/// Fewer certain answers prove nothing: one wrong of fifty is 98 %.
pub const LEAST_JUDGED: usize = 50;
/// The folder of photos that show none of the things.
const NONE: &str = "none";

/// A photo of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub file: Listed,
    /// By its name.
    pub content_type: &'static str,
    /// What it shows; `None` if it shows none of the things.
    pub thing: Option<String>,
}

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// It cannot be listed, or not read completely.
    #[error("{path}: {error}")]
    Unreadable {
        /// The folder or photo.
        path: String,
        error: SourceError,
    },
    /// Photos that are in no folder named after a thing.
    #[error("cannot tell what {0} shows: its folder is not named after a thing")]
    Unlabelled(String),
    /// A photo that the gpu-backend, or the command, refuses.
    #[error("{path}: {why}")]
    Refused {
        /// The path of the photo.
        path: String,
        why: String,
    },
    /// It has no photos.
    #[error("there are no .jpg, .jpeg, .png or .webp files in the sample")]
    Nothing,
}

impl SampleError {
    /// The stable error code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "sample-unreadable",
            Self::Unlabelled(_) => "sample-unlabelled",
            Self::Refused { .. } => "sample-refused",
            Self::Nothing => "sample-empty",
        }
    }
}

/// Finds the photos of a sample: each in a folder named after the thing that it
/// shows, or in `none`.
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

/// A model's result on a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Measured {
    /// Photos that it was given.
    pub photos: usize,
    /// Photos that it gave a certain answer for.
    pub judged: usize,
    /// Certain answers that were correct.
    pub right: usize,
    /// Its wrong answers, by photo.
    pub wrong: Vec<String>,
    /// The things that it named correctly: the others stay unused.
    pub things: BTreeSet<String>,
}

impl Measured {
    /// Records the model's answer for a photo.
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

    /// The share of certain answers that are correct.
    pub fn precision(&self) -> f64 {
        share(self.right, self.judged)
    }

    /// The reason not to label with the model, if there is one.
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
    /// The model that labels.
    pub model: Precise,
    /// The model that finds where things are, if any.
    pub segmenter: Option<Precise>,
}

/// A model that was found precise.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Precise {
    /// `NAME@VERSION`.
    pub model: String,
    /// Its result on the sample.
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
        /// Correct answers.
        right: usize,
        /// Certain answers.
        judged: usize,
        /// The wrong ones.
        wrong: Vec<String>,
    },
    /// It may be right by luck.
    #[error(
        "it was sure of {judged} of the sample's {photos} photos, but {LEAST_JUDGED} are required"
    )]
    TooFew {
        /// Certain answers.
        judged: usize,
        /// All photos of the sample.
        photos: usize,
    },
}

impl Objection {
    /// The stable error code.
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

    /// With this many correct, wrong and uncertain answers.
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
    fn precision_counts_only_certain_answers() {
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
