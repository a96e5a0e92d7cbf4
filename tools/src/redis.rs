//! A server that speaks Redis's protocol, on loopback and in memory only: it
//! can be started, killed and restarted empty, as a cache may be.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::{ports, setup};

const START_WITHIN: Duration = Duration::from_secs(20);

/// A server that this process runs.
#[derive(Debug)]
pub struct Server {
    found: setup::redis::Found,
    port: u16,
    log: PathBuf,
    process: Option<Process>,
}

impl Server {
    /// Starts one; fails if none is available.
    pub async fn start(project: &Project, log: PathBuf) -> Result<Self> {
        let found = setup::redis::find(project)?;
        let mut server = Self { found, port: ports::free(), log, process: None };
        server.start_again().await?;
        Ok(server)
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Restarts it empty at the same port, after `stop` or `kill`.
    pub async fn start_again(&mut self) -> Result<()> {
        self.kill();
        let mut program = Program::of("Redis", self.found.command(), self.log.clone());
        let port = self.port.to_string();
        program.command().args(["--bind", "127.0.0.1", "--port", &port, "--save", ""]).args([
            "--appendonly",
            "no",
            "--dir",
            "/",
        ]);
        let address = ("127.0.0.1", self.port);
        let is_up = async |_| std::net::TcpStream::connect(address).is_ok();
        self.bring_up(program, START_WITHIN, is_up).await
    }
}

impl Service for Server {
    const STOP_WITHIN: Duration = Duration::from_secs(5);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}
