//! Times for people: in the zone of this machine. What is for machines is in UTC.

use jiff::{Timestamp, tz::TimeZone};
use time::{Duration, OffsetDateTime, UtcOffset};

use super::rows::when;

/// RFC 3339 in local time, to the second; empty if the provider does not report it.
pub(super) fn local(time: Option<OffsetDateTime>) -> String {
    when(time.map(|time| here(time).truncate_to_second()))
}

/// The time to come back: only the time of day if it is today. It is rounded up, because a try that comes too
/// early fails.
pub(crate) fn clock_time(time: OffsetDateTime, now: OffsetDateTime) -> String {
    clock_time_in(&TimeZone::system(), time, now)
}

fn clock_time_in(zone: &TimeZone, time: OffsetDateTime, now: OffsetDateTime) -> String {
    let up = in_zone(zone, time) + Duration::NANOSECOND * 999_999_999;
    let up = in_zone(zone, up).truncate_to_second();
    let text = when(Some(up));
    match text.split_once('T') {
        Some((_, of_day)) if up.date() == in_zone(zone, now).date() => of_day.to_owned(),
        _ => text,
    }
}

fn here(time: OffsetDateTime) -> OffsetDateTime {
    in_zone(&TimeZone::system(), time)
}

/// The same moment with the offset that the zone has then.
fn in_zone(zone: &TimeZone, time: OffsetDateTime) -> OffsetDateTime {
    let offset = Timestamp::from_second(time.unix_timestamp())
        .ok()
        .and_then(|moment| UtcOffset::from_whole_seconds(zone.to_offset(moment).seconds()).ok())
        // RFC 3339 knows no seconds of an offset, which zones had in the nineteenth century.
        .filter(|offset| offset.seconds_past_minute() == 0);
    time.to_offset(offset.unwrap_or(UtcOffset::UTC))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_time_to_come_back_is_short_today_and_never_early() {
        let now = datetime!(2026-11-21 23:58:00 UTC);
        for (time, text) in [
            (datetime!(2026-11-21 23:59:10 UTC), "23:59:10Z"),
            (datetime!(2026-11-21 23:59:10.001 UTC), "23:59:11Z"),
            (datetime!(2026-11-22 00:59:10 +1), "23:59:10Z"),
            (datetime!(2026-11-22 00:01:00 UTC), "2026-11-22T00:01:00Z"),
        ] {
            assert_eq!(clock_time_in(&TimeZone::UTC, time, now), text);
        }
    }

    #[test]
    fn times_have_the_offset_that_the_zone_has_then() {
        let oslo = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        for (time, text) in [
            (datetime!(2026-07-01 12:00:00.5 UTC), "2026-07-01T14:00:00.5+02:00"),
            (datetime!(2026-12-31 23:30:00 UTC), "2027-01-01T00:30:00+01:00"),
        ] {
            assert_eq!(when(Some(in_zone(&oslo, time))), text);
        }
        let now = datetime!(2026-07-01 12:00:00 UTC);
        assert_eq!(clock_time_in(&oslo, now + Duration::MINUTE, now), "14:01:00+02:00");
    }
}
