//! What is in the program: every crate that is linked for a target, with its
//! licence and sum, as CycloneDX.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::NAME;
use crate::files;
use crate::lock::Lock;
use crate::project::Project;

/// A crate by name and version.
type Id = (String, String);

/// The list for the gate on a target.
pub fn describe(project: &Project, target: &str) -> Result<Vec<u8>> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["tree", "--locked", "-p", NAME, "--target", target, "--edges", "normal"])
        .args(["--prefix", "depth", "--format", "|{p}|{l}"])
        .current_dir(project.root());
    let output = files::output_of(&mut cargo, None)?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).context("cargo tree's output")?;
    let bom = listed(&tree, Lock::read(project)?)?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&bom)?).into_bytes())
}

fn listed(tree: &str, lock: Lock) -> Result<Value> {
    let packages = lock.package.into_iter();
    let sums: BTreeMap<Id, String> = packages
        .filter_map(|package| Some(((package.name, package.version), package.checksum?)))
        .collect();
    let mut crates: BTreeMap<Id, String> = BTreeMap::new();
    let mut needs: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
    let mut above: Vec<Id> = Vec::new();
    for line in tree.lines() {
        let (depth, id, licence) =
            parsed(line).with_context(|| format!("cargo tree printed {line:?}"))?;
        above.truncate(depth);
        if let Some(parent) = above.last() {
            needs.entry(parent.clone()).or_default().insert(id.clone());
        }
        needs.entry(id.clone()).or_default();
        crates.insert(id.clone(), licence);
        above.push(id);
    }
    let root = above.first().context("cargo tree printed nothing")?;
    let component = |id: &Id| component(id, &crates[id], sums.get(id));
    let mut subject = component(root);
    subject["type"] = json!("application");
    let links = needs.iter().map(|(id, needed)| {
        let needed: Vec<String> = needed.iter().map(reference).collect();
        json!({ "ref": reference(id), "dependsOn": needed })
    });
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": subject },
        "components": crates.keys().filter(|id| *id != root).map(component).collect::<Vec<_>>(),
        "dependencies": links.collect::<Vec<_>>(),
    }))
}

/// A line such as `2|http v1.5.0|MIT OR Apache-2.0 (*)`, where the star says
/// that what is below it came before.
fn parsed(line: &str) -> Option<(usize, Id, String)> {
    let (depth, rest) = line.split_once('|')?;
    let (package, licence) = rest.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    let licence = licence.trim_end_matches(" (*)");
    // The older spelling of a choice.
    let licence = licence.split('/').collect::<Vec<_>>().join(" OR ");
    Some((depth.parse().ok()?, (name.to_owned(), version.to_owned()), licence))
}

fn component((name, version): &Id, licence: &str, sum: Option<&String>) -> Value {
    let id = (name.clone(), version.clone());
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(&id),
        "name": name,
        "version": version,
        "purl": reference(&id),
    });
    if !licence.is_empty() {
        component["licenses"] = json!([{ "expression": licence }]);
    }
    if let Some(sum) = sum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    component
}

fn reference((name, version): &Id) -> String {
    format!("pkg:cargo/{name}@{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_becomes_crates_with_licences_sums_and_what_they_need() {
        let tree = "0|munjigi-gate v0.1.0 (/somewhere)|Apache-2.0\n1|b v2.0.0|MIT/Apache-2.0\n\
                    2|c v1.0.0 (proc-macro)|MIT\n1|c v1.0.0 (proc-macro)|MIT (*)\n";
        let lock = "[[package]]\nname = \"b\"\nversion = \"2.0.0\"\nchecksum = \"ab\"\n";
        let bom = listed(tree, Lock::parse(lock).unwrap()).unwrap();
        assert_eq!(bom["metadata"]["component"]["name"], "munjigi-gate");
        assert_eq!(bom["components"].as_array().unwrap().len(), 2);
        let b = &bom["components"][0];
        assert_eq!(b["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(b["hashes"][0]["content"], "ab");
        let gate = &bom["dependencies"][2];
        assert_eq!(gate["ref"], "pkg:cargo/munjigi-gate@0.1.0");
        assert_eq!(gate["dependsOn"], json!(["pkg:cargo/b@2.0.0", "pkg:cargo/c@1.0.0"]));
        assert!(!bom.to_string().contains("somewhere"));
        assert!(listed("what", Lock::parse(lock).unwrap()).is_err());
    }
}
