//! One supervised process: its own process group, its log file, a graceful stop
//! and a hard kill; and services, whose processes come and go. A guard process
//! kills the group if this process ends without cleaning up. What is run is
//! decided elsewhere.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::wait;

/// What to run and how to stop it.
#[derive(Debug)]
pub struct Program {
    name: String,
    command: Command,
    stop_signal: Signal,
    log: PathBuf,
    litter: Option<PathBuf>,
}

impl Program {
    /// A program that logs to `log` and stops on SIGTERM.
    pub fn new(name: &str, binary: impl Into<OsString>, log: PathBuf) -> Self {
        Self::of(name, Command::new(binary.into()), log)
    }

    /// Like [`Self::new`], for an existing command.
    #[must_use]
    pub fn of(name: &str, command: Command, log: PathBuf) -> Self {
        Self { name: name.to_owned(), command, stop_signal: Signal::TERM, log, litter: None }
    }

    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Sets the signal for a graceful stop.
    #[must_use]
    pub fn stopping_on(mut self, signal: Signal) -> Self {
        self.stop_signal = signal;
        self
    }

    /// Names a temporary folder that is removed even if this process is killed
    /// first.
    #[must_use]
    pub fn with_litter(mut self, folder: Option<&Path>) -> Self {
        self.litter = folder.map(Path::to_path_buf);
        self
    }

    pub fn start(mut self) -> Result<Process> {
        let log = open_log(&self.log)?;
        self.command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("share the log file")?)
            .stderr(log);
        let child = self.command.spawn().with_context(|| {
            format!("start {} ({})", self.name, self.command.get_program().to_string_lossy())
        })?;
        let guard = Guard::over(child.id(), self.stop_signal, self.litter.as_deref())?;
        Ok(Process {
            name: self.name,
            child,
            guard: Some(guard),
            stop_signal: self.stop_signal,
            log: self.log,
        })
    }
}

fn open_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("create the log folder {}", folder.display()))?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("open the log {}", path.display()))
}

/// A running process. Dropping it kills its whole group.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    guard: Option<Guard>,
    stop_signal: Signal,
    log: PathBuf,
}

impl Process {
    /// The process id, which is also the id of its group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Fails with the end of its log if it has ended by itself.
    pub fn check_alive(&mut self) -> Result<()> {
        self.status()?.map_or(Ok(()), |status| Err(self.ended(status)))
    }

    /// For programs that end by themselves: whether it has, and an error on
    /// failure.
    pub fn is_done(&mut self) -> Result<bool> {
        match self.status()? {
            None => Ok(false),
            Some(status) if status.success() => Ok(true),
            Some(status) => Err(self.ended(status)),
        }
    }

    fn status(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("ask for the state of a process")
    }

    fn ended(&self, status: ExitStatus) -> Error {
        let (name, log) = (&self.name, self.log.display());
        anyhow!("{name} ended ({status}); the end of {log}:\n{}", tail(&self.log, 40))
    }

    /// Waits for a condition, but only while the process lives.
    pub async fn ready_when(
        &mut self,
        within: Duration,
        mut look: impl AsyncFnMut() -> Result<bool>,
    ) -> Result<()> {
        let what = format!("{} to be ready", self.name);
        let log = self.log.clone();
        wait::until(&what, within, async || {
            self.check_alive()?;
            Ok(look().await?.then_some(()))
        })
        .await
        .with_context(|| format!("the end of {}:\n{}", log.display(), tail(&log, 20)))
    }

    /// Asks it to stop, then kills what is left after `within`.
    pub async fn stop(&mut self, within: Duration) -> Result<()> {
        self.signal(self.stop_signal);
        let what = format!("{} to stop", self.name);
        let ended =
            wait::until(&what, within, async || Ok(self.child.try_wait()?.map(|_| ()))).await;
        self.kill();
        ended
    }

    /// SIGKILL to the whole group, at once.
    pub fn kill(&mut self) {
        // The guard goes first: afterwards the number may belong to another
        // process.
        if let Some(guard) = self.guard.take() {
            guard.dismiss();
        }
        self.signal(Signal::KILL);
        drop(self.child.wait());
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // A group that is already gone is fine.
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A part of a stack that can be stopped, killed and restarted.
#[expect(async_fn_in_trait, reason = "a service is awaited where it is owned")]
pub trait Service {
    /// How long a graceful stop may take.
    const STOP_WITHIN: Duration;

    /// Its process while it runs.
    fn process(&mut self) -> &mut Option<Process>;

    /// Starts its program and waits until `is_up`, which receives the process
    /// id. One that is not up in time is killed.
    async fn bring_up(
        &mut self,
        program: Program,
        within: Duration,
        mut is_up: impl AsyncFnMut(u32) -> bool,
    ) -> Result<()> {
        let mut process = program.start()?;
        let id = process.id();
        process.ready_when(within, async || Ok(is_up(id).await)).await?;
        *self.process() = Some(process);
        Ok(())
    }

    /// Stops it gracefully.
    async fn stop(&mut self) -> Result<()> {
        match self.process().take() {
            Some(mut process) => process.stop(Self::STOP_WITHIN).await,
            None => Ok(()),
        }
    }

    /// Kills it with SIGKILL.
    fn kill(&mut self) {
        *self.process() = None;
    }

    /// Fails if it has ended by itself.
    fn check_alive(&mut self) -> Result<()> {
        self.process().as_mut().map_or(Ok(()), Process::check_alive)
    }
}

/// A shell that waits for its standard input to end, which happens when this
/// process dies, even by SIGKILL, and then stops the group it guards.
#[derive(Debug)]
struct Guard {
    shell: Child,
    _leash: Option<ChildStdin>,
}

impl Guard {
    fn over(group: u32, signal: Signal, litter: Option<&Path>) -> Result<Self> {
        let number = signal.as_raw();
        let script = format!(
            "read -r _; kill -{number} -{group}; sleep 2; kill -9 -{group} 2>/dev/null; \
             [ -z \"$1\" ] || rm -rf -- \"$1\""
        );
        let mut shell = Command::new("/bin/sh")
            .args(["-c", &script, "guard"])
            .args(litter)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("start the guard of a process")?;
        let leash = shell.stdin.take();
        Ok(Self { shell, _leash: leash })
    }

    fn dismiss(mut self) {
        drop(self.shell.kill());
        drop(self.shell.wait());
    }
}

/// The last lines of a file, for an error message.
#[must_use]
pub fn tail(path: &Path, lines: usize) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, dir: &Path) -> Process {
        let mut program = Program::new("shell", "/bin/sh", dir.join("log"));
        program.command().args(["-c", script]);
        program.start().unwrap()
    }

    #[tokio::test]
    async fn a_stop_reaches_the_whole_group() {
        let dir = tempfile::tempdir().unwrap();
        let mut process = shell("sleep 600 & echo started; wait", dir.path());
        let log = dir.path().join("log");
        let within = Duration::from_secs(5);
        process.ready_when(within, async || Ok(tail(&log, 1) == "started")).await.unwrap();
        process.stop(within).await.unwrap();
        let group = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
        wait::until("the group to be gone", within, async || {
            Ok(kill_process_group(group, Signal::WINCH).is_err().then_some(()))
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn a_process_that_ends_shows_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let mut process = shell("echo no such port; exit 3", dir.path());
        let failed = process.ready_when(Duration::from_secs(5), async || Ok(false)).await;
        assert!(format!("{:#}", failed.unwrap_err()).contains("no such port"));
    }
}
