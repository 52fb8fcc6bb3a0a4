//! Signals that stop the command.

/// Returns when the process receives ctrl-c or SIGTERM; never if the system cannot report them.
pub(crate) async fn interrupted() {
    tokio::select! {
        signal = tokio::signal::ctrl_c() => if signal.is_err() { std::future::pending().await },
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
