//! The subcommands: what they read from the command line and print. The modules
//! that they call do the work.

pub mod bench;
pub mod bindgen;
pub mod build;
pub mod dev;
pub mod i18n;
pub mod images;
pub mod postgres;
pub mod prove;
pub mod publish;
pub mod queries;
pub mod readme;
pub mod screenshots;
pub mod setup;
pub mod stack;
pub mod test;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Completes on Ctrl-C or SIGTERM.
pub async fn stop_requested() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

/// The lines of standard input, until it ends.
pub fn lines() -> UnboundedReceiver<String> {
    let (tell, told) = unbounded_channel();
    // A separate thread: on Ctrl-C the runtime would wait for its own blocking
    // reads.
    std::thread::spawn(move || {
        // An unreadable input counts as closed.
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

/// Completes when standard input ends; typed lines are ignored.
pub async fn input_closed() {
    let mut lines = lines();
    while lines.recv().await.is_some() {}
}
