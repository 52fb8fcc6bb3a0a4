//! The state of a sandbox as records, for another sandbox to go on from.

use std::{fmt, io};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A part of a sandbox's state: a payment, a refund, an entry of the ledger, the credentials of one side.
///
/// To be stored and given to [`SandboxBuilder::records`](crate::SandboxBuilder::records) as it is: only kind and id have a
/// meaning outside. Records contain the sandbox's credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    kind: String,
    id: String,
    document: Value,
}

impl Record {
    /// A stored record.
    pub fn new(kind: impl Into<String>, id: impl Into<String>, document: Value) -> Self {
        Self { kind: kind.into(), id: id.into(), document }
    }

    /// What it is about.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Unique among the records of its kind.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its content.
    pub fn document(&self) -> &Value {
        &self.document
    }

    pub(crate) fn of(kind: &str, id: impl Into<String>, content: &impl Serialize) -> Self {
        Self::new(kind, id, serde_json::to_value(content).unwrap_or_default())
    }
}

/// Omits the document: it may hold a credential.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("kind", &self.kind).field("id", &self.id).finish_non_exhaustive()
    }
}

/// The records of one kind, each with its id, in order.
pub(crate) fn all<T: DeserializeOwned>(records: &[Record], kind: &str) -> io::Result<Vec<(String, T)>> {
    let of_kind = records.iter().filter(|record| record.kind == kind);
    of_kind.map(|record| Ok((record.id.clone(), read(record)?))).collect()
}

/// The only record of a kind.
pub(crate) fn one<T: DeserializeOwned>(records: &[Record], kind: &str) -> io::Result<Option<T>> {
    records.iter().find(|record| record.kind == kind).map(read).transpose()
}

fn read<T: DeserializeOwned>(record: &Record) -> io::Result<T> {
    T::deserialize(&record.document).map_err(|error| {
        let Record { kind, id, .. } = record;
        io::Error::new(io::ErrorKind::InvalidData, format!("the record {kind} {id} cannot be read: {error}"))
    })
}
