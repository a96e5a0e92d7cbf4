//! The programs of both workspaces end up in one folder, where two with the
//! same name would overwrite each other.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use munjigi_tools::project::Project;

/// Manifests whose targets are built into the checkout's `target`.
const MANIFESTS: [&str; 7] =
    ["tests", "tools", "origin", "edge", "gpu-backend", "gpu-backend/prove", "gpu-backend/trainer"];

fn binaries(folder: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml"))?;
    let manifest: toml::Table = text.parse()?;
    let listed = manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    let listed = listed.filter_map(|bin| Some(bin.get("name")?.as_str()?.to_owned()));
    let files = std::fs::read_dir(folder.join("src/bin")).into_iter().flatten().flatten();
    let files = files.filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = listed.collect();
    // Cargo finds these by itself if the manifest lists none.
    if names.is_empty() {
        names.extend(files);
    }
    if folder.join("src/main.rs").exists() {
        names.push(manifest["package"]["name"].as_str().context("a name")?.to_owned());
    }
    Ok(names)
}

#[test]
fn no_two_programs_have_one_name() -> Result<()> {
    let project = Project::here();
    let mut by_name: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for folder in MANIFESTS {
        for name in binaries(&project.at(folder))? {
            by_name.entry(name).or_default().push(folder);
        }
    }
    assert!(by_name.len() >= 5, "{by_name:?}");
    by_name.retain(|_, folders| folders.len() > 1);
    assert!(by_name.is_empty(), "{by_name:?}");
    Ok(())
}
