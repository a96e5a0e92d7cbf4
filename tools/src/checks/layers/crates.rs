//! Which of our packages depends on which, read from the `Cargo.toml` files and
//! compared with the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::circle::circle;
use super::rules::{Allowed, DOCUMENT, Rules};

/// Folders of the workspaces whose packages follow the rules.
const WORKSPACES: [&str; 3] = [".", "gpu-backend", "fuzz"];

const ANYTHING: Option<&Allowed> = Some(&Allowed::Anything);

/// Packages and their dependencies outside of tests and build scripts. Names
/// lack the prefix `munjigi-`.
#[derive(Debug, Clone, Default)]
pub struct Packages(pub BTreeMap<String, Package>);

#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Its folder, relative to the checkout.
    pub folder: PathBuf,
    /// Packages of ours that it depends on directly.
    pub needs: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Manifest {
    package: Option<Named>,
    workspace: Option<Workspace>,
    #[serde(flatten)]
    own: Tables,
    #[serde(default)]
    target: BTreeMap<String, Tables>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
}

/// Only `dependencies`: those of tests and build scripts do not count.
#[derive(Deserialize)]
struct Tables {
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
}

impl Packages {
    /// Reads every workspace of a checkout.
    pub fn read(root: &Path) -> Result<Self> {
        let mut packages = BTreeMap::new();
        for folder in WORKSPACES {
            let top = manifest(root, Path::new(folder))?;
            let Some(workspace) = &top.workspace else { continue };
            let mut folders = vec![PathBuf::from(folder)];
            for member in &workspace.members {
                folders.extend(expand(root, &Path::new(folder).join(member))?);
            }
            for folder in folders {
                let manifest = manifest(root, &folder)?;
                if let Some(package) = &manifest.package {
                    let needs = manifest.needs(&workspace.dependencies);
                    let name = short(&package.name).to_owned();
                    packages.insert(name, Package { folder: normal(&folder), needs });
                }
            }
        }
        let ours: BTreeSet<String> = packages.keys().cloned().collect();
        for package in packages.values_mut() {
            package.needs.retain(|need| ours.contains(need));
        }
        Ok(Self(packages))
    }

    /// The differences between code and rules.
    pub fn problems(&self, rules: &Rules) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, package) in &self.0 {
            let Some(allowed) = rules.allowed.get(name) else {
                problems.push(format!("{name} has no line in {DOCUMENT}"));
                continue;
            };
            let foreign = package.needs.iter().filter(|need| !allowed.includes(need));
            problems.extend(foreign.map(|need| forbidden(name, need)));
            if let Allowed::Only(listed) = allowed {
                let outer = listed.iter().filter(|need| rules.allowed.get(*need) == ANYTHING);
                problems.extend(outer.map(|need| {
                    format!("{name} -> {need} is listed, but nothing may depend on {need} -> *")
                }));
                let unused = listed.iter().filter(|need| !package.needs.contains(*need));
                problems
                    .extend(unused.map(|need| {
                        format!("{name} -> {need} is listed but no Cargo.toml has it")
                    }));
            }
        }
        let unknown = rules.allowed.keys().chain(&rules.held).collect::<BTreeSet<_>>();
        let unknown = unknown.into_iter().filter(|name| !self.0.contains_key(*name));
        problems.extend(unknown.map(|name| format!("{name} is listed but does not exist")));
        problems.extend(self.circle(rules));
        problems
    }

    /// A circle among the declared arrows. A package that may depend on
    /// anything is taken with its actual arrows.
    fn circle(&self, rules: &Rules) -> Option<String> {
        let mut open: BTreeMap<&str, &BTreeSet<String>> = BTreeMap::new();
        for (name, allowed) in &rules.allowed {
            let needs = match allowed {
                Allowed::Only(listed) => Some(listed),
                Allowed::Anything => self.0.get(name).map(|package| &package.needs),
            };
            open.extend(needs.map(|needs| (name.as_str(), needs)));
        }
        let round = circle(open)?.join(" -> ");
        Some(format!("{round} is a circle in {DOCUMENT}"))
    }
}

/// The message about an arrow that the rules do not list.
fn forbidden(from: &str, to: &str) -> String {
    format!("{from} -> {to} is not allowed by {DOCUMENT}")
}

impl Manifest {
    /// Names of the packages in the dependency tables, ours or not.
    fn needs(&self, inherited: &BTreeMap<String, toml::Value>) -> BTreeSet<String> {
        let tables = core::iter::once(&self.own).chain(self.target.values());
        let entries = tables.flat_map(|table| &table.dependencies);
        let renamed = |value: &toml::Value| Some(value.get("package")?.as_str()?.to_owned());
        entries
            .map(|(key, value)| {
                let name = renamed(value).or_else(|| renamed(inherited.get(key)?));
                short(&name.unwrap_or_else(|| key.clone())).to_owned()
            })
            .collect()
    }
}

fn manifest(root: &Path, folder: &Path) -> Result<Manifest> {
    let path = root.join(folder).join("Cargo.toml");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("parse {}", path.display()))
}

/// The folders that `crates/*` stands for; a plain folder stands for itself.
fn expand(root: &Path, member: &Path) -> Result<Vec<PathBuf>> {
    let (Some(parent), true) = (member.parent(), member.ends_with("*")) else {
        return Ok(vec![member.to_path_buf()]);
    };
    let folder = root.join(parent);
    let mut found = Vec::new();
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))?;
    for entry in entries {
        let name = entry.with_context(|| format!("list {}", folder.display()))?.file_name();
        if folder.join(&name).join("Cargo.toml").is_file() {
            found.push(parent.join(name));
        }
    }
    found.sort();
    Ok(found)
}

fn normal(folder: &Path) -> PathBuf {
    folder.components().filter(|part| *part != std::path::Component::CurDir).collect()
}

fn short(package: &str) -> &str {
    package.strip_prefix("munjigi-").unwrap_or(package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(lines: &str) -> Rules {
        Rules::parse(&format!("```layers\n{lines}\n```")).unwrap()
    }

    fn packages(arrows: &[(&str, &[&str])]) -> Packages {
        let package = |needs: &[&str]| Package {
            folder: PathBuf::new(),
            needs: needs.iter().map(|&need| need.to_owned()).collect(),
        };
        Packages(arrows.iter().map(|(name, needs)| ((*name).to_owned(), package(needs))).collect())
    }

    #[test]
    fn what_differs_is_named_in_both_directions() {
        let code = packages(&[("pow", &[]), ("edge", &["pow"]), ("tests", &["edge"])]);
        assert!(code.problems(&rules("pow ->\nedge -> pow\ntests -> *")).is_empty());
        assert_eq!(
            code.problems(&rules("pow ->\nedge ->\ntests -> *")),
            ["edge -> pow is not allowed by ARCHITECTURE.md"]
        );
        assert_eq!(
            code.problems(&rules("pow ->\nedge -> pow\ntests -> edge, pow")),
            ["tests -> pow is listed but no Cargo.toml has it"]
        );
        assert_eq!(
            code.problems(&rules("pow ->\nedge -> pow")),
            ["tests has no line in ARCHITECTURE.md"]
        );
        assert_eq!(
            code.problems(&rules("pow ->\nedge -> pow\ntests -> *\nring ->\nmodules: keys")),
            ["keys is listed but does not exist", "ring is listed but does not exist"]
        );
    }

    #[test]
    fn a_declared_circle_is_a_problem_even_if_one_side_may_use_anything() {
        let code = packages(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &["a"])]);
        assert_eq!(
            code.problems(&rules("a -> b\nb -> c\nc -> b\nd -> a")),
            ["b -> c -> b is a circle in ARCHITECTURE.md"]
        );
        let tools = packages(&[("a", &["tools"]), ("tools", &["a"])]);
        assert_eq!(
            tools.problems(&rules("a -> tools\ntools -> *")),
            [
                "a -> tools is listed, but nothing may depend on tools -> *",
                "a -> tools -> a is a circle in ARCHITECTURE.md"
            ]
        );
    }

    #[test]
    fn arrows_are_read_from_every_table_but_those_of_tests_and_builds() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"crates/*\", \"edge\"]\n[workspace.dependencies]\n\
                 wire = { package = \"munjigi-protocol\", path = \"crates/protocol\" }",
            ),
            ("crates/protocol/Cargo.toml", "[package]\nname = \"munjigi-protocol\""),
            ("crates/pow/Cargo.toml", "[package]\nname = \"munjigi-pow\""),
            ("crates/notes/README.md", ""),
            (
                "edge/Cargo.toml",
                "[package]\nname = \"munjigi-edge\"\n[dependencies]\nwire.workspace = true\n\
                 serde = \"1\"\n[dev-dependencies]\nmunjigi-scene = \"0\"\n\
                 [target.'cfg(unix)'.dependencies]\nmunjigi-pow = { optional = true }\n\
                 [build-dependencies]\nmunjigi-fuzz = { path = \"../fuzz\" }",
            ),
            (
                "gpu-backend/Cargo.toml",
                "[workspace]\nmembers = [\"scene\"]\n[package]\nname = \"munjigi-gpu-backend\"\n\
                 [dependencies]\nmunjigi-scene = { path = \"scene\" }",
            ),
            ("gpu-backend/scene/Cargo.toml", "[package]\nname = \"munjigi-scene\""),
            ("fuzz/Cargo.toml", "[workspace]\n[package]\nname = \"munjigi-fuzz\""),
        ] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let Packages(found) = Packages::read(root.path()).unwrap();
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["edge", "fuzz", "gpu-backend", "pow", "protocol", "scene"]);
        assert_eq!(found["edge"].needs, ["pow", "protocol"].map(str::to_owned).into());
        assert_eq!(found["edge"].folder, Path::new("edge"));
        assert_eq!(found["gpu-backend"].needs, ["scene".to_owned()].into());
        assert_eq!(found["gpu-backend"].folder, Path::new("gpu-backend"));
    }
}
