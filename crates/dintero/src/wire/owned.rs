//! Payloads that outlive the body they were read from.

use std::borrow::Cow;

use refunds_http::lenient::Lenient;
use serde_json::{Map, Number, Value};

use super::{
    Amount, Card, Destination, Event, EventName, Item, LineId, Operation, Order, PaymentDetails, Payout,
    Split, Transaction,
};

/// The same value, which borrows nothing.
pub(crate) trait IntoOwned {
    type Owned;

    fn into_owned(self) -> Self::Owned;
}

impl<T: IntoOwned> IntoOwned for Option<T> {
    type Owned = Option<T::Owned>;

    fn into_owned(self) -> Self::Owned {
        self.map(T::into_owned)
    }
}

impl<T: IntoOwned> IntoOwned for Lenient<T> {
    type Owned = Lenient<T::Owned>;

    fn into_owned(self) -> Self::Owned {
        self.into_option().into_owned().into()
    }
}

impl<T: IntoOwned> IntoOwned for Vec<T> {
    type Owned = Vec<T::Owned>;

    fn into_owned(self) -> Self::Owned {
        self.into_iter().map(T::into_owned).collect()
    }
}

impl<T: IntoOwned> IntoOwned for Box<T> {
    type Owned = Box<T::Owned>;

    fn into_owned(self) -> Self::Owned {
        Box::new((*self).into_owned())
    }
}

impl IntoOwned for Cow<'_, str> {
    type Owned = Cow<'static, str>;

    fn into_owned(self) -> Cow<'static, str> {
        Cow::Owned(self.into_owned())
    }
}

impl IntoOwned for EventName<'_> {
    type Owned = EventName<'static>;

    fn into_owned(self) -> Self::Owned {
        EventName { word: IntoOwned::into_owned(self.word), kind: self.kind }
    }
}

impl IntoOwned for LineId<'_> {
    type Owned = LineId<'static>;

    fn into_owned(self) -> Self::Owned {
        match self {
            Self::Number(number) => LineId::Number(number),
            Self::Text(text) => LineId::Text(IntoOwned::into_owned(text)),
        }
    }
}

/// Types that borrow nothing, and structs of which every field is made to.
macro_rules! into_owned {
    ($($plain:ty),*; $($name:ident { $($field:ident),* })*) => {
        $(impl IntoOwned for $plain {
            type Owned = Self;

            fn into_owned(self) -> Self {
                self
            }
        })*
        $(impl IntoOwned for $name<'_> {
            type Owned = $name<'static>;

            fn into_owned(self) -> Self::Owned {
                $name { $($field: IntoOwned::into_owned(self.$field)),* }
            }
        })*
    };
}

into_owned! {
    Amount, bool, Map<String, Value>, Number, Value;
    Transaction {
        id, currency, amount, status, settlement_status, payment_product, payment_product_type,
        merchant_reference, merchant_reference_2, session_id, card, items, events
    }
    Event {
        id, event, transaction_status, success, amount, items, event_reference, request_id,
        correlation_request_id, error, correction, created_at, created_by, metadata
    }
    Item { line_id, amount, quantity, id, description, vat, vat_amount, kind, payout, splits }
    Payout { rule_id, rule_type, destinations }
    Destination { destination, amount }
    Split { payout_destination_id, amount }
    Card { brand, kind, masked_pan, metadata }
    Order { currency, status, payment_status }
    Operation {
        id, amount, success, items, payment_details, metadata, authorization_id, processed_at, processed_by,
        created_at, created_by, links
    }
    PaymentDetails { psp, payment_id, payment_product, payment_product_type, card }
}
