//! A gate beside the Worker, with keys, a site and a store of its own, and the
//! form of `munjigi-gate try`.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::gate::Gate;
use crate::http::answers;
use crate::process::{Process, Program, Service as _};
use crate::project::Project;
use crate::stack::Site;

const FORM_WITHIN: Duration = Duration::from_secs(20);
/// Its folder among those of this checkout.
pub const FOLDER: &str = "gate";

pub struct Beside {
    pub gate: Gate,
    /// The site for pages on this machine.
    pub site: Site,
    /// The address of the form.
    pub form: String,
    process: Process,
}

impl Beside {
    /// Starts it, in the folder of the last time if there is one.
    pub async fn start(project: &Project, port: u16, form_port: u16) -> Result<Self> {
        let folder = project.state().join(FOLDER);
        let file = folder.join("gate.toml");
        if !file.exists() {
            Gate::run(project, &["init", &folder.to_string_lossy()])?;
        }
        let logs = project.state().join("logs");
        let gate = Gate::start_from_on(project, &file, port, logs.join("gate.log")).await?;
        let secret = std::fs::read_to_string(folder.join("keys/localhost"))?.trim().to_owned();
        let config = file.to_string_lossy().into_owned();
        let listed = Gate::run(project, &["site", "list", "--config", &config])?;
        let line = listed.lines().find(|line| line.contains("localhost"));
        let sitekey = line.and_then(|line| line.split_whitespace().next());
        let sitekey = sitekey.context("the gate has no site for localhost")?.to_owned();
        let hostname = "localhost".to_owned();
        let site = Site { sitekey, secret, hostname, alias: None };
        let program = Program::new("the gate's form", gate.binary(), logs.join("gate-form.log"));
        let (process, form) = show(program, &gate, &config, form_port).await?;
        Ok(Self { gate, site, form, process })
    }

    /// Returns an error when a part has ended by itself.
    pub fn check_alive(&mut self) -> Result<()> {
        self.gate.check_alive()?;
        self.process.check_alive()
    }
}

async fn show(
    mut program: Program,
    gate: &Gate,
    config: &str,
    port: u16,
) -> Result<(Process, String)> {
    let address = format!("127.0.0.1:{port}");
    let command = program.command();
    gate.as_its_process(command);
    command.args(["try", "--config", config, "--listen", &address]);
    let mut process = program.start()?;
    let form = format!("http://localhost:{port}/");
    process.ready_when(FORM_WITHIN, async || Ok(answers(&form).await)).await?;
    Ok((process, form))
}
