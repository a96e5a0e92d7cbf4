//! The fuzz targets, each for some seconds, where there is a nightly compiler. Without
//! one their bodies run on seeds, among the unit tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::{Context, Outcome};
use crate::say;

/// For each target.
const SECONDS: &str = "10";
const MANIFEST: &str = "fuzz/Cargo.toml";
/// A target of its own, so that build scripts are compiled without the flags.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// What cargo-fuzz gives to rustc: coverage for libFuzzer, and AddressSanitizer.
const FLAGS: &str = "--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

pub(super) fn targets(context: &Context) -> Result<Outcome> {
    let project = &context.project;
    let mut nightly = Command::new("cargo");
    // Without this, some versions of rustup download a missing toolchain.
    nightly.env("RUSTUP_AUTO_INSTALL", "0");
    nightly.args(["+nightly", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !nightly.current_dir(project.root()).status().is_ok_and(|status| status.success()) {
        let reason = "no nightly compiler (rustup toolchain install nightly); in `unit` the \
                      targets' bodies run on seeds";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    let folder = project.target().join("fuzz");
    let mut build = Command::new("cargo");
    build
        .args(["+nightly", "build", "--quiet", "--locked", "--bins", "--target", TARGET])
        .args(["--manifest-path", MANIFEST])
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTFLAGS", FLAGS)
        .current_dir(project.root());
    say::run("fuzz targets", "see the messages above", &mut build)?;
    let names = names(&project.at("fuzz/fuzz_targets"))?;
    for name in &names {
        // What a target has learnt is kept for its next run, and what broke it as well.
        let [corpus, broke] = ["corpus", "broke"].map(|kind| folder.join(kind).join(name).join(""));
        for folder in [&corpus, &broke] {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("make {}", folder.display()))?;
        }
        let mut target = Command::new(folder.join(TARGET).join("debug").join(name));
        target
            .arg(format!("-max_total_time={SECONDS}"))
            .arg(format!("-artifact_prefix={}", broke.display()))
            .args([
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-verbosity=0",
                "-print_funcs=0",
                "-print_final_stats=1",
            ])
            .arg(&corpus);
        say::run(name, "run it with the file that it names", &mut target)?;
    }
    Ok(Outcome::Noted(format!("{} targets for {SECONDS} s each", names.len())))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let name = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = paths.iter().filter_map(name).collect();
    ensure!(!names.is_empty(), "{} has no targets", folder.display());
    names.sort();
    Ok(names)
}
