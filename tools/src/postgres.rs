//! An embedded Postgres 17: created, started, stopped and restarted on
//! loopback. The origin decides what is in the database.

mod account;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, test_kill_process};

use crate::process::{Process, Program, Service};
use crate::project::Project;
use crate::{ports, randomness, wait};
pub(crate) use account::Account;

const START_WITHIN: Duration = Duration::from_mins(1);
const PREDECESSOR_WITHIN: Duration = Duration::from_secs(5);

/// Where the data lives and for how long.
#[derive(Debug, Clone)]
pub enum Data {
    /// In a permanent folder, with a password file beside it.
    Kept(PathBuf),
    /// In a temporary folder; writes are not flushed to the disk.
    Temporary,
    /// In a temporary folder, with writes flushed as in production.
    Measured,
}

/// A Postgres that this process runs.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    account: Account,
    data: PathBuf,
    password: String,
    port: u16,
    flush: Flush,
    /// The primary, if this is a replica.
    source: Option<String>,
    log: PathBuf,
    process: Option<Process>,
    temporary: Option<tempfile::TempDir>,
}

#[derive(Debug, Clone, Copy)]
enum Flush {
    Always,
    Never,
}

impl Postgres {
    /// Creates the cluster if there is none, and starts it.
    pub async fn start(
        project: &Project,
        data: Data,
        port: Option<u16>,
        log: PathBuf,
    ) -> Result<Self> {
        let package = project.postgres_package();
        ensure!(
            package.join("native/bin/postgres").exists(),
            "embedded Postgres is missing at {}; run `scripts/dev` or `npm ci --ignore-scripts`, \
             or set MUNJIGI_DATABASE_URL",
            package.display()
        );
        hydrate(project)?;
        let account = Account::for_postgres()?;
        let binaries = account.reachable_copy(&package.join("native"), "postgres-17")?.join("bin");
        let (folder, flush, temporary) = match &data {
            Data::Kept(folder) => (account.reachable_folder(folder)?, Flush::Always, None),
            Data::Temporary | Data::Measured => {
                let flush =
                    if matches!(data, Data::Measured) { Flush::Always } else { Flush::Never };
                let made = temporary_folder(flush)?;
                account.let_through(made.path())?;
                (made.path().to_path_buf(), flush, Some(made))
            }
        };
        let mut postgres = Self {
            binaries,
            account,
            data: folder.join("data"),
            password: password(&folder)?,
            port: port.unwrap_or_else(ports::free),
            flush,
            source: None,
            log,
            process: None,
            temporary,
        };
        if !postgres.data.join("PG_VERSION").exists() {
            postgres.make_cluster(&folder)?;
        }
        postgres.start_again().await?;
        Ok(postgres)
    }

    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("munjigi")
    }

    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://munjigi:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Creates and starts a replica that follows this one by streaming
    /// replication. This one is stopped while its data is copied.
    pub async fn replica(&mut self, log: PathBuf) -> Result<Self> {
        self.stop().await?;
        let made = temporary_folder(self.flush)?;
        self.account.let_through(made.path())?;
        let data = made.path().join("data");
        let mut copy = Command::new("cp");
        copy.args(["-a", "--"]).arg(&self.data).arg(&data);
        succeed(&mut copy, None).context("copy the data")?;
        std::fs::write(data.join("standby.signal"), "")?;
        let mut replica = Self {
            binaries: self.binaries.clone(),
            account: self.account,
            data,
            password: self.password.clone(),
            port: ports::free(),
            flush: self.flush,
            source: Some(format!(
                "host=127.0.0.1 port={} user=munjigi password={}",
                self.port, self.password
            )),
            log,
            process: None,
            temporary: Some(made),
        };
        self.start_again().await?;
        replica.start_again().await?;
        Ok(replica)
    }

    /// Restarts it with the same data and port, after `stop` or `kill`.
    pub async fn start_again(&mut self) -> Result<()> {
        self.kill();
        let mut program =
            Program::new("Postgres", self.binaries.join("postgres"), self.log.clone())
                // SIGINT is "fast shutdown"; SIGTERM would wait for clients.
                .stopping_on(Signal::INT)
                .with_litter(self.temporary.as_ref().map(tempfile::TempDir::path));
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            "unix_socket_directories=".to_owned(),
            "max_connections=200".to_owned(),
            // Below its data, so that of one that is killed nothing stays in memory.
            "dynamic_shared_memory_type=mmap".to_owned(),
            format!("fsync={}", if matches!(self.flush, Flush::Always) { "on" } else { "off" }),
        ];
        let command = program.command();
        command.arg("-D").arg(&self.data).current_dir("/");
        let source = self.source.as_ref().map(|source| format!("primary_conninfo={source}"));
        for setting in settings.iter().chain(&source) {
            command.args(["-c", setting]);
        }
        self.account.apply(command);
        let pid_file = self.data.join("postmaster.pid");
        wait_for_predecessor(&pid_file).await;
        let is_up = async |own_id| says_ready(&pid_file, own_id);
        self.bring_up(program, START_WITHIN, is_up).await
    }

    fn make_cluster(&self, folder: &Path) -> Result<()> {
        // A cluster whose creation was interrupted is useless.
        if self.data.exists() {
            std::fs::remove_dir_all(&self.data).context("remove a half-made cluster")?;
        }
        let password_file = folder.join("password");
        self.account.own(folder)?;
        self.account.own(&password_file)?;
        let mut initdb = Command::new(self.binaries.join("initdb"));
        initdb
            .arg("-D")
            .arg(&self.data)
            .arg(format!("--pwfile={}", password_file.display()))
            .args(["-U", "munjigi", "-A", "scram-sha-256", "-E", "UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"])
            // The password is random and for this machine only. Programs that
            // are not optimised take long for the usual 4096 rounds, at each
            // connection.
            .args(["-c", "scram_iterations=1"])
            .current_dir("/");
        self.account.apply(&mut initdb);
        succeed(&mut initdb, None).context("initdb")?;
        let mut single = Command::new(self.binaries.join("postgres"));
        single.arg("--single").arg("-D").arg(&self.data).arg("postgres").current_dir("/");
        self.account.apply(&mut single);
        succeed(&mut single, Some("CREATE DATABASE munjigi\n")).context("create the database")
    }
}

/// Memory that serves as a disk, on Linux.
const MEMORY: &str = "/dev/shm";

/// How much of it must be free. A container often has 64 MB.
const ROOMY_BYTES: u64 = 4 << 30;

/// A folder for what is not kept: in memory where there is much of it and
/// nothing is flushed, since the hundreds of databases that tests create are
/// hundreds of thousands of files.
fn temporary_folder(flush: Flush) -> Result<tempfile::TempDir> {
    let free = rustix::fs::statvfs(MEMORY).map_or(0, |memory| memory.f_bavail * memory.f_frsize);
    let parent = match flush {
        Flush::Never if free >= ROOMY_BYTES => PathBuf::from(MEMORY),
        _ => std::env::temp_dir(),
    };
    let made = tempfile::Builder::new().prefix("munjigi-pg-").tempdir_in(parent);
    made.context("create a temporary folder")
}

impl Service for Postgres {
    const STOP_WITHIN: Duration = Duration::from_secs(30);

    fn process(&mut self) -> &mut Option<Process> {
        &mut self.process
    }
}

/// The package ships without symbolic links and with a script that creates
/// them, which npm runs only if install scripts are allowed.
pub(crate) fn hydrate(project: &Project) -> Result<()> {
    let package = project.postgres_package();
    let done = package.join("native/.munjigi-hydrated");
    if done.exists() {
        return Ok(());
    }
    let mut node = crate::node::Node::find(project)?.command();
    node.arg("scripts/hydrate-symlinks.js").current_dir(&package);
    succeed(&mut node, None).context("make the symbolic links of embedded Postgres")?;
    std::fs::write(&done, "").context("note that embedded Postgres is complete")
}

fn password(folder: &Path) -> Result<String> {
    let file = folder.join("password");
    if let Ok(kept) = std::fs::read_to_string(&file) {
        return Ok(kept.trim().to_owned());
    }
    let made = randomness::base64url(18);
    crate::files::write_private(&file, &made)?;
    Ok(made)
}

/// After a hard kill of the tools, an earlier Postgres may still be shutting
/// down and would refuse a second one.
async fn wait_for_predecessor(pid_file: &Path) {
    let text = std::fs::read_to_string(pid_file).unwrap_or_default();
    let number = text.lines().next().and_then(|line| line.trim().parse().ok());
    if let Some(pid) = number.and_then(Pid::from_raw) {
        // If it stays, Postgres itself reports why it cannot start.
        let _ = wait::until("an earlier Postgres to end", PREDECESSOR_WITHIN, async || {
            let ended = test_kill_process(pid).is_err() && !has_memory(&text);
            Ok((!pid_file.exists() || ended).then_some(()))
        })
        .await;
    }
}

/// Whether a process of an earlier Postgres still holds the shared memory:
/// children outlive a killed parent for a moment, and no other Postgres starts
/// until they are gone. The seventh line of `postmaster.pid` ends with the
/// segment's number; Linux lists how many processes have it. On other systems
/// it is unknown.
fn has_memory(pid_file: &str) -> bool {
    let segment = pid_file.lines().nth(6).and_then(|line| line.split_whitespace().nth(1));
    let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    segment.is_some_and(|segment| holders(&table, segment) > 0)
}

/// The number of processes that hold a segment, from the kernel's table: its
/// columns are key, number, permissions, size, creator, last user, holders and
/// more.
fn holders(table: &str, segment: &str) -> u32 {
    let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let count = |row: Vec<&str>| row.get(6).and_then(|holders| holders.parse().ok());
    rows.filter(|row| row.get(1) == Some(&segment)).find_map(count).unwrap_or(0)
}

/// The eighth line of `postmaster.pid` says `ready` once connections are
/// accepted; the first one identifies the file's owner.
fn says_ready(pid_file: &Path, own_id: u32) -> bool {
    let text = std::fs::read_to_string(pid_file).unwrap_or_default();
    let mut lines = text.lines();
    let ours = lines.next().is_some_and(|first| first.trim() == own_id.to_string());
    ours && lines.nth(6).is_some_and(|status| status.trim() == "ready")
}

fn succeed(command: &mut Command, input: Option<&str>) -> Result<()> {
    let output = crate::files::output_of(command, input)?;
    ensure!(
        output.status.success(),
        "{} failed ({}):\n{}{}",
        command.get_program().to_string_lossy(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_of_shared_memory_are_read_from_the_kernels_table() {
        let table = "       key      shmid perms size cpid lpid nattch uid\n   5432001         12   600   56   99  101      3 1000\n";
        assert_eq!(holders(table, "12"), 3);
        assert_eq!(holders(table, "13"), 0);
        assert!(!has_memory("42\n/data\n1\n5432\n\n127.0.0.1\n"));
    }

    #[test]
    fn readiness_is_read_from_the_own_postmaster() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("postmaster.pid");
        let text = "42\n/data\n1\n5432\n\n127.0.0.1\n 17 0\nready   \n";
        std::fs::write(&file, text).unwrap();
        assert!(says_ready(&file, 42));
        assert!(!says_ready(&file, 43));
        std::fs::write(&file, text.replace("ready   ", "starting")).unwrap();
        assert!(!says_ready(&file, 42));
    }
}
