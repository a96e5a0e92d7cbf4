//! The registry: a folder of models that an operator vouches for.
//!
//! `<folder>/<name>/<version>/` holds `model.onnx` and `model.toml`. A model is
//! used only if its file has the SHA-256 that its manifest states, and the
//! manifest names a licence and a source.

mod error;
mod manifest;
mod name;
pub mod outputs;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

pub use error::RegistryError;
pub use manifest::{Input, Manifest, Sha256Hex, Task};
pub use name::{ModelName, Version};
pub use outputs::Outputs;

use crate::onnx::graph::Dimension;
use crate::onnx::read::MAX_BYTES;
use crate::onnx::{Canonical, Graph, ModelError};

pub const MODEL: &str = "model.onnx";
pub const MANIFEST: &str = "model.toml";

/// A model whose manifest is valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub folder: PathBuf,
    pub manifest: Manifest,
}

/// A model whose file was read and matches its manifest.
#[derive(Debug)]
pub struct Opened {
    pub entry: Entry,
    pub bytes: Vec<u8>,
    pub graph: Graph,
    pub outputs: Outputs,
}

/// An entry of the registry's folder.
#[derive(Debug, PartialEq)]
pub struct Listed {
    pub folder: PathBuf,
    /// The model, or why it cannot be read.
    pub entry: Result<Entry, RegistryError>,
}

#[derive(Clone, Debug)]
pub struct Registry {
    folder: PathBuf,
}

impl Registry {
    /// A registry in this folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Every model, by name and version. One that cannot be read is listed with
    /// its error and folder, and does not hide others.
    pub fn list(&self) -> Result<Vec<Listed>, RegistryError> {
        let mut found = Vec::new();
        for name in folders(&self.folder)? {
            for version in folders(&name)? {
                let entry = Entry::read(&version).and_then(|entry| self.in_place(entry));
                found.push(Listed { folder: version, entry });
            }
        }
        found.sort_by(|left, right| match (&left.entry, &right.entry) {
            (Ok(left), Ok(right)) => left.manifest.key().cmp(&right.manifest.key()),
            _ => left.folder.cmp(&right.folder),
        });
        Ok(found)
    }

    /// One model; the highest version if none is named.
    pub fn find(&self, name: &ModelName, version: Option<Version>) -> Result<Entry, RegistryError> {
        let unknown = || RegistryError::Unknown { name: name.clone(), version };
        let version = match version {
            Some(version) => version,
            None => self.versions(name)?.pop().ok_or_else(unknown)?,
        };
        let folder = self.place(name, version);
        if !folder.is_dir() {
            return Err(unknown());
        }
        Entry::read(&folder).and_then(|entry| self.in_place(entry))
    }

    /// Adds a model from a folder with both files, after checking all of it. A
    /// version is never replaced, so that its name always means the same model.
    pub fn add(&self, source: &Path) -> Result<Entry, RegistryError> {
        let Opened { entry, bytes, .. } = Entry::read(source)?.open()?;
        let Manifest { name, version, .. } = &entry.manifest;
        let folder = self.place(name, *version);
        if folder.exists() {
            return Err(RegistryError::Exists { name: name.clone(), version: *version });
        }
        // Written beside its place, then moved: a model is there completely or
        // not at all.
        let draft = self.folder.join(format!(".{name}-{version}"));
        let write = || {
            fs::create_dir_all(&draft)?;
            fs::write(draft.join(MODEL), &bytes)?;
            fs::copy(source.join(MANIFEST), draft.join(MANIFEST))?;
            if let Some(labels) = &entry.manifest.labels_file {
                fs::copy(source.join(labels), draft.join(labels))?;
            }
            fs::create_dir_all(folder.parent().unwrap_or(&self.folder))?;
            fs::rename(&draft, &folder)
        };
        write().map_err(|error| RegistryError::io(&folder, &error))?;
        Ok(Entry { folder, manifest: entry.manifest })
    }

    /// Removes one version.
    pub fn remove(&self, name: &ModelName, version: Version) -> Result<(), RegistryError> {
        let folder = self.place(name, version);
        if !folder.is_dir() {
            return Err(RegistryError::Unknown { name: name.clone(), version: Some(version) });
        }
        fs::remove_dir_all(&folder).map_err(|error| RegistryError::io(&folder, &error))?;
        // Only if it was the last one; otherwise the folder is not empty.
        let _ = fs::remove_dir(self.folder.join(name.as_str()));
        Ok(())
    }

    fn place(&self, name: &ModelName, version: Version) -> PathBuf {
        self.folder.join(name.as_str()).join(version.to_string())
    }

    /// The versions of a model, lowest first.
    fn versions(&self, name: &ModelName) -> Result<Vec<Version>, RegistryError> {
        let folders = folders(&self.folder.join(name.as_str()))?;
        let names = folders.iter().filter_map(|folder| folder.file_name()?.to_str());
        let mut versions: Vec<Version> = names.filter_map(|name| name.parse().ok()).collect();
        versions.sort_unstable();
        Ok(versions)
    }

    /// Checks that a manifest states the name and version of its folder.
    fn in_place(&self, entry: Entry) -> Result<Entry, RegistryError> {
        let wanted = self.place(&entry.manifest.name, entry.manifest.version);
        if entry.folder == wanted {
            Ok(entry)
        } else {
            Err(RegistryError::Misplaced { found: entry.folder, wanted })
        }
    }
}

impl Entry {
    /// Reads the manifest of a folder; the model's file is not touched.
    pub fn read(folder: &Path) -> Result<Self, RegistryError> {
        let text = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|error| RegistryError::io(&path, &error))
        };
        Ok(Self { folder: folder.to_owned(), manifest: Manifest::read(&text(MANIFEST)?, text)? })
    }

    /// Reads the model's file, and checks its hash, that the network takes the
    /// input that the manifest states, and that it has the outputs that its
    /// task needs.
    pub fn open(self) -> Result<Opened, RegistryError> {
        let bytes = read_model(&self.folder.join(MODEL))?;
        let found = HEXLOWER.encode(&Sha256::digest(&bytes));
        if found != self.manifest.sha256.as_str() {
            let stated = self.manifest.sha256.as_str().to_owned();
            return Err(RegistryError::Hash { stated, found });
        }
        let graph = Graph::read(&bytes)?;
        self.check_input(&graph)?;
        let outputs = Outputs::of(&self.manifest, &Canonical::new(&graph, 1)?)?;
        Ok(Opened { entry: self, bytes, graph, outputs })
    }

    fn check_input(&self, graph: &Graph) -> Result<(), RegistryError> {
        let Input { channels, height, width, .. } = self.manifest.input;
        let stated = [channels, height, width];
        let [input] = graph.inputs.as_slice() else {
            return Err(RegistryError::InputCount(graph.inputs.len()));
        };
        let fits = input.dimensions.len() == 4
            && input.dimensions[1..]
                .iter()
                .zip(stated)
                .all(|(dimension, size)| *dimension == Dimension::Fixed(size));
        if fits {
            Ok(())
        } else {
            let found = format!("{:?}", input.dimensions);
            Err(RegistryError::InputShape { stated, found })
        }
    }
}

/// Reads at most one byte more than is allowed, so that a file of any size can
/// be refused.
fn read_model(path: &Path) -> Result<Vec<u8>, RegistryError> {
    let failed = |error: std::io::Error| RegistryError::io(path, &error);
    let mut bytes = Vec::new();
    let most = MAX_BYTES as u64 + 1;
    fs::File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > MAX_BYTES {
        return Err(ModelError::TooLarge { bytes: bytes.len(), most: MAX_BYTES }.into());
    }
    Ok(bytes)
}

/// The visible folders in a folder; none if it does not exist.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, RegistryError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let failed = |error: std::io::Error| RegistryError::io(folder, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !is_hidden {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
