//! The worker under `wrangler dev`, with the real `wrangler.toml`: for
//! developers and browser journeys. Slower than plain workerd, but with the
//! configuration that operators publish.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::http::{self, answers};
use crate::node::Node;
use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::{files, ports};

const START_WITHIN: Duration = Duration::from_mins(2);

/// A running `wrangler dev`.
#[derive(Debug)]
pub struct Wrangler {
    project: Project,
    node: Node,
    folder: PathBuf,
    port: u16,
    inspector_port: u16,
    vars: BTreeMap<String, String>,
    log: PathBuf,
    process: Option<Process>,
}

impl Wrangler {
    /// Starts with its state and its secrets in `folder`.
    pub async fn start(
        project: &Project,
        folder: PathBuf,
        port: Option<u16>,
        vars: BTreeMap<String, String>,
        log: PathBuf,
    ) -> Result<Self> {
        ensure!(
            project.wrangler().exists(),
            "wrangler is missing at {}; run `npm ci --ignore-scripts`",
            project.wrangler().display()
        );
        let mut wrangler = Self {
            project: project.clone(),
            node: Node::find(project)?,
            folder,
            port: port.unwrap_or_else(ports::free),
            inspector_port: ports::free(),
            vars,
            log,
            process: None,
        };
        wrangler.start_again().await?;
        Ok(wrangler)
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sets variables for the next start.
    pub fn set_vars(&mut self, vars: BTreeMap<String, String>) {
        self.vars = vars;
    }

    /// Restarts it with the same state and port, after `stop` or `kill`.
    pub async fn start_again(&mut self) -> Result<()> {
        self.kill();
        let env_file = self.folder.join("worker.env");
        files::write_private(&env_file, &env_text(&self.vars))?;
        let mut program = Program::new("wrangler dev", self.node.binary(), self.log.clone());
        let command = program.command();
        self.node.prepare(command);
        command
            .arg(self.project.wrangler())
            .args(["dev", "--ip", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--inspector-port", &self.inspector_port.to_string()])
            .args(["--show-interactive-dev-session=false", "--log-level=info"])
            .arg("--persist-to")
            .arg(self.folder.join("state"))
            .arg("--env-file")
            .arg(&env_file)
            .env("CI", "1")
            .env("FORCE_COLOR", "0")
            .current_dir(self.project.root());
        forget_own_variables(command);
        let health = format!("{}/health", self.url());
        self.bring_up(program, START_WITHIN, async |_| answers(&health).await).await
    }

    /// Calls the cron handler, which `wrangler dev` never does by itself.
    pub async fn run_cron(&self, expression: &str) -> Result<()> {
        let url = format!("{}/cdn-cgi/handler/scheduled", self.url());
        http::client().get(url).query(&[("cron", expression)]).send().await?.error_for_status()?;
        Ok(())
    }

    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }
}

impl Service for Wrangler {
    const STOP_WITHIN: Duration = Duration::from_secs(10);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}

/// Our services refuse unknown `MUNJIGI_*` names, and tools have names of their
/// own; so none is inherited.
pub(crate) fn forget_own_variables(command: &mut std::process::Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MUNJIGI_") {
            command.env_remove(name);
        }
    }
}

fn env_text(vars: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> =
        vars.iter().map(|(name, value)| format!("{name}=\"{value}\"\n")).collect();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_quoted_one_per_line() {
        let vars = BTreeMap::from([("A".to_owned(), "1,2".to_owned())]);
        assert_eq!(env_text(&vars), "A=\"1,2\"\n");
    }
}
