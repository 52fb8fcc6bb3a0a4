//! Faults as data: on which call, when, and what happens.

mod action;
mod call;
mod parse;
mod set;

pub use action::FaultAction;
pub use call::Call;
pub use parse::ParseFaultError;
pub(crate) use set::Armed;
pub use set::Faults;

use std::fmt;

use crate::provider::Provider;

/// A rule that injects a fault: on which call, when, and what happens.
///
/// By default, a rule applies to every matching call. Calls are counted from the moment when the rule is added. If
/// several rules apply to one request, the first one added is used.
///
/// ```
/// use refunds_sandbox::{Call, FaultRule, FaultAction};
///
/// let rule = FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenDrop);
/// assert_eq!(rule, "submit:1:process-then-drop".parse().unwrap());
/// assert_eq!(rule.to_string(), "submit:1:process-then-drop");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FaultRule {
    provider: Option<Provider>,
    call: Call,
    payment: Option<String>,
    when: When,
    action: FaultAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Every,
    /// From the `first` matching call on, `times` times.
    Nth {
        first: u32,
        times: u32,
    },
    Percent(u8),
}

impl FaultRule {
    /// Begins a rule for a kind of call.
    pub fn on(call: Call) -> FaultTrigger {
        FaultTrigger { provider: None, call, payment: None, when: When::Every }
    }

    /// The same rule, only at requests with the id of this payment in their path.
    #[must_use]
    pub fn of(mut self, payment_id: impl Into<String>) -> Self {
        self.payment = Some(payment_id.into());
        self
    }

    /// Which calls the rule is about.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// The only provider that the rule applies to.
    pub(crate) fn provider(&self) -> Option<Provider> {
        self.provider
    }

    /// The same rule, only at this provider.
    pub(crate) fn at(self, provider: Provider) -> Self {
        Self { provider: Some(provider), ..self }
    }

    /// What the rule does.
    pub fn action(&self) -> &FaultAction {
        &self.action
    }
}

/// A rule without its action: see [`FaultRule::on`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a fault rule needs its action: call `then`"]
pub struct FaultTrigger {
    provider: Option<Provider>,
    call: Call,
    payment: Option<String>,
    when: When,
}

impl FaultTrigger {
    /// Only at this provider.
    pub fn at(mut self, provider: Provider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Only at requests with the id of this payment in their path.
    pub fn of(mut self, payment_id: impl Into<String>) -> Self {
        self.payment = Some(payment_id.into());
        self
    }

    /// Only at the n-th matching call, counted from 1.
    pub fn nth(mut self, n: u32) -> Self {
        self.when = When::Nth { first: n, times: 1 };
        self
    }

    /// At this many calls in a row, from the n-th (or the first) on.
    pub fn times(mut self, times: u32) -> Self {
        let first = match self.when {
            When::Nth { first, .. } => first,
            When::Every | When::Percent(_) => 1,
        };
        self.when = When::Nth { first, times };
        self
    }

    /// At this percentage of calls, by the sandbox's seed.
    pub fn percent(mut self, percent: u8) -> Self {
        self.when = When::Percent(percent);
        self
    }

    /// Completes the rule with its action.
    pub fn then(self, action: FaultAction) -> FaultRule {
        let Self { provider, call, payment, when } = self;
        FaultRule { provider, call, payment, when, action }
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(provider) = self.provider {
            write!(f, "{provider}/")?;
        }
        write!(f, "{}", self.call)?;
        if let Some(payment) = &self.payment {
            write!(f, "@{payment}")?;
        }
        write!(f, ":{}:{}", self.when, self.action)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("every"),
            Self::Nth { first, times: 1 } => write!(f, "{first}"),
            Self::Nth { first, times } => write!(f, "{first}x{times}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}
