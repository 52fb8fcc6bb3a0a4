//! Signals that stop the command.

use std::future::{Future, pending};

/// Ends when the process receives ctrl-c or SIGTERM; never if the system cannot report them.
///
/// Signals count from the call on, not only from when the future is polled: what runs beside it may be seen
/// elsewhere before.
#[cfg(unix)]
pub(crate) fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};

    let (interrupts, terminates) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let received = async |signals: std::io::Result<tokio::signal::unix::Signal>| match signals {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => pending().await,
    };
    async move {
        tokio::select! {
            () = received(interrupts) => {}
            () = received(terminates) => {}
        }
    }
}

#[cfg(not(unix))]
pub(crate) async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        pending().await
    }
}
