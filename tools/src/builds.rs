//! The products that running locally needs, and whether they must be rebuilt.
//! The worker and the widget define how they are built.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};

use crate::node::Node;
use crate::process::{Process, Program};
use crate::project::Project;
use crate::say;
use crate::together::together;

/// One product of the checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// `build/`: the worker.
    Worker,
    /// `dist/`: loader, frame and their assets.
    Widget,
    /// The `munjigi` command, unoptimised.
    Origin,
    /// The `munjigi-gate` command, unoptimised, with the widget in it.
    Gate,
    /// The programs that stand for visitors: one sees the answers, one is a fleet.
    Visitors,
    /// The gpu-backend: a workspace of its own, and the longest to build.
    GpuBackend,
}

impl Build {
    const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Widget => "widget",
            Self::Origin => "origin",
            Self::Gate => "gate",
            Self::Visitors => "visitors",
            Self::GpuBackend => "gpu-backend",
        }
    }

    const fn inputs(self) -> &'static [&'static str] {
        match self {
            Self::Worker => {
                &["edge", "crates", "tools/src/command/bindgen.rs", "Cargo.toml", "Cargo.lock"]
            }
            Self::Widget => &["widget", "crates", "Cargo.toml", "Cargo.lock", "package-lock.json"],
            Self::Origin => &["origin", "crates", "Cargo.toml", "Cargo.lock"],
            Self::Gate => &["gate", "widget", "crates", "Cargo.toml", "Cargo.lock"],
            Self::Visitors => &[
                "tests/Cargo.toml",
                "tests/src",
                "tools/src",
                "crates",
                "Cargo.toml",
                "Cargo.lock",
            ],
            Self::GpuBackend => &[
                "gpu-backend/Cargo.toml",
                "gpu-backend/Cargo.lock",
                "gpu-backend/onnx",
                "gpu-backend/patches",
                "gpu-backend/set-up",
                "gpu-backend/src",
                "crates",
            ],
        }
    }

    fn output(self, project: &Project) -> PathBuf {
        match self {
            Self::Worker => project.at("build/index.js"),
            Self::Widget => project.at("dist/v1/api.js"),
            Self::Origin => project.debug_binary("munjigi"),
            Self::Gate => project.debug_binary("munjigi-gate"),
            Self::Visitors => project.debug_binary("munjigi-native"),
            Self::GpuBackend => project.debug_binary("munjigi-gpu-backend"),
        }
    }

    fn command(self, project: &Project, node: &Node) -> Command {
        let mut command = match self {
            Self::Worker => {
                let mut shell = Command::new("sh");
                shell.arg("edge/build.sh");
                shell
            }
            Self::Widget => {
                let mut script = node.command();
                script.arg("widget/build.mjs");
                script
            }
            Self::Origin => cargo_program("munjigi"),
            Self::Gate => cargo_program("munjigi-gate"),
            Self::Visitors => {
                let mut both = cargo_program("munjigi-native");
                both.args(["--bin", "munjigi-answer", "--locked"]);
                both
            }
            Self::GpuBackend => {
                let mut shell = Command::new("sh");
                // It names a test as `cargo program` does: nothing is compiled again.
                let steps = "cd gpu-backend && sh set-up && exec cargo build --quiet --locked \
                             --bin munjigi-gpu-backend --test models";
                shell.args(["-c", steps]).env("CARGO_TARGET_DIR", project.target());
                shell
            }
        };
        node.prepare(&mut command);
        command.current_dir(project.root());
        command
    }

    /// Builds it if a source changed since the last build.
    pub fn ensure(self, project: &Project) -> Result<()> {
        match self.changed(project)? {
            None => say::found(self.name(), "unchanged"),
            Some(print) => {
                self.run(project)?;
                self.stamp(project, &print)?;
            }
        }
        Ok(())
    }

    /// Runs another command that also builds it, and records that if it
    /// succeeds.
    pub fn along(self, project: &Project, command: impl FnOnce() -> Result<()>) -> Result<()> {
        let print = fingerprint(project, self.inputs())?;
        command()?;
        if self.output(project).exists() { self.stamp(project, &print) } else { Ok(()) }
    }

    /// Like [`Self::ensure`], but in the background; `None` if nothing changed.
    pub fn beside(self, project: &Project, log: PathBuf) -> Result<Option<Beside>> {
        let Some(print) = self.changed(project)? else { return Ok(None) };
        let command = self.command(project, &Node::find(project)?);
        let what = format!("building the {}", self.name());
        let process = Program::of(&what, command, log).start()?;
        Ok(Some(Beside { build: self, project: project.clone(), print, process }))
    }

    /// The fingerprint of its sources if it must be built.
    fn changed(self, project: &Project) -> Result<Option<String>> {
        let print = fingerprint(project, self.inputs())?;
        let before = std::fs::read_to_string(self.stamp_path(project));
        let unchanged = before.is_ok_and(|text| text == print);
        Ok((!unchanged || !self.output(project).exists()).then_some(print))
    }

    fn stamp(self, project: &Project, print: &str) -> Result<()> {
        let path = self.stamp_path(project);
        std::fs::create_dir_all(project.state().join("builds"))?;
        std::fs::write(&path, print).with_context(|| format!("write {}", path.display()))
    }

    fn stamp_path(self, project: &Project) -> PathBuf {
        project.state().join("builds").join(self.name())
    }

    /// Builds what a visitor's attempt needs, where it has changed.
    pub fn ensure_all(project: &Project) -> Result<()> {
        // A link of the worker keeps one core busy for most of its time.
        together(
            || Self::Origin.ensure(project),
            || Self::Widget.ensure(project).and_then(|()| Self::Worker.ensure(project)),
        )
    }

    pub fn run(self, project: &Project) -> Result<()> {
        let node = Node::find(project)?;
        say::run(self.name(), "see the messages above", &mut self.command(project, &node))
    }
}

fn cargo_program(name: &str) -> Command {
    let mut cargo = Command::new("cargo");
    // The committed query data stands in for a database.
    cargo.args(["program", name, "--quiet"]).env("SQLX_OFFLINE", "true");
    cargo
}

/// A build in progress. Dropping it kills it.
#[derive(Debug)]
pub struct Beside {
    build: Build,
    project: Project,
    print: String,
    process: Process,
}

impl Beside {
    /// Whether the build has finished; an error if it failed.
    pub fn is_done(&mut self) -> Result<bool> {
        let done = self.process.is_done()?;
        if done {
            self.build.stamp(&self.project, &self.print)?;
        }
        Ok(done)
    }
}

/// Names, sizes and times of every file below the inputs.
fn fingerprint(project: &Project, inputs: &[&str]) -> Result<String> {
    let mut files = Vec::new();
    for input in inputs {
        collect(&project.at(input), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut Vec<(PathBuf, u64, u128)>) -> Result<()> {
    let Ok(meta) = std::fs::metadata(path) else {
        return Ok(());
    };
    if !meta.is_dir() {
        if path.extension().is_some_and(|extension| extension == "md") {
            return Ok(());
        }
        let changed = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        files.push((path.to_path_buf(), meta.len(), changed.as_nanos()));
        return Ok(());
    }
    let unwatched = ["node_modules", "target", "tests", "benches"];
    if path.file_name().is_some_and(|name| unwatched.iter().any(|other| name == *other)) {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(|| format!("list {}", path.display()))? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_command_built_is_not_built_again() {
        let dir = tempfile::tempdir().unwrap();
        let project = Project::rooted_at(dir.path().to_path_buf());
        let build = Build::Widget;
        build.along(&project, || Ok(())).unwrap();
        assert!(build.changed(&project).unwrap().is_some(), "nothing was built");
        let output = build.output(&project);
        std::fs::create_dir_all(output.parent().unwrap()).unwrap();
        std::fs::write(output, "").unwrap();
        assert!(build.along(&project, || anyhow::bail!("broken")).is_err());
        assert!(build.changed(&project).unwrap().is_some(), "it ended badly");
        build.along(&project, || Ok(())).unwrap();
        assert!(build.changed(&project).unwrap().is_none());
        std::fs::create_dir(dir.path().join("widget")).unwrap();
        std::fs::write(dir.path().join("widget/new"), "").unwrap();
        assert!(build.changed(&project).unwrap().is_some(), "a source has changed");
    }

    #[test]
    fn a_changed_file_changes_the_fingerprint() {
        let dir = tempfile::tempdir().unwrap();
        let project = Project::rooted_at(dir.path().to_path_buf());
        std::fs::create_dir(dir.path().join("edge")).unwrap();
        std::fs::write(dir.path().join("edge/a"), "1").unwrap();
        let before = fingerprint(&project, &["edge", "absent"]).unwrap();
        assert_eq!(before, fingerprint(&project, &["edge", "absent"]).unwrap());
        std::fs::write(dir.path().join("edge/a"), "22").unwrap();
        assert_ne!(before, fingerprint(&project, &["edge", "absent"]).unwrap());
    }
}
