//! PgBouncer in transaction mode before a Postgres, on loopback, with fewer
//! connections than an origin opens. It keeps nothing.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use percent_encoding::percent_decode_str;

use crate::postgres::Account;
use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::{ports, setup};

const START_WITHIN: Duration = Duration::from_secs(20);

/// A PgBouncer that this process runs.
#[derive(Debug)]
pub struct Pgbouncer {
    found: setup::pgbouncer::Found,
    /// What it runs, where its account can reach it.
    root: PathBuf,
    account: Account,
    folder: tempfile::TempDir,
    database: reqwest::Url,
    port: u16,
    log: PathBuf,
    process: Option<Process>,
}

impl Pgbouncer {
    /// Starts one with `connections` to the database of a URL.
    pub async fn start(
        project: &Project,
        database: &str,
        connections: u32,
        log: PathBuf,
    ) -> Result<Self> {
        let found = setup::pgbouncer::find(project)?;
        // Like Postgres, it refuses root.
        let account = Account::for_postgres()?;
        let root = account.reachable_copy(found.root(), "pgbouncer")?;
        let folder = tempfile::Builder::new().prefix("munjigi-pgbouncer-").tempdir()?;
        account.let_through(folder.path())?;
        let database = database.parse().context("the database's URL")?;
        let (port, process) = (ports::free(), None);
        let mut made = Self { found, root, account, folder, database, port, log, process };
        made.configure(connections)?;
        made.start_again().await?;
        Ok(made)
    }

    #[must_use]
    pub fn url(&self) -> String {
        let database = &self.database;
        let (user, password) = (database.username(), database.password().unwrap_or_default());
        format!("postgres://{user}:{password}@127.0.0.1:{}{}", self.port, database.path())
    }

    /// Restarts it at the same port, after `stop` or `kill`.
    pub async fn start_again(&mut self) -> Result<()> {
        self.kill();
        let command = self.found.command(&self.root);
        let mut program = Program::of("PgBouncer", command, self.log.clone())
            .with_litter(Some(self.folder.path()));
        let command = program.command();
        command.arg(self.settings()).current_dir("/");
        self.account.apply(command);
        let address = ("127.0.0.1", self.port);
        let is_up = async |_| std::net::TcpStream::connect(address).is_ok();
        self.bring_up(program, START_WITHIN, is_up).await
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("pgbouncer.ini")
    }

    fn configure(&self, connections: u32) -> Result<()> {
        let database = &self.database;
        let (host, port) = (database.host_str().unwrap_or("127.0.0.1"), database.port());
        let password = percent_decode_str(database.password().unwrap_or_default());
        let (user, password) = (database.username(), password.decode_utf8()?);
        let users = self.folder.path().join("users.txt");
        let settings = format!(
            "[databases]\n* = host={host} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {}\nunix_socket_dir =\nauth_type = plain\nauth_file = {}\n\
             pool_mode = transaction\ndefault_pool_size = {connections}\n\
             max_prepared_statements = 200\nmax_client_conn = 200\n",
            port.unwrap_or(5432),
            self.port,
            users.display()
        );
        for (path, text) in
            [(self.settings(), settings), (users, format!("\"{user}\" \"{password}\"\n"))]
        {
            std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
            self.account.own(&path)?;
        }
        Ok(())
    }
}

impl Service for Pgbouncer {
    const STOP_WITHIN: Duration = Duration::from_secs(5);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}
