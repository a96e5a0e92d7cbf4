//! The origin as a supervised process, and the `munjigi` command with the same
//! environment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

use crate::http::answers;
use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::wrangler::forget_own_variables;
use crate::{files, ports};

const START_WITHIN: Duration = Duration::from_mins(1);

/// The origin, running or not.
#[derive(Debug)]
pub struct Origin {
    binary: PathBuf,
    port: u16,
    operators: u16,
    environment: BTreeMap<String, String>,
    log: PathBuf,
    process: Option<Process>,
}

impl Origin {
    /// Prepares it; nothing runs yet.
    pub fn prepare(
        project: &Project,
        port: Option<u16>,
        mut environment: BTreeMap<String, String>,
        log: PathBuf,
    ) -> Result<Self> {
        let binary = project.debug_binary("munjigi");
        ensure!(binary.exists(), "{} is not built; run `cargo program munjigi`", binary.display());
        let port = port.unwrap_or_else(ports::free);
        let operators = ports::free();
        environment.insert("MUNJIGI_LISTEN".to_owned(), format!("127.0.0.1:{port}"));
        let listen = format!("127.0.0.1:{operators}");
        environment.insert("MUNJIGI_OPERATOR_LISTEN".to_owned(), listen);
        // Nothing beyond this machine.
        for list in ["MUNJIGI_LIST_TOR_EXITS", "MUNJIGI_LIST_CLOUDS", "MUNJIGI_LIST_SPAMHAUS_DROP"]
        {
            environment.entry(list.to_owned()).or_insert_with(|| "none".to_owned());
        }
        environment.insert("MUNJIGI_CONSOLE_URL".to_owned(), format!("http://localhost:{port}"));
        Ok(Self { binary, port, operators, environment, log, process: None })
    }

    /// The address, with the host name that passkeys need.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The address of the routes for operators.
    #[must_use]
    pub fn operators(&self) -> String {
        format!("http://127.0.0.1:{}", self.operators)
    }

    /// `host:port` for a proxy.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sets a variable for the next start.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        forget_own_variables(&mut command);
        command.envs(&self.environment);
        command
    }

    /// Runs a `munjigi` subcommand that must succeed, and returns its output.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        self.run_on(arguments, "")
    }

    fn run_on(&self, arguments: &[&str], input: &str) -> Result<String> {
        let output = files::output_of(self.command().args(arguments), Some(input))?;
        ensure!(
            output.status.success(),
            "munjigi {} failed ({}):\n{}{}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Like [`Self::run`], for commands that print JSON.
    pub fn run_json<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T> {
        self.run_json_on(arguments, "")
    }

    /// Like [`Self::run_json`], for commands that read standard input.
    pub fn run_json_on<T: DeserializeOwned>(&self, arguments: &[&str], input: &str) -> Result<T> {
        let text = self.run_on(arguments, input)?;
        serde_json::from_str(&text)
            .with_context(|| format!("munjigi {} printed no such JSON", arguments.join(" ")))
    }

    /// Migrates the database to the newest version.
    pub fn migrate(&self) -> Result<()> {
        self.run(&["migrate"]).map(drop)
    }

    /// Starts it, also after `stop` or `kill`.
    pub async fn start(&mut self) -> Result<()> {
        self.kill();
        let mut program = Program::new("the origin", &self.binary, self.log.clone());
        let command = program.command();
        forget_own_variables(command);
        command.arg("serve").envs(&self.environment);
        // Readiness depends on the database; liveness does not.
        let live = format!("http://{}/health/live", self.authority());
        self.bring_up(program, START_WITHIN, async |_| answers(&live).await).await
    }
}

impl Service for Origin {
    const STOP_WITHIN: Duration = Duration::from_secs(30);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}
