//! Progress for a person at a terminal: what is being done and how long it
//! took. Plain lines, so that a log reads the same. Of two checks that run beside
//! each other every line says whose it is.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::clock::Stopwatch;
use crate::failures::{Failed, Failure};

thread_local! {
    static VOICE: RefCell<Voice> = RefCell::default();
}

/// Whose lines a thread prints, and the file that has them as well.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    /// Before every line; empty where nothing else speaks.
    before: String,
    log: Option<Arc<File>>,
    /// Milliseconds of processor time of the commands that it ran.
    spent: Arc<AtomicU64>,
}

impl Voice {
    /// What the calling thread speaks with.
    pub fn of_this_thread() -> Self {
        VOICE.with_borrow(Voice::clone)
    }

    /// A voice whose lines begin with `before` and are kept in `log`.
    pub fn new(before: String, log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = File::create(log).with_context(|| format!("write {}", log.display()))?;
        Ok(Self { before, log: Some(Arc::new(file)), spent: Arc::default() })
    }

    /// The processor time of the commands that ran with this voice and with its
    /// copies.
    pub fn spent(&self) -> Duration {
        Duration::from_millis(self.spent.load(Ordering::Relaxed))
    }

    /// Does something whose lines are printed with this voice.
    pub fn speaking<T>(self, work: impl FnOnce() -> T) -> T {
        let before = VOICE.replace(self);
        let done = work();
        VOICE.set(before);
        done
    }
}

/// Prints a line, or several.
pub fn line(text: &str) {
    VOICE.with_borrow(|voice| {
        for line in text.split('\n') {
            println!("{}{line}", voice.before);
        }
        if let Some(mut log) = voice.log.as_deref() {
            // What is on the screen matters more than the copy of it.
            let _ = writeln!(log, "{text}");
        }
    });
}

pub fn heading(text: &str) {
    line(&format!("\n== {text}"));
}

/// Prints a step that needed no work.
pub fn found(what: &str, where_: &str) {
    line(&format!("   {what}: {where_}"));
}

/// Runs a command with visible output, after printing its purpose.
///
/// `remedy` says what a person can do if it fails; the error also contains what
/// failed and the end of the output.
pub fn run(what: &str, remedy: &str, command: &mut Command) -> Result<()> {
    listen(what, remedy, command).map(|_| ())
}

/// Like [`run`], but returns the lines of output.
pub fn listen(what: &str, remedy: &str, command: &mut Command) -> Result<Vec<String>> {
    finish(what, remedy, command, None)
}

/// Like [`run`], for a command whose standard output is for a program to read: it is
/// returned, and only its standard error is visible.
pub fn read(what: &str, remedy: &str, command: &mut Command) -> Result<Vec<u8>> {
    let mut output = tempfile::tempfile()?;
    finish(what, remedy, command, Some(output.try_clone()?))?;
    output.rewind()?;
    let mut read = Vec::new();
    output.read_to_end(&mut read)?;
    Ok(read)
}

/// Runs a command and returns the lines of its output, without those of its standard
/// output if that goes into a file.
fn finish(
    what: &str,
    remedy: &str,
    command: &mut Command,
    apart: Option<File>,
) -> Result<Vec<String>> {
    let shown = shown(command);
    line(&format!("   {what}: {shown}"));
    let watch = Stopwatch::start();
    let cannot_start = || format!("{what}: cannot start {shown}; {remedy}");
    let (status, output) = heard(command, apart).with_context(cannot_start)?;
    if !status.success() {
        let message = format!("{what}: {shown} ended with {status}; {remedy}");
        return Err(Failed::new(message, Failure::in_output(what, &output)).into());
    }
    line(&format!("   {what}: done in {watch}"));
    Ok(output)
}

/// How long to wait for more output: an ended process may leave others behind
/// that keep its output open.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

/// Runs a command, repeats its output and collects it.
fn heard(command: &mut Command, apart: Option<File>) -> Result<(ExitStatus, Vec<String>)> {
    let (reader, writer) = std::io::pipe()?;
    match apart {
        Some(file) => command.stdout(file),
        None => command.stdout(writer.try_clone()?),
    };
    command.stderr(writer);
    let spawned = command.spawn();
    // The command keeps its own writers; they would keep the pipe open.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = spawned?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(reader).split(b'\n').map_while(std::io::Result::ok);
        lines.try_for_each(|line| tell.send(String::from_utf8_lossy(&line).into_owned()))
    });
    let mut output = Vec::new();
    let status = loop {
        match told.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => repeat(line, &mut output),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                count(&child, WaitIdOptions::empty())?;
                break child.wait()?;
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        // Checked after every line too: a process that was left behind may
        // never be silent.
        if count(&child, WaitIdOptions::NOHANG)? {
            break child.wait()?;
        }
    };
    let ended = Stopwatch::start();
    while ended.elapsed() < LAST_WORDS_WITHIN
        && let Ok(line) = told.recv_timeout(LAST_WORDS_WITHIN)
    {
        repeat(line, &mut output);
    }
    Ok((status, output))
}

/// Whether a command has ended, and if so adds its processor time to that of the
/// calling thread's voice. The command is still to be waited for.
fn count(child: &Child, options: WaitIdOptions) -> Result<bool> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("it has a number")?;
    let options = options | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    let ended = waitid(WaitId::Pid(pid), options)?.is_some();
    if ended {
        // It is told to people; a system that does not say it is no failure.
        let spent = processor_time(pid).unwrap_or_default();
        let spent = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
        VOICE.with_borrow(|voice| voice.spent.fetch_add(spent, Ordering::Relaxed));
    }
    Ok(ended)
}

/// The processor time of a process that has ended and of all those that it waited
/// for: fields 14 to 17 of `/proc/PID/stat`, in ticks, see proc(5).
fn processor_time(pid: Pid) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The second field is the program's name, which may have spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().skip(11).take(4).flat_map(str::parse::<u64>).sum();
    Some(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
}

fn repeat(said: String, output: &mut Vec<String>) {
    line(&said);
    output.push(said);
}

/// A command as a person would type it.
#[must_use]
pub fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_a_failing_command_says_is_known_to_its_error() {
        assert_eq!(listen("a check", "look", &mut shell("echo fine")).unwrap(), ["fine"]);
        let script = "echo one; echo two >&2; exit 3";
        let error = run("a check", "look", &mut shell(script)).unwrap_err();
        assert!(error.to_string().contains("exit status: 3; look"), "{error}");
        let failed = error.downcast_ref::<Failed>().unwrap();
        assert_eq!(failed.failures[0].name, "a check");
        assert_eq!(failed.failures[0].to_string(), "   | one\n   | two\n");
    }

    #[test]
    fn output_for_a_program_is_apart_from_what_people_see() {
        let script = "echo '{}'; echo one >&2";
        assert_eq!(read("a check", "look", &mut shell(script)).unwrap(), b"{}\n");
        let error = read("a check", "look", &mut shell(&format!("{script}; exit 3"))).unwrap_err();
        let failed = error.downcast_ref::<Failed>().unwrap();
        assert_eq!(failed.failures[0].to_string(), "   | one\n");
    }

    #[test]
    fn what_a_check_says_is_in_its_own_log_alone() {
        let folder = tempfile::tempdir().unwrap();
        let log = |name: &str| folder.path().join("logs").join(name);
        let one = Voice::new("one: ".to_owned(), &log("one")).unwrap();
        let other = Voice::new(String::new(), &log("other")).unwrap();
        one.speaking(|| {
            found("a", "b");
            other.speaking(|| run("c", "", &mut shell("echo d")).unwrap());
            let voice = Voice::of_this_thread();
            std::thread::spawn(|| voice.speaking(|| line("e"))).join().unwrap();
        });
        line("nobody's");
        let read = |name: &str| std::fs::read_to_string(log(name)).unwrap();
        assert_eq!(read("one"), "   a: b\ne\n");
        assert!(read("other").contains("\nd\n   c: done in"), "{}", read("other"));
    }

    #[test]
    fn the_processor_time_of_what_a_command_starts_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let voice = Voice::new(String::new(), &folder.path().join("log")).unwrap();
        let busy = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'";
        voice.clone().speaking(|| run("busy", "", &mut shell(&format!("{busy}; exit 0"))).unwrap());
        assert!(voice.spent() > Duration::ZERO);
        let other = Voice::new(String::new(), &folder.path().join("other")).unwrap();
        assert_eq!(other.spent(), Duration::ZERO);
    }

    #[test]
    fn a_process_that_was_left_behind_is_not_waited_for() {
        let (status, output) =
            heard(&mut shell("(sleep 20; echo late) & echo done"), None).unwrap();
        assert!(status.success());
        assert_eq!(output, ["done"]);
    }

    #[test]
    fn a_process_that_was_left_behind_is_not_waited_for_while_it_talks() {
        let script = "(for second in 1 2 3 4 5 6 7 8 9; do for tenth in 0 1 2 3 4 5 6 7 8 9; do \
                      echo $second.$tenth; sleep 0.1; done; done) & exit 0";
        let (status, output) = heard(&mut shell(script), None).unwrap();
        assert!(status.success());
        assert!(output.iter().all(|line| line != "9.9"), "{output:?}");
    }
}
