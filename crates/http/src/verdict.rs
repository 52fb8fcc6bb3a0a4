//! What a failure of reqwest says about the request: whether a server can have processed it.

use std::error::Error as StdError;

use hyper_util::client::legacy;

use crate::{
    outgoing::Reached,
    tls,
    transport::{TransportError, TransportErrorKind as Kind},
};

/// A failure, and whether the request can be sent once more at once.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) error: TransportError,
    /// It was certainly not processed, and a new connection may serve it.
    pub(crate) again: bool,
}

impl Verdict {
    /// The request's gate kept it from leaving.
    pub(crate) fn expired() -> Self {
        Self { error: TransportError::unsent(Kind::Expired), again: false }
    }

    /// A connection was ready long ago, or did not come, and nothing requested the body. It waits in
    /// a queue, or got lost in one: a new connection has none.
    pub(crate) fn stalled() -> Self {
        Self { error: TransportError::unsent(Kind::Expired), again: true }
    }
}

/// What a failure before the response's head means. `read` is for requests that move no money.
///
/// A request was certainly not processed in these cases:
///
/// - It never reached a connection: there was none, or hyper gave the request back.
/// - Its body was not handed over. A server that waits for it has no whole request.
/// - The server refused its stream: `RST_STREAM` with `REFUSED_STREAM` (RFC 9113, section 8.7).
/// - The server ended the connection by `GOAWAY` with `NO_ERROR`, and the stream is above the last one
///   that it names (section 6.8). h2 gives this error to exactly these streams (`recv_go_away`); the
///   others go on, and fail as a broken connection if no response comes.
///
/// Everything else may have been processed. Among it are, on purpose:
///
/// - A `GOAWAY` with an error code. h2 treats it alike, but the server says with it that its view of the
///   connection is in doubt, and its last stream is a part of that view.
/// - A `GOAWAY` for a write without a body. hyper then also passes on the *connection's* error, of
///   streams below the last one (`ClientTask::poll`, between `send_request` and the second
///   `poll_ready`). With a body the two can be distinguished: that error comes before the body is requested.
/// - Resets and ends of the connection that come from this side (`is_remote` is false).
pub(crate) fn verdict(error: &reqwest::Error, reached: Reached, read: bool) -> Verdict {
    if error.is_builder() {
        return Verdict { error: TransportError::unsent(Kind::Request), again: false };
    }
    if reached == Reached::Gate {
        return Verdict::expired();
    }
    if error.is_connect() {
        // A connection that was not there in time is both.
        let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Connect };
        let error = match tls::lasting(error) {
            Some(message) => TransportError::unsent(Kind::Setup).with_message(message),
            None => TransportError::unsent(kind),
        };
        return Verdict { error, again: false };
    }
    let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Broken };
    let (unsent, again) = match (ending(error), reached) {
        (_, Reached::Nothing)
        | (Ending::NotTaken, Reached::Unknown)
        | (Ending::Refused, _)
        | (Ending::Graceful, Reached::Body) => (true, true),
        // Whether the server took it or not, reading twice does no harm.
        (Ending::Graceful, Reached::Unknown) => (false, read),
        _ => (false, false),
    };
    let error = if unsent { TransportError::unsent(kind) } else { TransportError::sent(kind) };
    Verdict { error, again }
}

enum Ending {
    /// No connection had begun with it.
    NotTaken,
    /// The server refused the stream.
    Refused,
    /// The server ended the connection and leaves the stream out.
    Graceful,
    Other,
}

/// Reads the sources of an error. That they are hyper's and h2's is what reqwest is built on, not what
/// it promises: where they change, all becomes `Other`, which is the careful choice, and tests fail.
fn ending(error: &reqwest::Error) -> Ending {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<legacy::Error>() && !cause.source().is_some_and(<dyn StdError>::is::<hyper::Error>) {
            // The pool gave it up: whatever fails on a connection is an error of hyper's.
            return Ending::NotTaken;
        }
        if let Some(cause) = cause.downcast_ref::<hyper::Error>()
            && (cause.is_canceled() || cause.is_closed())
        {
            return Ending::NotTaken;
        }
        if let Some(cause) = cause.downcast_ref::<h2::Error>()
            && cause.is_remote()
        {
            return match cause.reason() {
                Some(h2::Reason::REFUSED_STREAM) if cause.is_reset() => Ending::Refused,
                Some(h2::Reason::NO_ERROR) if cause.is_go_away() => Ending::Graceful,
                _ => Ending::Other,
            };
        }
        source = cause.source();
    }
    Ending::Other
}
