//! Waits for the operator's request to stop, and passes it to every task.

use tokio::sync::watch;

/// Returns on SIGTERM or Ctrl-C.
#[cfg(unix)]
pub async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

/// Returns on Ctrl-C.
#[cfg(not(unix))]
pub async fn asked_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}

/// Asks every task that holds the other end to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// A task's end: says when the service is asked to stop.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// The two ends of one request to stop.
pub fn pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks every task to stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether the service was asked to stop.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once the service was asked to stop, or the [`Stopper`] is dropped.
    pub async fn asked(&mut self) {
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}
