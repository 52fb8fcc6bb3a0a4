//! Fault rules as text, for command lines.

use std::{str::FromStr, time::Duration};

use super::{Call, FaultAction, FaultRule, When, action::WITHOUT_ARGUMENT, call::NAMES};

/// The actions, as listed in error messages.
const ACTIONS: &str = "latency=TIME, drop-before, reset-before, process-then-drop, process-then-reset, \
    process-then-status=N, status=N, process-late=TIME, process-late-after=N, truncated-body, malformed-body, \
    html-body, endless-body, slow-drip=TIME, silence, process-then-silence, unauthorized, rate-limited[=SECONDS], \
    duplicate-delivery, wrong-content-type, redirect=URL, altered-amount, rewrite=POINTER=JSON, detail-body=N, \
    error-body=N,TYPE,BODY";

/// `[provider/]call[@payment]:when:action[=argument]`.
///
/// - call: `any read token payment search list (look) get submit orders record`, or `METHOD PATH`, which may contain `*`;
/// - payment: the id of a payment, which must be in the path of the request;
/// - when: `every`, a number `n` counted from 1, `nxtimes` (for example `2x3`), or a percentage (`10%`);
/// - action: see [`FaultAction`], in kebab-case; times are written `200ms`, `3s`, `2m`, `25h`.
///
/// ```
/// use refunds_sandbox::FaultRule;
///
/// for text in [
///     "submit:1:process-then-drop",
///     "mattilda/submit:every:process-then-status=502",
///     "submit@T11223344.9rQ2xW:1:drop-before",
///     "GET /refunds/*:2x3:latency=200ms",
///     "any:10%:redirect=http://127.0.0.1:1/",
/// ] {
///     assert_eq!(text.parse::<FaultRule>()?.to_string(), text);
/// }
/// assert!("submit:1:explode".parse::<FaultRule>().is_err());
/// # Ok::<(), refunds_sandbox::ParseFaultError>(())
/// ```
impl FromStr for FaultRule {
    type Err = ParseFaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong_shape = || ParseFaultError("expected `call:when:action`".to_owned());
        let (target, rest) = text.split_once(':').ok_or_else(wrong_shape)?;
        let (when, action) = rest.split_once(':').ok_or_else(wrong_shape)?;
        let named = target.split_once('/').and_then(|(name, call)| Some((name.parse().ok()?, call)));
        let (provider, call) = named.map_or((None, target), |(provider, call)| (Some(provider), call));
        // A path may contain any character.
        let of_payment = call.split_once('@').filter(|_| !call.contains(' '));
        let (call, payment) = of_payment.map_or((call, None), |(call, id)| (call, Some(id.to_owned())));
        let (call, when, action) = (parse_call(call)?, parse_when(when)?, parse_action(action)?);
        Ok(Self { provider, call, payment, when, action })
    }
}

/// Why a text is not a valid [`FaultRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid fault rule: {0}")]
pub struct ParseFaultError(String);

fn parse_call(text: &str) -> Result<Call, ParseFaultError> {
    if let Some((method, path)) = text.split_once(' ') {
        return Ok(Call::route(method, path));
    }
    let known = NAMES.iter().find(|(name, _)| *name == text);
    known.map(|(_, call)| call.clone()).ok_or_else(|| {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        ParseFaultError(format!(
            "unknown call `{text}`, expected one of {} or `METHOD PATH`",
            names.join(", ")
        ))
    })
}

fn parse_when(text: &str) -> Result<When, ParseFaultError> {
    if text == "every" || text == "*" {
        return Ok(When::Every);
    }
    if let Some(percent) = text.strip_suffix('%') {
        return Ok(When::Percent(number(percent)?));
    }
    let (first, times) = text.split_once('x').unwrap_or((text, "1"));
    match (number(first)?, number(times)?) {
        (0, _) => Err(ParseFaultError("calls are counted from 1".to_owned())),
        (first, times) => Ok(When::Nth { first, times }),
    }
}

fn parse_action(text: &str) -> Result<FaultAction, ParseFaultError> {
    let (name, argument) =
        text.split_once('=').map_or((text, None), |(name, argument)| (name, Some(argument)));
    let needed = || argument.ok_or_else(|| ParseFaultError(format!("`{name}` needs a value")));
    Ok(match name {
        "latency" => FaultAction::Latency(duration(needed()?)?),
        "process-then-status" => FaultAction::ProcessThenStatus(status(needed()?)?),
        "status" => FaultAction::StatusOnly(status(needed()?)?),
        "process-late" => FaultAction::ProcessLate(duration(needed()?)?),
        "process-late-after" => FaultAction::ProcessLateAfter(number(needed()?)?),
        "slow-drip" => FaultAction::SlowDrip(duration(needed()?)?),
        "redirect" => FaultAction::Redirect(needed()?.to_owned()),
        "detail-body" => FaultAction::DetailBody(status(needed()?)?),
        "rewrite" => parse_rewrite(needed()?)?,
        "error-body" => parse_error_body(needed()?)?,
        "rate-limited" => FaultAction::RateLimited { retry_after: argument.map(number).transpose()? },
        _ => {
            let known = WITHOUT_ARGUMENT.iter().find(|(known, _)| *known == name && argument.is_none());
            let sign = if argument.is_some() { "=…" } else { "" };
            known.map(|(_, action)| action.clone()).ok_or_else(|| {
                ParseFaultError(format!("unknown action `{name}{sign}`, expected one of {ACTIONS}"))
            })?
        }
    })
}

fn parse_rewrite(text: &str) -> Result<FaultAction, ParseFaultError> {
    let (pointer, value) =
        text.split_once('=').ok_or_else(|| ParseFaultError("expected `rewrite=POINTER=JSON`".to_owned()))?;
    let value = serde_json::from_str(value)
        .map_err(|error| ParseFaultError(format!("`{value}` is not JSON: {error}")))?;
    Ok(FaultAction::Rewrite { pointer: pointer.to_owned(), value })
}

fn parse_error_body(text: &str) -> Result<FaultAction, ParseFaultError> {
    let mut parts = text.splitn(3, ',');
    Ok(FaultAction::ErrorBody {
        status: status(parts.next().unwrap_or_default())?,
        content_type: parts.next().unwrap_or_default().to_owned(),
        body: parts.next().unwrap_or_default().to_owned(),
    })
}

fn status(text: &str) -> Result<u16, ParseFaultError> {
    match number(text)? {
        status @ 200..=599 => Ok(status),
        _ => Err(ParseFaultError(format!("`{text}` is not an HTTP status"))),
    }
}

fn duration(text: &str) -> Result<Duration, ParseFaultError> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let amount: u64 = number(digits)?;
    match text.strip_prefix(digits) {
        Some("ms") => Ok(Duration::from_millis(amount)),
        Some("s") => Ok(Duration::from_secs(amount)),
        Some("m") => Ok(Duration::from_secs(amount.saturating_mul(60))),
        Some("h") => Ok(Duration::from_secs(amount.saturating_mul(3600))),
        _ => Err(ParseFaultError(format!("`{text}` is not a duration like `200ms`, `3s`, `2m` or `25h`"))),
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, ParseFaultError> {
    text.parse().map_err(|_| ParseFaultError(format!("`{text}` is not a number in range")))
}
