//! The faults that can be injected.

use std::{fmt, time::Duration};

use serde_json::Value;

/// The names of the actions without an argument.
pub(super) const WITHOUT_ARGUMENT: [(&str, FaultAction); 14] = [
    ("drop-before", FaultAction::DropBefore),
    ("reset-before", FaultAction::ResetBefore),
    ("process-then-drop", FaultAction::ProcessThenDrop),
    ("process-then-reset", FaultAction::ProcessThenReset),
    ("truncated-body", FaultAction::TruncatedBody),
    ("malformed-body", FaultAction::MalformedBody),
    ("html-body", FaultAction::HtmlBody),
    ("endless-body", FaultAction::EndlessBody),
    ("silence", FaultAction::Silence),
    ("process-then-silence", FaultAction::ProcessThenSilence),
    ("unauthorized", FaultAction::Unauthorized),
    ("duplicate-delivery", FaultAction::DuplicateDelivery),
    ("wrong-content-type", FaultAction::WrongContentType),
    ("altered-amount", FaultAction::AlteredAmount),
];

/// What happens to a request.
///
/// *Processed* means that the sandbox executes the request: money moves, a token is issued. Without processing, the
/// ledger does not change.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FaultAction {
    /// Processed at once; the response follows after this long in real time.
    Latency(Duration),
    /// Not processed; the connection is closed.
    DropBefore,
    /// Not processed; the connection is reset.
    ResetBefore,
    /// Processed; the connection is closed without a response.
    ProcessThenDrop,
    /// Processed; the connection is reset without a response.
    ProcessThenReset,
    /// Processed; the response has this status in the provider's error envelope.
    ProcessThenStatus(u16),
    /// Not processed; the response has this status in the provider's error envelope.
    StatusOnly(u16),
    /// The connection is closed at once; the request is processed when the sandbox's clock has advanced by this much.
    ProcessLate(Duration),
    /// The connection is closed at once; the request is processed after this many further requests.
    ProcessLateAfter(u32),
    /// Processed; the connection is closed after half of the response body.
    TruncatedBody,
    /// Processed; the JSON of the response is broken.
    MalformedBody,
    /// Processed; the response body is an HTML page, with the original status.
    HtmlBody,
    /// Processed; the response body never ends.
    EndlessBody,
    /// Processed; the response body comes one byte at a time, this long apart.
    SlowDrip(Duration),
    /// Not processed, and no response is ever sent.
    Silence,
    /// Processed, but no response is ever sent.
    ProcessThenSilence,
    /// Not processed; the provider's 401.
    Unauthorized,
    /// Not processed; a 429, with `Retry-After` in seconds.
    RateLimited {
        /// The header's value; `None` omits the header.
        retry_after: Option<u64>,
    },
    /// Processed twice, as if a proxy repeated it; the first response is sent.
    DuplicateDelivery,
    /// Processed; the response is declared as `text/plain`.
    WrongContentType,
    /// Not processed; a 307 to this address.
    Redirect(String),
    /// Processed; the amount in the response is one too high.
    AlteredAmount,
    /// Processed; the value at this JSON pointer of the response is replaced. `-1` is the last element of an array.
    Rewrite {
        /// For example `/currency`, or `/events/-1/event_reference`.
        pointer: String,
        /// The new value.
        value: Value,
    },
    /// Not processed; a `FastAPI` error with a `detail` list.
    DetailBody(u16),
    /// Not processed; any status, content type and body.
    ErrorBody {
        /// The HTTP status.
        status: u16,
        /// The header's value; empty omits the header.
        content_type: String,
        /// The body, unchanged.
        body: String,
    },
}

impl fmt::Display for FaultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(time) => write!(f, "latency={}", written(*time)),
            Self::ProcessThenStatus(status) => write!(f, "process-then-status={status}"),
            Self::StatusOnly(status) => write!(f, "status={status}"),
            Self::ProcessLate(time) => write!(f, "process-late={}", written(*time)),
            Self::ProcessLateAfter(count) => write!(f, "process-late-after={count}"),
            Self::SlowDrip(time) => write!(f, "slow-drip={}", written(*time)),
            Self::RateLimited { retry_after: None } => f.write_str("rate-limited"),
            Self::RateLimited { retry_after: Some(seconds) } => write!(f, "rate-limited={seconds}"),
            Self::Redirect(to) => write!(f, "redirect={to}"),
            Self::Rewrite { pointer, value } => write!(f, "rewrite={pointer}={value}"),
            Self::DetailBody(status) => write!(f, "detail-body={status}"),
            Self::ErrorBody { status, content_type, body } => {
                write!(f, "error-body={status},{content_type},{body}")
            }
            other => {
                let name = WITHOUT_ARGUMENT.iter().find(|(_, action)| action == other);
                f.write_str(name.map_or("", |(name, _)| name))
            }
        }
    }
}

/// In the form that is parsed: whole seconds, else milliseconds.
fn written(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}
