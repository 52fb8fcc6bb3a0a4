//! Reporting a failure on standard error: text for people, one line of JSON for programs.

use std::{
    error::Error as StdError,
    io::{self, Write},
    time::Duration,
};

use refunds_core::{
    Clock, Error, ErrorKind, FieldError, Operation, Refund, SystemClock, UnresolvedRefund, readable_duration,
};
use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    exit::Exit,
    output::{clean, clock_time},
};

/// Where advice names the payment.
const PAYMENT: &str = "PAYMENT";

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong; nothing was sent.
    Usage(String),
    /// A person did not confirm it, or a limit forbids it; nothing was submitted.
    Withheld(String),
    /// A webhook that is not genuine, or not about a refund, and the HTTP status to respond with.
    Webhook { error: Error, answer: u16 },
    /// Any other error.
    Refunds(Error),
}

impl Failure {
    pub(crate) fn usage(error: &Error) -> Self {
        Self::Usage(error.message().to_owned())
    }

    pub(crate) fn config(message: String) -> Self {
        Self::Refunds(Error::config(message))
    }

    /// A failure unrelated to refunds.
    pub(crate) fn other(message: String) -> Self {
        Self::Refunds(Error::new(ErrorKind::Other, message).not_applied())
    }

    /// A refund was made, but the output cannot be written.
    pub(crate) fn unread(refund: &Refund, cause: &io::Error) -> Self {
        let message = format!(
            "refund {} of {} is {}, but the output cannot be written: {cause}",
            refund.id, refund.payment_id, refund.status
        );
        let error = Error::new(ErrorKind::Other, message).with_may_have_applied(true);
        Self::Refunds(error.with_provider(refund.provider.clone()))
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Withheld(_) => Exit::Usage,
            Self::Webhook { error, .. } => Exit::of_webhook(error),
            Self::Refunds(error) => Exit::of_error(error),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refunds(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::other(format!("the output cannot be written: {error}"))
    }
}

/// Reports a failure, of a command about `payment` if there is one, and returns the exit status.
pub(crate) fn report(failure: &Failure, payment: Option<&str>, as_json: bool) -> Exit {
    let mut text = Vec::new();
    let written =
        if as_json { write_json(&mut text, failure) } else { write_text(&mut text, failure, payment) };
    debug_assert!(written.is_ok(), "memory takes everything");
    // In one piece, because other processes may write there too. If it fails, there is nowhere left to report to.
    let _ = io::stderr().write_all(&text);
    failure.exit()
}

/// A warning about a command that succeeded.
pub(crate) fn warn(kind: &str, message: &str, as_json: bool) {
    if as_json {
        say(&serde_json::json!({"warning": {"kind": kind, "message": message}}).to_string());
    } else {
        say(&format!("warning: {}", clean(message)));
    }
}

/// A line on standard error.
pub(crate) fn say(line: &str) {
    // If standard error is gone, there is nowhere left to report to.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    error: ErrorMembers<'a>,
}

/// An error as a JSON object.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorMembers<'a> {
    pub(crate) kind: ErrorKind,
    provider: Option<&'a str>,
    operation: Option<Operation>,
    pub(crate) message: &'a str,
    outcome: &'static str,
    retryable: bool,
    code: Option<&'a str>,
    request_id: Option<&'a str>,
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    details: &'a [FieldError],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unresolved: Option<&'a UnresolvedRefund>,
}

impl<'a> ErrorMembers<'a> {
    pub(crate) fn of(error: &'a Error) -> Self {
        Self {
            kind: error.kind(),
            provider: error.provider(),
            operation: error.operation(),
            message: error.message(),
            outcome: if error.may_have_applied() { "unknown" } else { "not_applied" },
            retryable: error.is_retryable(),
            code: error.code(),
            request_id: error.request_id(),
            retry_after: retry_after(error, SystemClock.now()).map(whole_seconds),
            details: error.details(),
            causes: causes(error),
            answer: None,
            unresolved: error.unresolved(),
        }
    }
}

fn write_json(out: &mut impl Write, failure: &Failure) -> io::Result<()> {
    let misused;
    let (error, answer) = match failure {
        Failure::Refunds(error) => (error, None),
        Failure::Webhook { error, answer } => (error, Some(*answer)),
        Failure::Usage(message) | Failure::Withheld(message) => {
            misused = Error::new(ErrorKind::InvalidRequest, message);
            (&misused, None)
        }
    };
    let document = ErrorDocument { error: ErrorMembers { answer, ..ErrorMembers::of(error) } };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

/// How long to wait before the next try, from the error or its handle.
fn retry_after(error: &Error, now: OffsetDateTime) -> Option<Duration> {
    let from = || error.unresolved().and_then(|unresolved| unresolved.resubmit_from);
    error.retry_after().or_else(|| from().map(|from| Duration::try_from(from - now).unwrap_or_default()))
}

fn write_text(out: &mut impl Write, failure: &Failure, payment: Option<&str>) -> io::Result<()> {
    match failure {
        Failure::Usage(message) => {
            writeln!(out, "error: {}\n\nFor more information, try '--help'.", clean(message))
        }
        Failure::Withheld(message) => writeln!(out, "error: {}", clean(message)),
        Failure::Webhook { error, answer } => write_webhook(out, error, *answer),
        Failure::Refunds(error) => write_error(out, error, payment),
    }
}

fn write_webhook(out: &mut impl Write, error: &Error, answer: u16) -> io::Result<()> {
    write_what(out, error)?;
    writeln!(out, "  respond with: HTTP {answer}")?;
    let next = match error.kind() {
        ErrorKind::Unauthenticated => {
            "do not trust it; verifying a genuine one needs the right secret, the URL as the provider called \
             it, and headers and body as they arrived"
        }
        ErrorKind::Unsupported => "nothing to do: it is genuine",
        ErrorKind::Protocol => {
            "it is genuine: check the payment, and report this to the maintainers of the adapter"
        }
        _ => return writeln!(out, "  next: {}", next(error)),
    };
    writeln!(out, "  next: {next}")
}

/// What happened, with the provider's details.
fn write_what(out: &mut impl Write, error: &Error) -> io::Result<()> {
    write!(out, "error: ")?;
    if let Some(provider) = error.provider() {
        write!(out, "{}: ", clean(provider))?;
    }
    if let Some(operation) = error.operation() {
        write!(out, "{}: ", tried(operation))?;
    }
    writeln!(out, "{} ({})", clean(error.message()), error.kind())?;
    let mut line = |name: &str, text: &str| writeln!(out, "  {name}: {}", clean(text));
    for detail in error.details() {
        line(&detail.field, &detail.message)?;
    }
    if let Some(code) = error.code() {
        line("provider code", code)?;
    }
    if let Some(request_id) = error.request_id() {
        line("provider request id", request_id)?;
    }
    for cause in causes(error) {
        line("caused by", &cause)?;
    }
    Ok(())
}

fn write_error(out: &mut impl Write, error: &Error, payment: Option<&str>) -> io::Result<()> {
    write_what(out, error)?;
    if error.kind() == ErrorKind::Other && error.provider().is_none() {
        // No provider was involved.
        return Ok(());
    }
    if error.kind() != ErrorKind::Config || error.may_have_applied() {
        writeln!(out, "  money: {}", money(error))?;
    }
    let next = next(error);
    let next = payment.map_or(next.clone(), |id| next.replace(PAYMENT, &shell_word(id)));
    writeln!(out, "  next: {next}")?;
    if let Some(unresolved) = error.unresolved() {
        writeln!(out, "  without this journal: put the line below in FILE and run `refunds resolve FILE`")?;
        serde_json::to_writer(&mut *out, unresolved)?;
        writeln!(out)?;
    }
    Ok(())
}

fn tried(operation: Operation) -> &'static str {
    match operation {
        Operation::Configure => "setting up",
        Operation::Payment => "reading the payment",
        Operation::ListRefunds => "listing the refunds",
        Operation::GetRefund => "reading the refund",
        Operation::SubmitRefund | Operation::CreateRefund => "creating the refund",
        Operation::VerifyWebhook => "verifying the webhook",
        Operation::WaitUntilFinal => "following the refund",
        other => other.as_str(),
    }
}

fn money(error: &Error) -> &'static str {
    if error.may_have_applied() {
        "unknown: the refund may have been made"
    } else {
        "none moved by this command"
    }
}

/// A text as one word of a shell, and safe for a terminal.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", clean(text).replace('\'', r"'\''"))
    }
}

/// The next step.
fn next(error: &Error) -> String {
    if let (ErrorKind::OutcomeUnknown, Some(unresolved)) = (error.kind(), error.unresolved()) {
        return next_of(unresolved, SystemClock.now());
    }
    let advice = match error.kind() {
        _ if error.may_have_applied() => {
            "check `refunds list PAYMENT`; never try again with another reference"
        }
        ErrorKind::Config => "change the environment or the profile; `refunds providers` lists the settings",
        ErrorKind::Unauthenticated => "check the credentials; `refunds providers` lists the variables",
        ErrorKind::PermissionDenied => "grant these credentials the permission at the provider",
        ErrorKind::NotFound => "check the id, and that the credentials belong to the same account",
        ErrorKind::NotRefundable => "`refunds payment PAYMENT` shows what is left",
        ErrorKind::Conflict if error.is_reference_spent() => {
            "`refunds list PAYMENT` shows which refund has the reference; another refund needs another reference"
        }
        _ if error.is_reference_spent() => "a new try is a new refund and needs a new reference",
        ErrorKind::Conflict if !error.is_retryable() => "check `refunds list PAYMENT`",
        ErrorKind::InvalidRequest | ErrorKind::Unsupported => "change the request",
        _ if error.is_retryable() => {
            return match error.retry_after() {
                Some(after) => {
                    let after = readable_duration(Duration::from_secs(whole_seconds(after)));
                    format!("run the same command again in {after}")
                }
                None => "run the same command again".into(),
            };
        }
        _ => "report this to the provider or to the maintainers of its adapter",
    };
    advice.into()
}

/// The next step for a refund whose outcome is unknown.
fn next_of(unresolved: &UnresolvedRefund, now: OffsetDateTime) -> String {
    let when = match unresolved.resubmit_from.filter(|from| *from > now) {
        Some(from) => format!("again at {}", clock_time(from, now)),
        None => "again".to_owned(),
    };
    format!(
        "run the same command {when}, or look now: `refunds resolve --look-only`; never request it with \
         another reference"
    )
}

/// The causes, nearest first, without those that repeat what was already said.
fn causes(error: &Error) -> Vec<String> {
    let mut said = error.message().to_owned();
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said.clone_from(&text);
            causes.push(text);
        }
        cause = error.source();
    }
    causes
}

/// Rounded up: a try that comes too early is refused again.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
