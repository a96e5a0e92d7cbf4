//! `models list│add│verify│remove`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Subcommand;

use crate::engine::choice::{Engines, Wish};
use crate::registry::{Entry, Listed, ModelName, Opened, Registry, RegistryError, Version};
use crate::trust::Trusted;

#[derive(Subcommand)]
pub(super) enum Task {
    /// List the models, broken ones with their error
    List,
    /// Check a folder with model.onnx and model.toml, and add it
    Add {
        /// The folder
        folder: PathBuf,
    },
    /// Check hashes and manifests, and compare the engines
    Verify {
        /// Only this model
        name: Option<ModelName>,
        /// Only this version [default: the highest]
        version: Option<Version>,
        /// Batch sizes to compare
        #[arg(long, value_delimiter = ',', default_value = "1,8")]
        batches: Vec<usize>,
    },
    /// Remove one version
    Remove {
        /// Its name
        name: ModelName,
        /// Its version
        version: Version,
    },
}

pub(super) fn run(task: Task, folder: &Path, wish: &Wish) -> Result<ExitCode> {
    let registry = Registry::new(folder);
    match task {
        Task::List => list(&registry),
        Task::Add { folder } => {
            let Entry { manifest, .. } = registry.add(&folder).map_err(|error| said(&error))?;
            println!("added {} {}", manifest.name, manifest.version);
            Ok(ExitCode::SUCCESS)
        }
        Task::Verify { name, version, batches } => {
            let entries = chosen(&registry, name.as_ref(), version)?;
            Ok(verify(entries, wish, &batches))
        }
        Task::Remove { name, version } => {
            registry.remove(&name, version).map_err(|error| said(&error))?;
            println!("removed {name} {version}");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Prefixes an error with its code, for people and for scripts.
fn said(error: &RegistryError) -> anyhow::Error {
    anyhow!("{}: {error}", error.code())
}

fn list(registry: &Registry) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for Listed { folder, entry } in registry.list().map_err(|error| said(&error))? {
        match entry {
            Ok(Entry { manifest, .. }) => println!(
                "{} {}  {:?}  {}  {}",
                manifest.name, manifest.version, manifest.task, manifest.licence, manifest.source
            ),
            Err(error) => {
                println!("{}  {}: {error}", folder.display(), error.code());
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn chosen(
    registry: &Registry,
    name: Option<&ModelName>,
    version: Option<Version>,
) -> Result<Vec<Listed>> {
    let Some(name) = name else { return registry.list().map_err(|error| said(&error)) };
    let entry = registry.find(name, version).map_err(|error| said(&error))?;
    Ok(vec![Listed { folder: entry.folder.clone(), entry: Ok(entry) }])
}

fn verify(entries: Vec<Listed>, wish: &Wish, batches: &[usize]) -> ExitCode {
    let engines = Engines::choose(wish);
    println!("engines: {engines}");
    let mut code = ExitCode::SUCCESS;
    for Listed { folder, entry } in entries {
        let opened = entry.and_then(Entry::open);
        let Opened { entry, graph, .. } = match opened {
            Ok(opened) => opened,
            Err(error) => {
                println!("{}  {}: {error}", folder.display(), error.code());
                code = ExitCode::FAILURE;
                continue;
            }
        };
        for &batch in batches {
            let name = format!("{} {} ×{batch}", entry.manifest.name, entry.manifest.version);
            match Trusted::load(&engines, &graph, batch, entry.manifest.tolerance) {
                Ok(trusted) => {
                    println!("{name}  {:?}: {}", trusted.kind(), trusted.verdict);
                }
                Err(error) => {
                    println!("{name}  {}: {error}", error.code());
                    code = ExitCode::FAILURE;
                }
            }
        }
    }
    code
}
