//! The keys of a journal: account, money, payment, reference, intent.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{PaymentId, Reference};

/// The last time that RFC 3339 can represent.
const LAST: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59 UTC);

/// The account that refunds are paid from: the provider, the account there, and the API's origin.
///
/// It keeps test and live accounts, and multiple providers, apart in one journal. It contains no secret.
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Names", into = "Names")]
pub struct Scope(Arc<Names>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Names {
    provider: String,
    account: String,
    origin: String,
}

impl Scope {
    /// The account `account` of `provider` at the API `origin`.
    ///
    /// ```
    /// use refunds_core::Scope;
    ///
    /// let scope = Scope::new("dintero", "T11223344", "https://checkout.dintero.com");
    /// assert_eq!(scope.to_string(), "dintero account T11223344 at https://checkout.dintero.com");
    /// ```
    pub fn new(provider: impl Into<String>, account: impl Into<String>, origin: impl Into<String>) -> Self {
        Names { provider: provider.into(), account: account.into(), origin: origin.into() }.into()
    }

    /// The provider's name in the registry.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.0.provider
    }

    /// The account at the provider; empty if the credentials alone determine it.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// The origin of the API, such as `https://api.example.com`; empty if there is none.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0.origin
    }
}

impl From<Names> for Scope {
    fn from(names: Names) -> Self {
        Self(Arc::new(names))
    }
}

impl From<Scope> for Names {
    fn from(scope: Scope) -> Self {
        Arc::unwrap_or_clone(scope.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Names { provider, account, origin } = &*self.0;
        let mut scope = f.debug_struct("Scope");
        scope.field("provider", provider).field("account", account).field("origin", origin).finish()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Names { provider, account, origin } = &*self.0;
        f.write_str(provider)?;
        if !account.is_empty() {
            write!(f, " account {account}")?;
        }
        if !origin.is_empty() {
            write!(f, " at {origin}")?;
        }
        Ok(())
    }
}

/// The money that a refund is paid from, which creating it locks: a payment, or what multiple payment ids
/// share, such as an order and the transaction that paid it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MoneyKey {
    /// The account.
    pub scope: Scope,
    /// The provider's canonical id of the money: see [`RefundProvider::money`](crate::RefundProvider::money).
    pub id: PaymentId,
}

impl MoneyKey {
    /// The money `id` of the account `scope`.
    #[must_use]
    pub fn new(scope: Scope, id: PaymentId) -> Self {
        Self { scope, id }
    }
}

impl Hash for MoneyKey {
    /// Hashes the id alone: two accounts rarely have the same id.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// The refund that a [`Journal`](super::Journal) is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// The money that it is paid from.
    pub money: MoneyKey,
    /// The payment, in its canonical spelling.
    pub payment: PaymentId,
    /// The caller's own key of the refund.
    pub reference: Reference,
}

impl About {
    /// The refund of `payment` with `reference`, paid from `money`.
    #[must_use]
    pub fn new(money: MoneyKey, payment: &PaymentId, reference: Reference) -> Self {
        Self { money, payment: payment.canonical(), reference }
    }
}

/// The version of one money key in a journal. Every write about that money moves it. It never returns to an
/// earlier value, not even after a purge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(pub u64);

/// The number of an intent: the version that its commit created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IntentNumber(pub u64);

impl fmt::Display for IntentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A random name of an intent, chosen before it is committed, so that an intent can be settled even if its
/// commit was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct IntentToken(pub [u8; 16]);

impl From<IntentToken> for String {
    fn from(token: IntentToken) -> Self {
        Uuid::from_bytes(token.0).to_string()
    }
}

impl TryFrom<String> for IntentToken {
    type Error = uuid::Error;

    fn try_from(text: String) -> Result<Self, uuid::Error> {
        Uuid::try_parse(&text).map(|token| Self(token.into_bytes()))
    }
}

impl IntentToken {
    /// A new random token.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().into_bytes())
    }
}

/// The key of an intent, to report its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntentKey {
    /// The money of its refund.
    pub money: MoneyKey,
    /// The token that it was committed with.
    pub token: IntentToken,
}

impl IntentKey {
    /// The intent of `money` that was committed with `token`.
    #[must_use]
    pub fn new(money: MoneyKey, token: IntentToken) -> Self {
        Self { money, token }
    }
}

/// A journal's own time: whole milliseconds since 1970. Only the journal reads its clock. Callers compare
/// these times with each other and pass in durations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JournalTime(pub i64);

impl JournalTime {
    /// The latest time: a limit that never passes.
    pub const NEVER: Self = Self(i64::MAX);

    /// Converts a calendar time.
    #[must_use]
    pub fn from_datetime(time: OffsetDateTime) -> Self {
        Self(i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX))
    }

    /// The calendar time, limited to the last one that RFC 3339 can represent.
    #[must_use]
    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .map_or(LAST, |time| time.min(LAST))
    }

    /// `duration` later, rounded up to a millisecond.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// The duration since `earlier`; zero if that is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_the_calendar() {
        let now = time::macros::datetime!(2026-11-21 12:00:00.123 UTC);
        assert_eq!(JournalTime::from_datetime(now).to_datetime(), now);
        assert_eq!(JournalTime::NEVER.to_datetime().year(), 9999);
        assert_eq!(JournalTime(5).plus(Duration::from_micros(1)), JournalTime(6), "never early");
        assert_eq!(JournalTime(5).plus(Duration::MAX), JournalTime::NEVER);
        assert_eq!(JournalTime(5).since(JournalTime(9)), Duration::ZERO);
    }
}
