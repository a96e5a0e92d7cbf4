//! Known vulnerabilities of npm packages, as the registry knows them. Not every
//! registry answers: what was not asked is said, and is no failure.

use std::process::Command;

use anyhow::Result;
use serde::Deserialize;

use crate::project::Project;
use crate::{files, say};

/// Every folder with a lockfile of npm's.
const FOLDERS: [&str; 4] = [".", "tests/bench", "tests/clients", "tests/fleet"];

/// Fails if a locked package has a vulnerability that is high or critical.
pub(super) fn run(project: &Project) -> Result<()> {
    for folder in FOLDERS {
        let what = format!("npm audit of {folder}");
        let output = files::output_of(audit(project, folder).arg("--json"), None)?;
        if !is_report(&output.stdout) {
            say::found(&what, "NOT CHECKED, since the registry answers no audits");
        } else if output.status.success() {
            say::found(&what, "nothing high or critical");
        } else {
            say::run(&what, "update the packages named above", &mut audit(project, folder))?;
        }
    }
    Ok(())
}

fn audit(project: &Project, folder: &str) -> Command {
    let mut npm = Command::new("npm");
    npm.args(["audit", "--package-lock-only", "--audit-level=high", "--include=dev"])
        .arg("--fetch-retries=1")
        .current_dir(project.at(folder));
    npm
}

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "auditReportVersion")]
    _version: u32,
}

/// Whether npm has printed what it found, and not why it could not ask.
fn is_report(printed: &[u8]) -> bool {
    serde_json::from_slice::<Report>(printed).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_without_audits_is_told_from_a_report() {
        assert!(is_report(br#"{"auditReportVersion":2,"vulnerabilities":{},"metadata":{}}"#));
        for printed in [
            r#"{"message":"405 Method Not Allowed","statusCode":405,"body":"","error":{}}"#,
            r#"{"message":"request failed, reason: connect ECONNREFUSED","error":{}}"#,
            "npm error",
            "",
        ] {
            assert!(!is_report(printed.as_bytes()), "{printed}");
        }
    }

    #[test]
    fn every_lockfile_is_audited() {
        let mut git = Command::new("git");
        git.args(["ls-files", "package-lock.json", "*/package-lock.json"]);
        let listed = files::output_of(git.current_dir(Project::here().root()), None).unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let folder = |file: &str| file.trim_end_matches("package-lock.json").to_owned();
        let expected =
            FOLDERS.map(|name| if name == "." { String::new() } else { format!("{name}/") });
        assert_eq!(listed.lines().map(folder).collect::<Vec<_>>(), expected);
    }
}
