//! The paths and their ids.

use uuid::Uuid;

use super::{
    Mattilda, State,
    error::{self, Detail},
    options::ErrorShape,
};
use crate::{
    fault::Call,
    route,
    wire::{Answer, Incoming, Reply},
};

/// The last argument is the merchant account.
type Handler = fn(&Mattilda, &mut State, &Incoming, &[String], &str) -> Answer;
pub(super) type Route = route::Route<Handler>;

const EVERY_INSTRUMENT: &str = "transactions/{transaction_id}/refunds/all";
const ROUTES: [route::Row<Handler>; 6] = [
    ("GET", "transactions/{transaction_id}", Mattilda::read_transaction, &[Call::Payment]),
    ("POST", "transactions/{transaction_id}/refunds", Mattilda::create, &[Call::Submit]),
    ("GET", "transactions/{transaction_id}/refunds", Mattilda::list_refunds, &[Call::List]),
    ("POST", EVERY_INSTRUMENT, Mattilda::create_all, &[Call::Submit]),
    ("GET", "transactions/{transaction_id}/refunds/{refund_id}", Mattilda::read_refund, &[Call::Get]),
    ("GET", "refunds/{refund_id}", Mattilda::read_refund, &[Call::Get]),
];

impl Route {
    pub(super) fn of_request(request: &Incoming) -> Result<Self, Reply> {
        Self::of(&ROUTES, &request.method, &request.segments(), error::of_status)
    }

    /// Whether it needs the scope for writing, which does not include reading.
    pub(super) fn writes(&self) -> bool {
        self.row.0 == "POST"
    }

    /// The transaction whose instruments are all refunded.
    pub(super) fn refunds_all_of(&self) -> Option<&String> {
        self.ids.first().filter(|_| self.row.1 == EVERY_INSTRUMENT)
    }

    /// Ids in paths must be UUIDs; any other id fails validation before the lookup.
    pub(super) fn check_ids(&self, shape: ErrorShape) -> Result<(), Reply> {
        let names = self.row.1.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let details: Vec<Detail> = names
            .zip(&self.ids)
            .filter(|(_, id)| Uuid::try_parse(id).is_err())
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
