//! A server that speaks Redis's protocol, on loopback and in memory only: it
//! can be started, killed and restarted empty, as a cache may be.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::ports;
use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::setup::programs::REDIS;

const START_WITHIN: Duration = Duration::from_secs(20);

/// A server that this process runs.
#[derive(Debug)]
pub struct Server {
    project: Project,
    port: u16,
    log: PathBuf,
    process: Option<Process>,
}

impl Server {
    /// Starts one; fails if none is available.
    pub async fn start(project: &Project, log: PathBuf) -> Result<Self> {
        let mut server = Self { project: project.clone(), port: ports::free(), log, process: None };
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
        let mut program =
            Program::of("Redis", REDIS.command(&self.project, "redis-server")?, self.log.clone());
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
