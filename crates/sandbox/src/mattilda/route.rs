//! The ids in paths.

use uuid::Uuid;

use super::{
    error::{self, Detail},
    options::ErrorShape,
};
use crate::wire::Reply;

/// The path that refunds every instrument of a transaction.
pub(super) const EVERY_INSTRUMENT: &str = "transactions/{transaction_id}/refunds/all";

/// Ids in paths must be UUIDs; any other id fails validation before the lookup.
pub(super) fn check_ids(path: &str, ids: &[String], shape: ErrorShape) -> Result<(), Reply> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let details: Vec<Detail> = names
        .zip(ids)
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
