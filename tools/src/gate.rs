//! The gate as a supervised process: in the Worker's place, or from a file of
//! settings of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::http::answers;
use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::wrangler::forget_own_variables;
use crate::{files, ports};

const START_WITHIN: Duration = Duration::from_secs(30);

/// The gate, running or not.
#[derive(Debug)]
pub struct Gate {
    binary: PathBuf,
    home: Home,
    port: u16,
    operators: u16,
    environment: BTreeMap<String, String>,
    log: PathBuf,
    process: Option<Process>,
}

/// Where its settings and its store are.
#[derive(Debug)]
enum Home {
    /// Settings in variables, the store in this folder.
    Folder(PathBuf),
    /// All of it as this file says.
    File(PathBuf),
}

impl Gate {
    /// Runs a subcommand that must succeed, and returns its output.
    pub fn run(project: &Project, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(binary(project)?);
        forget_own_variables(&mut command);
        let output = files::output_of(command.args(arguments), None)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let words = arguments.join(" ");
        ensure!(output.status.success(), "munjigi-gate {words}: {}", text(&output.stderr));
        Ok(text(&output.stdout))
    }

    /// Starts it as an operator does, but on ports of its own.
    pub async fn start_from(project: &Project, file: &Path, log: PathBuf) -> Result<Self> {
        Self::start_from_on(project, file, ports::free(), log).await
    }

    /// The same, answering visitors on this port.
    pub async fn start_from_on(
        project: &Project,
        file: &Path,
        port: u16,
        log: PathBuf,
    ) -> Result<Self> {
        let home = Home::File(file.to_path_buf());
        Self::start_at(project, home, port, BTreeMap::new(), log).await
    }

    /// Starts it with its store in `folder`. As on the platform, the header
    /// `CF-Connecting-IP` names the client, which only this machine may send.
    pub async fn start(
        project: &Project,
        folder: PathBuf,
        port: u16,
        environment: BTreeMap<String, String>,
        log: PathBuf,
    ) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Self::start_at(project, Home::Folder(folder), port, environment, log).await
    }

    async fn start_at(
        project: &Project,
        home: Home,
        port: u16,
        environment: BTreeMap<String, String>,
        log: PathBuf,
    ) -> Result<Self> {
        let (binary, operators) = (binary(project)?, ports::free());
        let mut gate = Self { binary, home, port, operators, environment, log, process: None };
        gate.start_again().await?;
        Ok(gate)
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The address of the routes for operators.
    #[must_use]
    pub fn operators(&self) -> String {
        format!("http://127.0.0.1:{}", self.operators)
    }

    /// Lets a command of the program find this gate.
    pub fn as_its_process(&self, command: &mut Command) {
        forget_own_variables(command);
        command
            .env("MUNJIGI_GATE_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("MUNJIGI_GATE_OPERATOR_LISTEN", format!("127.0.0.1:{}", self.operators));
    }

    /// The program that it runs.
    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Sets variables for the next start.
    pub fn set_vars(&mut self, environment: BTreeMap<String, String>) {
        self.environment = environment;
    }

    /// Asks it to read the sites of its file again.
    pub fn hang_up(&self) -> Result<()> {
        let pid = Pid::from_raw(self.id()?.cast_signed()).context("a process has a number")?;
        Ok(kill_process(pid, Signal::HUP)?)
    }

    /// The number of its process.
    pub fn id(&self) -> Result<u32> {
        Ok(self.process.as_ref().context("the gate is not running")?.id())
    }

    /// Restarts it with the same store and ports, after `stop` or `kill`.
    pub async fn start_again(&mut self) -> Result<()> {
        self.kill();
        let mut program = Program::new("the gate", &self.binary, self.log.clone());
        let command = program.command();
        self.as_its_process(command);
        match &self.home {
            Home::File(file) => command.arg("--config").arg(file),
            Home::Folder(folder) => command
                .env("MUNJIGI_GATE_DATA", folder.join("munjigi.db"))
                .env("MUNJIGI_GATE_PICTURES", folder.join("pictures"))
                .env("MUNJIGI_CLIENT_HEADER", "CF-Connecting-IP")
                .env("MUNJIGI_TRUSTED_PROXIES", "127.0.0.1"),
        };
        command.envs(&self.environment);
        let ready = format!("{}/health/ready", self.operators());
        self.bring_up(program, START_WITHIN, async |_| answers(&ready).await).await
    }
}

impl Service for Gate {
    const STOP_WITHIN: Duration = Duration::from_secs(30);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}

fn binary(project: &Project) -> Result<PathBuf> {
    let binary = project.debug_binary("munjigi-gate");
    let shown = binary.display();
    ensure!(binary.exists(), "{shown} is not built; run `cargo program munjigi-gate`");
    Ok(binary)
}
