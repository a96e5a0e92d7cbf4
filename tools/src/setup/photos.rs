//! A real classifier and real photos for tests of pictures, made from packages by
//! `gpu-backend/real/make`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::require::{Part, Required};
use crate::project::Project;
use crate::say;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photos {
    /// A folder of folders of photos.
    pub photos: PathBuf,
    /// The classifier, with its version.
    pub model: PathBuf,
}

/// Makes them unless they are there; without them their tests are skipped, or fail
/// if they are required.
pub fn prepare(project: &Project, required: &Required) -> Result<Result<Photos, String>> {
    required.settle(Part::Photos, make(project))
}

fn make(project: &Project) -> Result<Photos> {
    let mut script = Command::new(project.at("gpu-backend/real/make"));
    say::run("photos and a classifier", "see the messages above", &mut script)?;
    let folder = project.state().join("photos");
    let model = folder.join("models/efficientnet-lite0/1.0.0");
    Ok(Photos { photos: folder.join("photos"), model })
}
