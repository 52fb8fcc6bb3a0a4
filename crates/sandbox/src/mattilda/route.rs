//! The paths and their ids.

use uuid::Uuid;

use super::{
    error::{self, Detail},
    options::ErrorShape,
};
use crate::{
    fault::Call,
    wire::{Incoming, Reply},
};

#[derive(Debug)]
pub(super) enum Route {
    Transaction { id: String },
    Refunds { transaction: String },
    Refund { transaction: Option<String>, refund: String },
    Create { transaction: String },
    CreateAll { transaction: String },
}

impl Route {
    pub(super) fn of(request: &Incoming) -> Result<Self, Reply> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        let text = |text: &str| text.to_owned();
        let (needed, route) = match segments.as_slice() {
            ["transactions", id] => ("GET", Self::Transaction { id: text(id) }),
            ["transactions", id, "refunds"] if method == "POST" => {
                let transaction = text(id);
                ("POST", Self::Create { transaction })
            }
            ["transactions", id, "refunds"] => {
                let transaction = text(id);
                ("GET", Self::Refunds { transaction })
            }
            ["transactions", id, "refunds", "all"] => {
                let transaction = text(id);
                ("POST", Self::CreateAll { transaction })
            }
            ["transactions", id, "refunds", refund] => {
                let transaction = Some(text(id));
                let refund = text(refund);
                ("GET", Self::Refund { transaction, refund })
            }
            ["refunds", refund] => {
                let refund = text(refund);
                ("GET", Self::Refund { transaction: None, refund })
            }
            _ => return Err(error::not_found()),
        };
        if method == needed { Ok(route) } else { Err(error::of_status(405)) }
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        vec![match self {
            Self::Transaction { .. } => Call::Payment,
            Self::Refunds { .. } => Call::List,
            Self::Refund { .. } => Call::Get,
            Self::Create { .. } | Self::CreateAll { .. } => Call::Submit,
        }]
    }

    /// Whether it needs the scope for writing, which does not include reading.
    pub(super) fn writes(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::CreateAll { .. })
    }

    /// Ids in paths must be UUIDs; any other id fails validation before the lookup.
    pub(super) fn check_ids(&self, shape: ErrorShape) -> Result<(), Reply> {
        let (transaction, refund) = match self {
            Self::Transaction { id } => (Some(id), None),
            Self::Refunds { transaction }
            | Self::Create { transaction }
            | Self::CreateAll { transaction } => (Some(transaction), None),
            Self::Refund { transaction, refund } => (transaction.as_ref(), Some(refund)),
        };
        let details: Vec<Detail> = [("transaction_id", transaction), ("refund_id", refund)]
            .into_iter()
            .filter(|(_, id)| id.is_some_and(|id| Uuid::try_parse(id).is_err()))
            .map(|(name, _)| Detail {
                location: "path",
                pointer: format!("/{name}"),
                message: "Input should be a valid UUID".to_owned(),
                kind: "uuid_parsing",
            })
            .collect();
        if details.is_empty() { Ok(()) } else { Err(error::invalid(&details, shape)) }
    }
}
