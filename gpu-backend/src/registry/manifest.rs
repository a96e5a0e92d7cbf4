//! `model.toml`: what an operator states about a model. The registry checks
//! what the file really contains.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::error::RegistryError;
use super::name::{ModelName, Version};

/// Relative difference between engines that is accepted if a manifest states
/// none.
const TOLERANCE: f32 = 1e-3;
/// Largest width and height of a network's input picture, in pixels.
const MAX_SIDE: usize = 4096;

#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    pub name: ModelName,
    /// The highest version is `latest`.
    pub version: Version,
    pub task: Task,
    pub sha256: Sha256Hex,
    /// The terms under which it may be used: an SPDX expression or their name.
    pub licence: String,
    /// Who made it and where it comes from.
    pub source: String,
    /// Largest difference between engines, relative to the largest number of an
    /// output.
    pub tolerance: f32,
    pub input: Input,
    /// The name of each class, in the network's order.
    pub labels: Vec<String>,
    /// The file beside the manifest that lists them, if any.
    pub labels_file: Option<String>,
}

/// What a network's outputs mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Task {
    /// One score for each label.
    #[serde(rename = "classify")]
    Classify,
    /// Boxes, scores and mask coefficients; prototypes of masks.
    #[serde(rename = "segment")]
    Segment,
}

impl Task {
    /// The spelling in manifests and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classify => "classify",
            Self::Segment => "segment",
        }
    }
}

/// The picture that a network takes: `(value / 255 - mean) / deviation` for
/// each channel.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// 3 for colour, 1 for grey.
    pub channels: usize,
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
    pub mean: Vec<f32>,
    /// For each channel; never 0.
    pub deviation: Vec<f32>,
}

/// A SHA-256 as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sha256Hex(String);

/// The manifest's fields before validation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    name: String,
    version: String,
    task: Task,
    sha256: String,
    licence: Option<String>,
    source: Option<String>,
    tolerance: Option<f32>,
    input: Input,
    #[serde(default)]
    labels: Labels,
}

/// The two ways to state labels.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "labels must be a list of strings, or the name of a file next to model.toml"
)]
enum Labels {
    Listed(Vec<String>),
    /// The name of a file beside the manifest.
    File(String),
}

impl Default for Labels {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Labels {
    /// The labels, and the file that contains them.
    fn read(
        self,
        file: impl FnOnce(&str) -> Result<String, RegistryError>,
    ) -> Result<(Vec<String>, Option<String>), RegistryError> {
        match self {
            Self::Listed(labels) => Ok((labels, None)),
            Self::File(name) if is_plain(&name) => Ok((listed(&file(&name)?), Some(name))),
            Self::File(name) => Err(RegistryError::Manifest(format!(
                "labels: '{name}' is not a plain name of a file next to model.toml"
            ))),
        }
    }
}

/// The labels of a list, one per line. Lines that begin with `#` are comments;
/// what a label means (`LABEL = THING`) matters to the importer only.
fn listed(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let labels = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    labels
        .map(|line| line.split_once(" = ").map_or(line, |(label, _)| label.trim_end()).to_owned())
        .collect()
}

fn is_plain(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(word)
}

/// What is wrong with labels, if anything is: callers use them as identifiers.
fn wrong_label(labels: &[String]) -> Option<String> {
    let mut seen = std::collections::HashSet::new();
    labels.iter().enumerate().find_map(|(at, label)| {
        if label.trim().is_empty() {
            return Some(format!("label {at} is empty"));
        }
        (!seen.insert(label)).then(|| format!("label '{label}' is listed twice"))
    })
}

impl Manifest {
    /// Reads and validates a manifest; `file` reads a file beside it, by name.
    pub fn read(
        text: &str,
        file: impl FnOnce(&str) -> Result<String, RegistryError>,
    ) -> Result<Self, RegistryError> {
        let invalid = |what: &dyn fmt::Display| RegistryError::Manifest(what.to_string());
        let spelled: Spelled = toml::from_str(text).map_err(|error| invalid(&error))?;
        let licence = stated(spelled.licence).ok_or(RegistryError::Licence)?;
        let source = stated(spelled.source).ok_or(RegistryError::Source)?;
        let tolerance = spelled.tolerance.unwrap_or(TOLERANCE);
        if !(tolerance > 0.0 && tolerance <= 0.1) {
            return Err(invalid(&"tolerance is a number above 0, at most 0.1"));
        }
        let (labels, labels_file) = spelled.labels.read(file)?;
        if matches!(spelled.task, Task::Classify | Task::Segment) && labels.is_empty() {
            return Err(invalid(&"labels are missing"));
        }
        if let Some(wrong) = wrong_label(&labels) {
            return Err(invalid(&wrong));
        }
        spelled.input.check().map_err(|what| invalid(&what))?;
        Ok(Self {
            name: spelled.name.parse().map_err(|what| invalid(&what))?,
            version: spelled.version.parse().map_err(|what| invalid(&what))?,
            task: spelled.task,
            sha256: spelled.sha256.parse().map_err(|what| invalid(&what))?,
            licence,
            source,
            tolerance,
            input: spelled.input,
            labels,
            labels_file,
        })
    }

    /// The sort key of models.
    pub fn key(&self) -> (&ModelName, Version) {
        (&self.name, self.version)
    }
}

/// A statement with content. "unknown" and similar words have none.
fn stated(text: Option<String>) -> Option<String> {
    let text = text?.trim().to_owned();
    let says_nothing = ["", "unknown", "none", "noassertion", "-", "?"];
    (!says_nothing.contains(&text.to_ascii_lowercase().as_str())).then_some(text)
}

impl Input {
    fn check(&self) -> Result<(), &'static str> {
        if !matches!(self.channels, 1 | 3) {
            return Err("input.channels is 1 or 3");
        }
        if ![self.height, self.width].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
            return Err("input.height and input.width are 1 to 4096 pixels");
        }
        if self.mean.len() != self.channels || self.deviation.len() != self.channels {
            return Err("input.mean and input.deviation have one number for each channel");
        }
        let finite = self.mean.iter().chain(&self.deviation).all(|number| number.is_finite());
        if !finite || self.deviation.iter().any(|&number| number <= 0.0) {
            return Err("input.mean is finite and input.deviation above 0");
        }
        Ok(())
    }
}

impl Sha256Hex {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sha256Hex {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(digits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("sha256 must be 64 lower-case hexadecimal digits")
        }
    }
}
