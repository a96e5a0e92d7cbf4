//! Progress for a person at a terminal: what is being done and how long it
//! took. Plain lines, so that a log reads the same. Of two checks that run beside
//! each other every line says whose it is.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::{Context, Result};

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
        Ok(Self { before, log: Some(Arc::new(file)) })
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
    let shown = shown(command);
    line(&format!("   {what}: {shown}"));
    let watch = Stopwatch::start();
    let cannot_start = || format!("{what}: cannot start {shown}; {remedy}");
    let (status, output) = heard(command).with_context(cannot_start)?;
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
fn heard(command: &mut Command) -> Result<(ExitStatus, Vec<String>)> {
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
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
            Err(mpsc::RecvTimeoutError::Disconnected) => break child.wait()?,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        // Checked after every line too: a process that was left behind may
        // never be silent.
        if let Some(status) = child.try_wait()? {
            break status;
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
    fn a_process_that_was_left_behind_is_not_waited_for() {
        let (status, output) = heard(&mut shell("(sleep 20; echo late) & echo done")).unwrap();
        assert!(status.success());
        assert_eq!(output, ["done"]);
    }

    #[test]
    fn a_process_that_was_left_behind_is_not_waited_for_while_it_talks() {
        let script = "(for second in 1 2 3 4 5 6 7 8 9; do for tenth in 0 1 2 3 4 5 6 7 8 9; do \
                      echo $second.$tenth; sleep 0.1; done; done) & exit 0";
        let (status, output) = heard(&mut shell(script)).unwrap();
        assert!(status.success());
        assert!(output.iter().all(|line| line != "9.9"), "{output:?}");
    }
}
