//! What a journal is keyed by: the account, the money, the payment, the reference, the intent.

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

/// The last time that RFC 3339 can write.
const LAST: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59 UTC);

/// The account that refunds are made from: which provider, whose account there, at which API.
///
/// It keeps test and live accounts, and several providers, apart in one journal. It holds no secret.
/// Clones share it.
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

    /// The account at the provider; empty where the credentials alone decide it.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// The origin of the API, such as `https://api.example.com`; empty where there is none.
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

/// What a refund takes money from, and so what creating one locks: a payment, or what several
/// payment ids have in common, such as an order and the transaction that paid it.
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
    /// By the id alone: hardly ever do two accounts have money of one id.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// The refund that a [`Journal`](super::Journal) is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// The money that it takes from.
    pub money: MoneyKey,
    /// The payment, in its canonical spelling.
    pub payment: PaymentId,
    /// The caller's own key of the refund.
    pub reference: Reference,
}

impl About {
    /// The refund of `payment` under `reference`, which takes from `money`.
    #[must_use]
    pub fn new(money: MoneyKey, payment: &PaymentId, reference: Reference) -> Self {
        Self { money, payment: payment.canonical(), reference }
    }
}

/// The state of one money in a journal. It moves with every write about that money and never returns
/// to an earlier value, not even after a purge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(pub u64);

/// The number of an intent: the version that its commit moved the money to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IntentNumber(pub u64);

impl fmt::Display for IntentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A random name of an intent, chosen before it is committed: what settles an intent whose commit was
/// not acknowledged.
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
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().into_bytes())
    }
}

/// Which intent an outcome belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IntentKey {
    /// The money that it is about.
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

/// A journal's own time: whole milliseconds since 1970. Only a journal reads its clock; callers compare
/// these times with each other and pass durations in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JournalTime(pub i64);

impl JournalTime {
    /// The latest time there is: a limit that never passes.
    pub const NEVER: Self = Self(i64::MAX);

    /// This time of the calendar.
    #[must_use]
    pub fn from_datetime(time: OffsetDateTime) -> Self {
        Self(i64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX))
    }

    /// The time as a date, as far as the calendar goes.
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

    /// How long it is from `earlier` to this time; zero where that is later.
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
