//! What is kept of a trained network: the file, its manifest for the registry,
//! and how it was made.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use data_encoding::HEXLOWER;
use munjigi_scene::Kind;
use rten::{Model, ValueView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::interval::Share;
use crate::net::Batch;

/// A time as `2026-11-20` (Howard Hinnant's days to civil dates).
pub fn date(time: SystemTime) -> String {
    let days = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

/// The folder of the committed networks.
pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// How a network was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The command that makes it again.
    pub command: String,
    pub date: String,
    /// Identifies the scenes that it learnt from.
    pub scenes: String,
    /// Seed of weights, order and augmentation.
    pub seed: u64,
    /// Number of pictures to learn from.
    pub pictures: usize,
    /// Number of batches.
    pub steps: usize,
    /// Samples per batch.
    pub batch: usize,
    /// Number of fitted parameters.
    pub parameters: usize,
    /// From the first step to the last, on two threads of a shared machine.
    pub training_seconds: u64,
    /// What is counted as right.
    pub measure: String,
    /// Right answers on pictures that it never saw.
    pub held_out: Share,
    /// `held_out` as a share.
    pub accuracy: f64,
    /// Wilson, 95 %.
    pub interval: [f64; 2],
}

/// The statements for the registry.
pub struct Manifest<'a> {
    /// The name, also of the folder.
    pub name: &'a str,
    /// The version, also of the folder.
    pub version: &'a str,
    /// `classify` or `segment`.
    pub task: &'a str,
    /// Width and height of its pictures.
    pub size: [usize; 2],
}

/// Writes a folder for the registry.
pub fn write(folder: &Path, manifest: &Manifest, record: &Record, bytes: &[u8]) -> Result<()> {
    let Manifest { name, version, task, size: [height, width] } = *manifest;
    let folder = folder.join(name).join(version);
    fs::create_dir_all(&folder)?;
    let hash = HEXLOWER.encode(&Sha256::digest(bytes));
    let labels: Vec<String> = Kind::ALL.iter().map(|kind| format!("\"{}\"", kind.name())).collect();
    let labels: Vec<String> =
        labels.chunks(6).map(|row| format!("  {},\n", row.join(", "))).collect();
    let text = format!(
        "name = \"{name}\"
version = \"{version}\"
task = \"{task}\"
sha256 = \"{hash}\"
licence = \"Apache-2.0\"
source = \"trained by this repository's munjigi-trainer on pictures that munjigi-scene drew; see record.toml\"
tolerance = 1e-3
labels = [
{}]

[input]
channels = 3
height = {height}
width = {width}
mean = [0.5, 0.5, 0.5]
deviation = [0.25, 0.25, 0.25]
",
        labels.concat()
    );
    fs::write(folder.join("model.onnx"), bytes)?;
    fs::write(folder.join("model.toml"), text)?;
    fs::write(folder.join("record.toml"), toml::to_string(record)?)?;
    Ok(())
}

/// A committed network on the CPU engine that the gpu-backend also uses.
pub struct Committed {
    model: Model,
    /// Identifies it: the beginning of its file's hash.
    pub hash: String,
    pub record: Record,
}

impl Committed {
    /// Reads a committed network from its folder.
    pub fn read(folder: &Path, name: &str, version: &str) -> Result<Self> {
        let folder = folder.join(name).join(version);
        let bytes =
            fs::read(folder.join("model.onnx")).with_context(|| format!("{name} {version}"))?;
        let record = toml::from_str(&fs::read_to_string(folder.join("record.toml"))?)?;
        let mut hash = HEXLOWER.encode(&Sha256::digest(&bytes));
        hash.truncate(12);
        Ok(Self { model: load(bytes)?, hash, record })
    }

    /// One sample's outputs.
    pub fn run(&self, planes: &Batch) -> Result<Vec<Vec<f32>>> {
        run(&self.model, planes)
    }
}

/// Reads a file's bytes.
pub fn load(bytes: Vec<u8>) -> Result<Model> {
    Model::load(bytes).context("a network in canonical form")
}

/// One sample's outputs.
pub fn run(model: &Model, planes: &Batch) -> Result<Vec<Vec<f32>>> {
    ensure!(planes.count == 1, "one sample at a time");
    let shape = [1, planes.channels, planes.height, planes.width];
    let input = ValueView::from_shape(shape.as_slice(), planes.data.as_slice())?;
    let outputs =
        model.run(vec![(model.input_ids()[0], input.into())], model.output_ids(), None)?;
    outputs
        .into_iter()
        .map(|value| Ok(value.into_tensor::<f32>().context("an output is float")?.into_data()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let day = |days: u64| date(UNIX_EPOCH + Duration::from_hours(days * 24));
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(19_782), "2024-02-29");
        assert_eq!(day(20_777), "2026-11-20");
    }
}
