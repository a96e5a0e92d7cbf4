//! What can be wrong with a registry, a manifest, or a model in it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::name::{ModelName, Version};
use crate::onnx::ModelError;

/// Why a model is refused or not found. The operator has to correct it; a retry
/// alone never helps.
#[derive(Debug, PartialEq, Error)]
pub enum RegistryError {
    /// A file or folder cannot be read or written.
    #[error("{}: {what}", path.display())]
    Io { path: PathBuf, what: String },
    /// A required file is missing.
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
    /// The manifest is not TOML, lacks a field, or has an unknown one.
    #[error("model.toml: {0}")]
    Manifest(String),
    /// The manifest states no licence.
    #[error("model.toml: no licence; a model without a licence is not used")]
    Licence,
    /// The manifest does not say where the model comes from.
    #[error("model.toml: no source; state who made the model and where it comes from")]
    Source,
    /// The file is not the one that the manifest vouches for.
    #[error("model.onnx has SHA-256 {found}, model.toml states {stated}")]
    Hash { stated: String, found: String },
    /// The network does not have exactly one input.
    #[error("the network has {0} inputs; one picture is fed")]
    InputCount(usize),
    /// The network takes pictures of another shape than the manifest states.
    #[error("the network accepts {found}, model.toml states {stated:?} (channels, height, width)")]
    InputShape { stated: [usize; 3], found: String },
    /// The network's outputs do not fit its task.
    #[error("the task {task} needs {wanted}; the network has {found}")]
    Outputs {
        task: &'static str,
        /// Shapes that would fit.
        wanted: String,
        /// Names and shapes of the network's outputs.
        found: String,
    },
    /// The folder is not named after its contents.
    #[error("{} should be {}", found.display(), wanted.display())]
    Misplaced { found: PathBuf, wanted: PathBuf },
    /// No such model.
    #[error("there is no model '{name}'{}", version.map(|v| format!(" {v}")).unwrap_or_default())]
    Unknown {
        name: ModelName,
        /// The requested version; any if `None`.
        version: Option<Version>,
    },
    /// A version is never replaced.
    #[error("'{name}' {version} already exists; give the new one another version")]
    Exists { name: ModelName, version: Version },
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl RegistryError {
    /// The stable code for logs, metrics and answers.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "registry-unreadable",
            Self::Missing(_) => "model-file-missing",
            Self::Manifest(_) => "model-manifest-invalid",
            Self::Licence => "model-licence-missing",
            Self::Source => "model-source-missing",
            Self::Hash { .. } => "model-hash-mismatch",
            Self::InputCount(_) | Self::InputShape { .. } => "model-input-mismatch",
            Self::Outputs { .. } => "model-output-mismatch",
            Self::Misplaced { .. } => "model-misplaced",
            Self::Unknown { .. } => "model-unknown",
            Self::Exists { .. } => "model-exists",
            Self::Model(error) => error.code(),
        }
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::Missing(path.to_owned())
        } else {
            Self::Io { path: path.to_owned(), what: error.to_string() }
        }
    }
}
