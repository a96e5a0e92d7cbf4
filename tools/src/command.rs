//! The subcommands: what they read from the command line and print. How the
//! things themselves work is in the modules they call.

pub mod bench;
pub mod build;
pub mod dev;
pub mod postgres;
pub mod publish;
pub mod queries;
pub mod setup;
pub mod stack;
pub mod test;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};

/// Completes at Ctrl-C or SIGTERM.
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

/// Completes when standard input ends.
pub async fn input_closed() {
    let (tell, told) = tokio::sync::oneshot::channel();
    // A thread of its own: the runtime would wait for its own blocking reads
    // when it ends after Ctrl-C.
    std::thread::spawn(move || {
        // Whatever is typed is ignored; an unreadable input counts as closed.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = tell.send(());
    });
    drop(told.await);
}
