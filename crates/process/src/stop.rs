//! How an operator asks a service to stop.

/// Returns at SIGTERM, or Ctrl-C.
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

/// Returns at Ctrl-C.
#[cfg(not(unix))]
pub async fn asked_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}
