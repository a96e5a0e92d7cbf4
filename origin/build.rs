//! What a release was built from, for `/version`: `MUNJIGI_BUILD` where it is
//! set, else the commit.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=MUNJIGI_BUILD");
    // Not in other profiles: every commit would compile the crate again.
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !release || std::env::var_os("MUNJIGI_BUILD").is_some() {
        return;
    }
    let Some(commit) = commit() else { return };
    println!("cargo::rustc-env=MUNJIGI_BUILD={commit}");
    // Written at each commit and checkout. A path that is missing would run
    // this script every time.
    if let Some(log) =
        git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists())
    {
        println!("cargo::rerun-if-changed={log}");
    }
}

/// The commit of these sources; none where they lie in no repository of
/// their own.
fn commit() -> Option<String> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let ours = Path::new("..").canonicalize().ok()?;
    if Path::new(&top).canonicalize().ok()? != ours {
        return None;
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
