//! Being asked to stop.

/// Returns when the process is told to end, by ctrl-c or by SIGTERM; never where the system can
/// not tell.
pub(crate) async fn interrupted() {
    tokio::select! {
        told = tokio::signal::ctrl_c() => if told.is_err() { std::future::pending().await },
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
