//! What can go wrong.

use std::{fmt, time::Duration};

use serde_json::Value;

/// What happens to a request.
///
/// *Processed* means that the sandbox does what was asked for: money moves, a token is made. Faults that answer without
/// processing leave no trace in the ledger.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FaultAction {
    /// Processed at once, answered after this long in real time.
    Latency(Duration),
    /// Not processed; the connection is closed.
    DropBefore,
    /// Not processed; the connection is reset.
    ResetBefore,
    /// Processed; the connection is closed without an answer.
    ProcessThenDrop,
    /// Processed; the connection is reset without an answer.
    ProcessThenReset,
    /// Processed, and answered with this status in the provider's error envelope.
    ProcessThenStatus(u16),
    /// Not processed, answered with this status in the provider's error envelope.
    StatusOnly(u16),
    /// The connection is closed at once; the request is processed when the sandbox's clock has moved on by this much.
    ProcessLate(Duration),
    /// The connection is closed at once; the request is processed after so many further requests.
    ProcessLateAfter(u32),
    /// Processed; half of the answer, then the connection is closed.
    TruncatedBody,
    /// Processed; the answer's JSON is broken.
    MalformedBody,
    /// Processed; an HTML page in place of the answer, with the answer's status.
    HtmlBody,
    /// Processed; the answer never ends.
    EndlessBody,
    /// Processed; the answer comes a byte at a time, with this long between two bytes.
    SlowDrip(Duration),
    /// Not processed and never answered.
    Silence,
    /// Processed and never answered.
    ProcessThenSilence,
    /// Not processed; the provider's 401.
    Unauthorized,
    /// Not processed; a 429, with `Retry-After` in seconds.
    RateLimited {
        /// The header's value; without one there is no header.
        retry_after: Option<u64>,
    },
    /// Processed twice, as behind a proxy that repeats it; the first answer is given.
    DuplicateDelivery,
    /// Processed; the answer says that it is `text/plain`.
    WrongContentType,
    /// Not processed; a 307 to this address.
    Redirect(String),
    /// Processed; the answer's amount is one too high.
    AlteredAmount,
    /// Processed; the value at this JSON pointer of the answer is another. `-1` stands for an array's last element.
    Rewrite {
        /// For example `/currency`, or `/events/-1/event_reference`.
        pointer: String,
        /// What stands there instead.
        value: Value,
    },
    /// Not processed; a `FastAPI` error with a `detail` list.
    DetailBody(u16),
    /// Not processed; any status, content type and body.
    ErrorBody {
        /// The HTTP status.
        status: u16,
        /// The header's value, none when empty.
        content_type: String,
        /// The body as it is.
        body: String,
    },
}

impl fmt::Display for FaultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(time) => write!(f, "latency={}", written(*time)),
            Self::DropBefore => f.write_str("drop-before"),
            Self::ResetBefore => f.write_str("reset-before"),
            Self::ProcessThenDrop => f.write_str("process-then-drop"),
            Self::ProcessThenReset => f.write_str("process-then-reset"),
            Self::ProcessThenStatus(status) => write!(f, "process-then-status={status}"),
            Self::StatusOnly(status) => write!(f, "status={status}"),
            Self::ProcessLate(time) => write!(f, "process-late={}", written(*time)),
            Self::ProcessLateAfter(count) => write!(f, "process-late-after={count}"),
            Self::TruncatedBody => f.write_str("truncated-body"),
            Self::MalformedBody => f.write_str("malformed-body"),
            Self::HtmlBody => f.write_str("html-body"),
            Self::EndlessBody => f.write_str("endless-body"),
            Self::SlowDrip(time) => write!(f, "slow-drip={}", written(*time)),
            Self::Silence => f.write_str("silence"),
            Self::ProcessThenSilence => f.write_str("process-then-silence"),
            Self::Unauthorized => f.write_str("unauthorized"),
            Self::RateLimited { retry_after: None } => f.write_str("rate-limited"),
            Self::RateLimited { retry_after: Some(seconds) } => write!(f, "rate-limited={seconds}"),
            Self::DuplicateDelivery => f.write_str("duplicate-delivery"),
            Self::WrongContentType => f.write_str("wrong-content-type"),
            Self::Redirect(to) => write!(f, "redirect={to}"),
            Self::AlteredAmount => f.write_str("altered-amount"),
            Self::Rewrite { pointer, value } => write!(f, "rewrite={pointer}={value}"),
            Self::DetailBody(status) => write!(f, "detail-body={status}"),
            Self::ErrorBody { status, content_type, body } => {
                write!(f, "error-body={status},{content_type},{body}")
            }
        }
    }
}

/// As it is parsed: whole seconds, else milliseconds.
fn written(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}
