//! A page of a transaction's refunds.

use std::fmt;

use refunds_core::{PaymentId, Refund};
use refunds_http::Each;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use crate::{
    convert::{self, Fault},
    wire,
};

/// `GET /transactions/{id}/refunds`, converted while it is read:
/// <https://docs.mattildapayments.com/reference/transactions/list-transaction-refunds>
pub(crate) struct RefundList {
    pub(crate) refunds: Result<Vec<Refund>, Fault>,
    pub(crate) limit: Option<Value>,
    pub(crate) next_cursor: Option<Value>,
}

/// The longest page: <https://docs.mattildapayments.com/reference/transactions/list-transaction-refunds>
pub(crate) const MAX_PAGE_LIMIT: u16 = 100;

/// How many bytes of a page a refund takes at least, if it has all its members.
const USUAL_REFUND: usize = 512;

/// Reads the refunds of a payment.
#[derive(Clone, Copy)]
pub(crate) struct RefundsOf<'a> {
    payment: &'a PaymentId,
    /// How many refunds to make room for.
    expected: usize,
}

impl<'a> RefundsOf<'a> {
    /// Reads a page of `length` bytes.
    pub(crate) fn new(payment: &'a PaymentId, length: usize) -> Self {
        Self { payment, expected: (length / USUAL_REFUND).min(MAX_PAGE_LIMIT.into()) }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Member {
    Items,
    Limit,
    NextCursor,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for RefundsOf<'_> {
    type Value = RefundList;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RefundList, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RefundsOf<'_> {
    type Value = RefundList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of refunds")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RefundList, A::Error> {
        let (mut refunds, mut fault) = (Vec::with_capacity(self.expected), None);
        let mut convert = |wire: wire::Refund<'_>| match convert::refund(wire, self.payment) {
            Ok(refund) => refunds.push(refund),
            Err(wrong) => fault = fault.or(Some(wrong)),
        };
        let (mut items, mut limit, mut next_cursor) = (None, None, None);
        while let Some(member) = map.next_key()? {
            match member {
                Member::Items if items.is_some() => return Err(A::Error::duplicate_field("items")),
                Member::Limit if limit.is_some() => return Err(A::Error::duplicate_field("limit")),
                Member::NextCursor if next_cursor.is_some() => {
                    return Err(A::Error::duplicate_field("next_cursor"));
                }
                Member::Items => items = Some(map.next_value_seed(Each::new(&mut convert))?),
                Member::Limit => limit = Some(map.next_value()?),
                Member::NextCursor => next_cursor = Some(map.next_value()?),
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let _: Vec<()> = items.ok_or_else(|| A::Error::missing_field("items"))?;
        let refunds = fault.map_or(Ok(refunds), Err);
        Ok(RefundList { refunds, limit: limit.flatten(), next_cursor: next_cursor.flatten() })
    }
}
