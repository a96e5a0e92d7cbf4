//! `munjigi-tools prove`: builds the programs that test an adapter, so that
//! they can be copied to a machine with a GPU and without a compiler, and runs
//! them here. `gpu-backend/prove` defines what is measured and recorded.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::files;
use crate::project::Project;
use crate::say;
use crate::setup::require::Required;
use crate::setup::vulkan::{self, Vulkan};

/// The test binaries with GPU tests, the service that they start, and the
/// program that runs them.
const CARRIED: [&str; 4] = ["engines", "service", "munjigi-gpu-backend", "munjigi-prove"];
/// Largest archive, in MiB, which leaves room for the tree. The programs are
/// less than 95 MiB uncompressed.
const MOST_MIB: u64 = 40;
/// Name of the folder below the state's folder.
const FOLDER: &str = "prove";
const ARCHIVE: &str = "prove.tar.xz";
const MESSAGES: &str = "see the messages above";

/// Arguments of `munjigi-tools prove`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only build the archive .munjigi/prove.tar.xz
    #[arg(long)]
    prepare: bool,
    /// The date, for the record
    #[arg(long)]
    date: String,
    /// Further arguments for `munjigi-prove all`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Builds the programs and, unless only asked to prepare, runs them.
pub fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let folder = project.state().join(FOLDER);
    prepare(project, &folder)?;
    if arguments.prepare {
        pack(project)?;
        println!(
            "   carry the tree with .munjigi/prove.tar.xz, and there: scripts/prove-gpu --prepared"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let vulkan = vulkan::prepare(project, &Required::default())?;
    let mut prove = Command::new(folder.join("munjigi-prove"));
    prove.args(["all", "--date", &arguments.date]).args(&arguments.words);
    prove.envs(vulkan.map(Vulkan::beside_the_systems).unwrap_or_default());
    say::run("the adapter", MESSAGES, prove.current_dir(project.root()))?;
    Ok(ExitCode::SUCCESS)
}

fn prepare(project: &Project, folder: &Path) -> Result<()> {
    say::heading("Prepare");
    let mut set_up = Command::new("sh");
    set_up.arg("set-up").current_dir(project.at("gpu-backend"));
    say::run("wonnx with its patch", MESSAGES, &mut set_up)?;
    let mut built = executables(project, &["test", "--no-run", "-p", "munjigi-gpu-backend"])?;
    built.extend(executables(project, &["build", "--release", "-p", "munjigi-prove"])?);
    drop(std::fs::remove_dir_all(folder));
    std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    for name in CARRIED {
        let found = built.iter().find(|(target, _)| target == name);
        let (_, from) = found.with_context(|| format!("cargo built no {name}"))?;
        let to = folder.join(name);
        std::fs::copy(from, &to).with_context(|| format!("copy {}", from.display()))?;
        let output = files::output_of(Command::new("strip").arg(&to), None)?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "strip {name}: {said}");
    }
    Ok(())
}

/// Packs everything into one archive.
fn pack(project: &Project) -> Result<()> {
    let file = project.state().join(ARCHIVE);
    let mut tar = Command::new("tar");
    tar.arg("-cJf").arg(&file).arg("-C").arg(project.state()).arg(FOLDER);
    say::run("packing", MESSAGES, &mut tar)?;
    let bytes = std::fs::metadata(&file)?.len();
    println!("   {ARCHIVE}: {:.1} MiB, {MOST_MIB} at most", mebibytes(bytes));
    ensure!(bytes <= MOST_MIB << 20, "that is more than can be carried");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "binaries are far below 2^52 bytes")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1_u32 << 20)
}

/// The executables that Cargo built, by target name.
fn executables(project: &Project, words: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let mut cargo = Command::new("cargo");
    cargo.args(words).args(["--locked", "--quiet", "--message-format=json-render-diagnostics"]);
    cargo.current_dir(project.at("gpu-backend")).env("CARGO_TARGET_DIR", project.target());
    println!("   cargo {} (minutes, the first time)", words.join(" "));
    let output = cargo.stderr(std::process::Stdio::inherit()).output().context("start cargo")?;
    ensure!(output.status.success(), "cargo {}: {MESSAGES}", words.join(" "));
    Ok(named(&String::from_utf8_lossy(&output.stdout)))
}

#[derive(Deserialize)]
struct Artifact {
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Executables in Cargo's messages, without the unit tests of libraries and
/// programs.
fn named(messages: &str) -> Vec<(String, PathBuf)> {
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let is_ours = |found: &Artifact| {
        let wanted = if found.profile.test { "test" } else { "bin" };
        found.target.kind.iter().any(|kind| kind == wanted)
    };
    let ours = artifacts.filter(is_ours);
    ours.filter_map(|found| Some((found.target.name, found.executable?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_found_in_cargos_messages() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"name":"munjigi_gpu_backend","kind":["lib"]},"profile":{"test":true},"executable":"/t/deps/lib-1"}
{"reason":"compiler-artifact","target":{"name":"munjigi-prove","kind":["bin"]},"profile":{"test":true},"executable":"/t/deps/prove-1"}
{"reason":"compiler-artifact","target":{"name":"engines","kind":["test"]},"profile":{"test":true},"executable":"/t/deps/engines-1"}
{"reason":"compiler-artifact","target":{"name":"serde","kind":["lib"]},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","target":{"name":"munjigi-prove","kind":["bin"]},"profile":{"test":false},"executable":"/t/munjigi-prove"}
{"reason":"build-finished","success":true}"#;
        let found: Vec<String> =
            named(messages).into_iter().map(|(_, file)| file.display().to_string()).collect();
        assert_eq!(found, ["/t/deps/engines-1", "/t/munjigi-prove"]);
    }
}
