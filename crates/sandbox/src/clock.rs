//! The sandbox's own clock. Tokens and idempotency keys expire and refunds settle on it, so a test moves time instead
//! of sleeping.

use std::{sync::Mutex, time::Duration};

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::lock::lock;

const MILLIS_Z: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const SECONDS_Z: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const MILLIS_OFFSET: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+00:00");
const MICROS_OFFSET: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]+00:00");

#[derive(Debug)]
pub(crate) struct Clock {
    /// `None` follows the system clock; `Some` does not move until it is advanced.
    fixed: Option<OffsetDateTime>,
    advanced: Mutex<Duration>,
}

impl Clock {
    pub(crate) fn new(fixed: Option<OffsetDateTime>) -> Self {
        Self { fixed, advanced: Mutex::new(Duration::ZERO) }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        later(self.fixed.unwrap_or_else(system_now), *lock(&self.advanced))
    }

    pub(crate) fn advanced(&self) -> Duration {
        *lock(&self.advanced)
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut advanced = lock(&self.advanced);
        *advanced = advanced.saturating_add(by);
    }
}

/// Saturates instead of panicking: a test may advance by any duration.
pub(crate) fn later(time: OffsetDateTime, by: Duration) -> OffsetDateTime {
    time.saturating_add(by.try_into().unwrap_or(time::Duration::MAX))
}

/// Also saturates.
pub(crate) fn earlier(time: OffsetDateTime, by: Duration) -> OffsetDateTime {
    time.saturating_sub(by.try_into().unwrap_or(time::Duration::MAX))
}

/// `2026-09-20T10:00:00.000Z`, as Checkout writes times.
pub(crate) fn millis_z(time: OffsetDateTime) -> String {
    written(time, MILLIS_Z)
}

/// `2026-09-20T10:00:00Z`, as Order Management writes them.
pub(crate) fn seconds_z(time: OffsetDateTime) -> String {
    written(time, SECONDS_Z)
}

/// `2026-09-20T10:00:00.000+00:00`, as Mattilda documents them.
pub(crate) fn millis_offset(time: OffsetDateTime) -> String {
    written(time, MILLIS_OFFSET)
}

/// `2026-09-20T10:00:00.000000+00:00`, as Gr4vy sends them in practice.
pub(crate) fn micros_offset(time: OffsetDateTime) -> String {
    written(time, MICROS_OFFSET)
}

fn written(time: OffsetDateTime, format: &[BorrowedFormatItem<'_>]) -> String {
    time.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "everything else reads this clock")]
fn system_now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
