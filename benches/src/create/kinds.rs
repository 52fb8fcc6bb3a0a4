//! The refunds that are made at the sandbox, by provider and by what is refunded.

use std::{collections::BTreeMap, sync::Arc};

use refunds_core::{
    CreateRefund, Money, PaymentId, Reference, RefundAmount, RefundClient, RefundLine, RefundProvider,
    Registry, Settings,
};
use refunds_dintero::DinteroFactory;
use refunds_mattilda::MattildaFactory;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    remote::Remote,
    sandbox::{AMOUNT, LINE},
};

/// One kind of refund.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    provider: &'static str,
    /// The sandbox's command that makes such a payment.
    payment: &'static str,
    currency: &'static str,
    amount: Amount,
    /// The largest number of exchanges that is allowed.
    pub(crate) goal: Option<u64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Amount {
    Part,
    /// The first line of an order.
    Line,
    Full,
}

pub(crate) const KINDS: [Kind; 4] = [
    Kind {
        name: "Mattilda",
        provider: "mattilda",
        payment: "mattilda",
        currency: "MXN",
        amount: Amount::Part,
        goal: None,
    },
    Kind {
        name: "Dintero transaction",
        provider: "dintero",
        payment: "transaction",
        currency: "NOK",
        amount: Amount::Part,
        goal: None,
    },
    Kind {
        name: "Dintero order, a line (`--amount`)",
        provider: "dintero",
        payment: "order",
        currency: "NOK",
        amount: Amount::Line,
        goal: Some(7),
    },
    Kind {
        name: "Dintero order, all of it (`--full`)",
        provider: "dintero",
        payment: "order",
        currency: "NOK",
        amount: Amount::Full,
        goal: Some(7),
    },
];

impl Kind {
    /// A provider that calls the sandbox.
    pub(crate) fn provider(&self, sandbox: &Remote) -> Arc<dyn RefundProvider> {
        let settings: BTreeMap<String, String> =
            serde_json::from_value(sandbox.about[self.provider].clone()).unwrap();
        let settings: Settings = settings.into_iter().collect();
        let registry = Registry::new().with(DinteroFactory).with(MattildaFactory);
        registry.build(self.provider, &settings).unwrap()
    }

    /// New payments to refund.
    pub(crate) fn payments(&self, sandbox: &mut Remote, count: u32) -> Vec<PaymentId> {
        let ids = sandbox.ask(json!({"do": self.payment, "count": count}));
        ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap().parse().unwrap()).collect()
    }

    /// Refunds a payment once.
    pub(crate) fn create(&self, runtime: &Runtime, client: &RefundClient, payment: PaymentId) {
        let line = Money::new(LINE, self.currency.parse().unwrap());
        let amount = match self.amount {
            Amount::Full => RefundAmount::Remaining,
            Amount::Part | Amount::Line => RefundAmount::Exact(line),
        };
        let mut request = CreateRefund::new(payment, amount, Reference::random());
        if self.amount == Amount::Line {
            request = request.with_line(RefundLine::new("1", line));
        }
        let refund = runtime.block_on(client.create(&request)).unwrap();
        let expected = if self.amount == Amount::Full { AMOUNT } else { LINE };
        assert_eq!(refund.amount.minor_units(), expected, "{}", self.name);
    }
}
