//! Runs the GPU tests, as binaries that were built elsewhere.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// Test binaries that have GPU tests.
const BINARIES: [&str; 2] = ["engines", "service"];
/// The program that the service's tests start.
const SERVICE: &str = "munjigi-gpu-backend";

/// The results of the tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    pub passed: usize,
    pub failed: usize,
}

/// Runs all tests on an adapter.
pub fn run(binaries: &Path, folder: &Path, adapter: &str) -> Result<Ran> {
    let binaries = binaries.canonicalize().with_context(|| {
        format!("{} is missing: run `scripts/prove-gpu --prepare`", binaries.display())
    })?;
    let mut all = Ran::default();
    for name in BINARIES {
        let mut command = Command::new(binaries.join(name));
        command.args(["--ignored", "--color=never"]).current_dir(folder);
        command.env("MUNJIGI_TEST_ADAPTER", adapter.to_lowercase());
        command.env("MUNJIGI_TEST_SERVICE", binaries.join(SERVICE));
        // A binary explains its failure on stderr.
        command.stderr(Stdio::inherit());
        let output = command.output().with_context(|| format!("start {name}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        let ran = counted(&said);
        ensure!(ran.is_some() || output.status.success(), "{name} ended with {}", output.status);
        let ran = ran.with_context(|| format!("{name} does not say what it ran"))?;
        all = Ran { passed: all.passed + ran.passed, failed: all.failed + ran.failed };
    }
    Ok(all)
}

/// Reads `test result: ok. 5 passed; 0 failed; …`.
fn counted(said: &str) -> Option<Ran> {
    let line = said.lines().find_map(|line| line.trim().strip_prefix("test result: "))?;
    let count = |word: &str| {
        let parts = line.split(['.', ';']).map(str::trim);
        let mut counts = parts.filter_map(|part| part.strip_suffix(word));
        counts.next().and_then(|count| count.trim().parse().ok())
    };
    Some(Ran { passed: count("passed")?, failed: count("failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_a_test_binary_is_read() {
        let said = "\nrunning 2 tests\n\ntest result: FAILED. 7 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out\n";
        assert_eq!(counted(said), Some(Ran { passed: 7, failed: 1 }));
        assert_eq!(counted("Segmentation fault"), None);
    }
}
