//! The payments that a sandbox has from the start.

use refunds_core::Money;
use refunds_sandbox::{Call, FaultRule, Provider, Sandbox, dintero, mattilda};
use serde_json::{Value, json};

use super::scenario::Kind;

/// A payment that was checked, to be added to a sandbox.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) provider: Provider,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) money: Money,
    pub(super) faults: Vec<FaultRule>,
    pub(super) spec: Spec,
}

#[derive(Debug)]
pub(super) enum Spec {
    Dintero(dintero::TransactionSpec),
    /// An order and the transaction that paid it.
    Order(dintero::TransactionSpec, dintero::OrderSpec),
    Mattilda(mattilda::TransactionSpec),
}

/// A payment of a sandbox.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) provider: Provider,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) money: Money,
}

/// A payment in a form that can be stored.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) provider: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) minor_units: i64,
    pub(super) currency: String,
}

impl Named {
    /// The payment, unless a word is unknown.
    pub(super) fn ready(self) -> Option<Ready> {
        Some(Ready {
            provider: self.provider.parse().ok()?,
            kind: Kind::of(&self.kind)?,
            name: self.name,
            id: self.id,
            money: Money::new(self.minor_units, self.currency.parse().ok()?),
        })
    }
}

impl From<&Ready> for Named {
    fn from(payment: &Ready) -> Self {
        Self {
            provider: payment.provider.to_string(),
            name: payment.name.clone(),
            kind: payment.kind.as_str().to_owned(),
            id: payment.id.clone(),
            minor_units: payment.money.minor_units(),
            currency: payment.money.currency().to_string(),
        }
    }
}

impl Wanted {
    /// Adds the payment and its faults.
    pub(super) fn add(self, sandbox: &Sandbox) -> Ready {
        let (id, transaction) = match self.spec {
            Spec::Dintero(spec) => (sandbox.dintero().transaction(spec), None),
            Spec::Mattilda(spec) => (sandbox.mattilda().transaction(spec), None),
            Spec::Order(spec, order) => {
                let transaction = sandbox.dintero().transaction(spec);
                (sandbox.dintero().order(order.captured_by(&transaction)), Some(transaction))
            }
        };
        for fault in self.faults {
            // An order is read and written under its own id, and refunded under that of its transaction.
            let is_of_order = matches!(fault.call(), Call::Orders | Call::Record | Call::List | Call::Get);
            let place = transaction.as_ref().filter(|_| !is_of_order).unwrap_or(&id);
            sandbox.faults().add(fault.of(place));
        }
        Ready { provider: self.provider, kind: self.kind, name: self.name, id, money: self.money }
    }
}

impl Ready {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "provider": self.provider.as_str(),
            "name": self.name,
            "kind": self.kind.as_str(),
            "id": self.id,
            "amount": self.money,
        })
    }
}
