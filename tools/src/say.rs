//! Progress for a person at a terminal: what is being done and how long it
//! took. Plain lines, so that a log reads the same.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::Stopwatch;
use crate::failures::{Failed, Failure};

pub fn heading(text: &str) {
    println!("\n== {text}");
}

/// Prints a step that needed no work.
pub fn found(what: &str, where_: &str) {
    println!("   {what}: {where_}");
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
    println!("   {what}: {shown}");
    let watch = Stopwatch::start();
    let cannot_start = || format!("{what}: cannot start {shown}; {remedy}");
    let (status, output) = heard(command).with_context(cannot_start)?;
    if !status.success() {
        let message = format!("{what}: {shown} ended with {status}; {remedy}");
        return Err(Failed::new(message, Failure::in_output(what, &output)).into());
    }
    println!("   {what}: done in {watch}");
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

fn repeat(line: String, output: &mut Vec<String>) {
    println!("{line}");
    output.push(line);
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
