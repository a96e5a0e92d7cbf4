//! Progress for a person at a terminal: what is being done, how long it took.
//! Plain lines, so that a log reads the same.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::clock::Stopwatch;

/// Prints a heading.
pub fn heading(text: &str) {
    println!("\n== {text}");
}

/// Prints a step that was already as it should be.
pub fn found(what: &str, where_: &str) {
    println!("   {what}: {where_}");
}

/// Runs a command with its output visible, saying what it is for.
///
/// `remedy` is what a person can do when it fails.
pub fn run(what: &str, remedy: &str, command: &mut Command) -> Result<()> {
    println!("   {what}: {}", shown(command));
    let watch = Stopwatch::start();
    let status = command
        .status()
        .with_context(|| format!("{what}: cannot start {}; {remedy}", shown(command)))?;
    if !status.success() {
        bail!("{what}: {} ended with {status}; {remedy}", shown(command));
    }
    println!("   {what}: done in {watch}");
    Ok(())
}

/// A command as a person would type it.
#[must_use]
pub fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
