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
    pub(crate) items: Vec<Result<Refund, Fault>>,
    pub(crate) limit: Option<Value>,
    pub(crate) next_cursor: Option<Value>,
}

/// Reads the refunds of this payment.
#[derive(Clone, Copy)]
pub(crate) struct RefundsOf<'a>(pub(crate) &'a PaymentId);

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
        let convert = |wire: wire::Refund<'_>| convert::refund(wire, self.0);
        let (mut items, mut limit, mut next_cursor) = (None, None, None);
        while let Some(member) = map.next_key()? {
            match member {
                Member::Items if items.is_some() => return Err(A::Error::duplicate_field("items")),
                Member::Limit if limit.is_some() => return Err(A::Error::duplicate_field("limit")),
                Member::NextCursor if next_cursor.is_some() => {
                    return Err(A::Error::duplicate_field("next_cursor"));
                }
                Member::Items => items = Some(map.next_value_seed(Each::new(convert))?),
                Member::Limit => limit = Some(map.next_value()?),
                Member::NextCursor => next_cursor = Some(map.next_value()?),
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let items = items.ok_or_else(|| A::Error::missing_field("items"))?;
        Ok(RefundList { items, limit: limit.flatten(), next_cursor: next_cursor.flatten() })
    }
}
