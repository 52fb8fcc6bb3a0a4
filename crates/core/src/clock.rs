//! Injected time: nothing in this workspace reads a clock or sleeps except through [`Clock`].

use std::{
    fmt::{self, Debug},
    future::Future,
    pin::Pin,
    sync::OnceLock,
    time::Duration,
};

use time::{
    Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset,
    format_description::well_known::{Iso8601, Rfc3339},
};

/// A boxed future that can be sent to another thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The source of time and of delays.
///
/// The default, [`SystemClock`], uses the machine's clock and Tokio's timer. Tests replace it, and
/// applications on another runtime may too.
pub trait Clock: Debug + Send + Sync {
    /// The time of day, in UTC.
    fn now(&self) -> OffsetDateTime;

    /// The time since some fixed moment. It never goes back.
    fn monotonic(&self) -> Duration;

    /// Waits deliberately: back-off, settling, polling.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Completes after `duration`: the time limit of a call to another system.
    ///
    /// Separate from [`sleep`](Self::sleep) so that a test can skip deliberate waits and still give a real
    /// server real time.
    fn limit(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.sleep(duration)
    }
}

/// The machine's clock and Tokio's timer (which must be enabled in the runtime).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the injected clock reads the real one")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn monotonic(&self) -> Duration {
        static START: OnceLock<tokio::time::Instant> = OnceLock::new();
        // Tokio's instant follows its paused time, so that tests under `start_paused` agree with it.
        START.get_or_init(tokio::time::Instant::now).elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Parses a time as providers write it: RFC 3339 or another ISO 8601 date and time, in UTC if it has no zone.
/// The result is in UTC.
///
/// `None` for anything else, and for years that RFC 3339 cannot represent: a refund with such a time could
/// not be serialized. Adapters keep such a text in [`Refund::extra`](crate::Refund::extra).
///
/// ```
/// use refunds_core::parse_time;
///
/// for text in ["2013-07-16T19:23:00.000+00:00", "2013-07-16T21:23:00+02:00", "2013-07-16T19:23:00"] {
///     assert_eq!(parse_time(text).unwrap().unix_timestamp(), 1_374_002_580, "{text}");
/// }
/// assert_eq!(parse_time("yesterday"), None);
/// assert_eq!(parse_time("9999-12-31T23:59:59-01:00"), None);
/// ```
#[must_use]
pub fn parse_time(text: &str) -> Option<OffsetDateTime> {
    if let Some(usual) = parse_usual_time(text) {
        return Some(usual);
    }
    let text = text.trim();
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(text, &Iso8601::PARSING))
        .or_else(|_| PrimitiveDateTime::parse(text, &Iso8601::PARSING).map(PrimitiveDateTime::assume_utc))
        .ok()?
        .checked_to_offset(UtcOffset::UTC)
        .filter(|time| (0..=9999).contains(&time.year()))
}

/// A time as almost every response has it: RFC 3339 in UTC, in capitals. Anything else is for the general
/// parser, which takes several times as long.
fn parse_usual_time(text: &str) -> Option<OffsetDateTime> {
    let (head, tail) = text.as_bytes().split_first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] = *head else {
        return None;
    };
    let (nanosecond, zone) = match tail {
        [b'.', rest @ ..] => fraction(rest)?,
        _ => (0, tail),
    };
    if zone != b"Z" && zone != b"+00:00" {
        return None;
    }
    // Asked once for all digits, because each question costs as much as the number.
    let mut are_digits = true;
    let mut pair = |tens: u8, ones: u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        are_digits &= tens.max(ones) <= 9;
        tens.wrapping_mul(10).wrapping_add(ones)
    };
    let year = i32::from(pair(y0, y1)) * 100 + i32::from(pair(y2, y3));
    let (month, day) = (pair(m0, m1), pair(d0, d1));
    let (hour, minute, second) = (pair(h0, h1), pair(n0, n1), pair(s0, s1));
    if !are_digits {
        return None;
    }
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    Some(date.with_hms_nano(hour, minute, second, nanosecond).ok()?.assume_utc())
}

/// The nanoseconds that one to nine digits after the decimal point are, and what follows them.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut nanosecond, mut worth) = (0, 100_000_000);
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (at > 0).then(|| (nanosecond, &text[at..]));
        }
        if worth == 0 {
            return None;
        }
        nanosecond += u32::from(digit) * worth;
        worth /= 10;
    }
    None
}

/// A duration for people, rounded: `250ms`, `2s`, `1m 30s`.
///
/// For messages and reports. Durations below one second are rounded to the millisecond, those below ten
/// seconds to a tenth of a second, longer ones to the second.
///
/// ```
/// use std::time::Duration;
/// use refunds_core::readable_duration;
///
/// let measured = Duration::from_nanos(1_999_999_469);
/// assert_eq!(format!("no response within {}", readable_duration(measured)), "no response within 2s");
/// ```
pub fn readable_duration(duration: Duration) -> impl fmt::Display {
    let unit = match duration {
        _ if duration >= Duration::from_secs(10) => Duration::from_secs(1),
        _ if duration >= Duration::from_secs(1) => Duration::from_millis(100),
        _ => Duration::from_millis(1),
    };
    let units = (duration.as_nanos() + unit.as_nanos() / 2) / unit.as_nanos();
    let rounded = u32::try_from(units).ok().and_then(|units| unit.checked_mul(units));
    humantime::format_duration(rounded.unwrap_or(duration))
}

/// A time for people, in UTC, rounded up to the second because it is the end of a wait.
pub(crate) fn rounded(time: OffsetDateTime) -> String {
    let part = time::Duration::nanoseconds(i64::from(time.nanosecond()));
    let up = if part.is_zero() { part } else { time::Duration::SECOND - part };
    let time = time.checked_add(up).unwrap_or(time).to_offset(UtcOffset::UTC);
    time.format(&Rfc3339).unwrap_or_else(|_| "an unknown time".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_rounded_for_people() {
        for (nanos, text) in [
            (0, "0s"),
            (400_000, "0s"),
            (600_000, "1ms"),
            (250_000_000, "250ms"),
            (999_499_999, "999ms"),
            (999_500_000, "1s"),
            (1_500_000_000, "1s 500ms"),
            (1_999_000_000, "2s"),
            (1_999_999_469, "2s"),
            (9_960_000_000, "10s"),
            (29_600_000_000, "30s"),
            (89_999_999_999, "1m 30s"),
            (3_600_000_000_000, "1h"),
            (90_061_000_000_000, "1day 1h 1m 1s"),
        ] {
            assert_eq!(readable_duration(Duration::from_nanos(nanos)).to_string(), text, "{nanos} ns");
        }
        assert!(!readable_duration(Duration::MAX).to_string().is_empty());
    }

    proptest! {
        /// The fast path agrees with the general parser, or declines.
        #[test]
        fn usual_times_are_what_the_general_parser_reads(
            seconds in -62_167_219_200_i64..=253_402_300_799,
            nanos in prop_oneof![Just(0), Just(500_000_000), 0..1_000_000_000_u32],
            digits in 0..12_usize,
            zone in prop_oneof![Just("Z"), Just("+00:00"), Just("-00:00"), Just("z"), Just("+01:00"), Just("")],
            change in proptest::option::of((0..30_usize, prop_oneof![Just(b'0'), Just(b'9'), Just(b'T'), 32..127_u8])),
        ) {
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let written = time.format(&Rfc3339).unwrap();
            let fraction = format!(".{nanos:09}000");
            let fraction = if digits == 0 { "" } else { &fraction[..=digits] };
            let mut text = format!("{}{fraction}{zone}", &written[..19]).into_bytes();
            if let Some((at, byte)) = change
                && at < text.len()
            {
                text[at] = byte;
            }
            let text = String::from_utf8(text).unwrap();
            if let Some(usual) = parse_usual_time(&text) {
                prop_assert_eq!(OffsetDateTime::parse(&text, &Rfc3339).ok(), Some(usual), "{}", text);
            } else {
                let is_usual = change.is_none() && digits < 10 && ["Z", "+00:00"].contains(&zone);
                prop_assert!(!is_usual, "{}", text);
            }
        }
    }

    #[test]
    fn times_are_parsed_in_every_known_format() {
        for (text, want) in [
            ("2013-07-16T19:23:00.000+00:00", Some("2013-07-16T19:23:00Z")),
            ("2024-05-01T10:20:30.797987+00:00", Some("2024-05-01T10:20:30.797987Z")),
            ("2024-05-01T10:20:30+00:00", Some("2024-05-01T10:20:30Z")),
            ("2024-05-01T10:20:30Z", Some("2024-05-01T10:20:30Z")),
            ("2024-05-01T10:20:30.5Z", Some("2024-05-01T10:20:30.5Z")),
            ("2024-05-01T04:20:30-06:00", Some("2024-05-01T10:20:30Z")),
            ("2024-01-01T00:30:00+05:30", Some("2023-12-31T19:00:00Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            // In UTC these are in years that RFC 3339 cannot represent.
            ("0000-01-01T00:00:00+01:00", None),
            ("9999-12-31T23:59:59-01:00", None),
            ("2024-05-01T10:20:30", Some("2024-05-01T10:20:30Z")),
            ("2024-05-01T10:20:30.250", Some("2024-05-01T10:20:30.25Z")),
            ("2024-05-01T04:20:30-0600", Some("2024-05-01T10:20:30Z")),
            ("20240501T102030Z", Some("2024-05-01T10:20:30Z")),
            (" 2024-05-01T10:20:30Z ", Some("2024-05-01T10:20:30Z")),
            ("2024-02-30T00:00:00Z", None),
            ("2024-05-01", None),
            ("1714558830", None),
            ("yesterday", None),
            ("", None),
        ] {
            let time = parse_time(text);
            let written = time.map(|time| time.format(&Rfc3339).unwrap());
            assert_eq!(written.as_deref(), want, "{text}");
        }
    }
}
