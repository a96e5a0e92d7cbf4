//! What Cargo leaves in its output folder and never removes: builds of older lockfiles,
//! features and compilers.

use std::path::Path;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::say;

/// A full set of checks left 22 to 32 GiB when this was measured.
const MOST_BYTES: u64 = 45 << 30;

/// Where Cargo keeps what it has compiled, below the folder of a profile. What it has
/// linked, such as the program that runs this, lies beside them.
const COMPILED: [&str; 5] = [".fingerprint", "build", "deps", "examples", "incremental"];

/// Removes the compiled files once the folder is too large; the next build compiles
/// everything again. A folder named by `CARGO_TARGET_DIR` may also hold other projects,
/// and is left alone.
pub fn remove(project: &Project) -> Result<()> {
    if project.target() != project.at("target") {
        return Ok(());
    }
    remove_above(&project.target(), MOST_BYTES)
}

fn remove_above(target: &Path, most: u64) -> Result<()> {
    let takes = size(target);
    if takes <= most {
        return Ok(());
    }
    say::line(&format!(
        "   {} takes {} GiB: removing old builds, everything is compiled again",
        target.display(),
        takes >> 30
    ));
    // Profiles, and those of other targets one folder further down.
    for folder in folders(target).into_iter().flat_map(|folder| {
        let below = folders(&folder);
        std::iter::once(folder).chain(below)
    }) {
        for compiled in COMPILED.map(|name| folder.join(name)).iter().filter(|path| path.is_dir()) {
            let remove = std::fs::remove_dir_all(compiled);
            remove.with_context(|| format!("remove {}", compiled.display()))?;
        }
    }
    Ok(())
}

fn folders(parent: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    // A link may lead out of the checkout.
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    entries.filter(is_folder).map(|entry| entry.path()).collect()
}

/// The bytes of all files below a folder; one with several names counts once for each.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(file) if file.is_dir() => size(&entry.path()),
        Ok(file) => file.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_goes_above_the_bound_and_programs_stay() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path();
        let write = |path: &str| {
            let path = target.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, [0; 1000]).unwrap();
        };
        let programs = ["debug/munjigi", "x86_64-unknown-linux-musl/dev/munjigi-gate"];
        for path in programs.iter().chain(&["debug/deps/libone-0.rlib", "edge/build/one-0/output"])
        {
            write(path);
        }
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::create_dir(elsewhere.path().join("deps")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), target.join("release")).unwrap();
        write("x86_64-unknown-linux-musl/dev/.fingerprint/one-0/lib-one");
        let all = size(target);
        remove_above(target, all).unwrap();
        assert_eq!(size(target), all, "nothing goes below the bound");
        remove_above(target, all - 1).unwrap();
        assert_eq!(size(target), all - 3000);
        assert!(elsewhere.path().join("deps").exists(), "links are not followed");
        assert!(programs.iter().all(|path| target.join(path).exists()));
    }
}
