//! The Dintero side as records.

use std::io;

use super::{Credentials, Dintero, order::Order, transaction::Transaction};
use crate::{
    lock::lock,
    record::{self, Record},
};

const CREDENTIALS: &str = "dintero-credentials";
const TRANSACTION: &str = "dintero-transaction";
const ORDER: &str = "dintero-order";

/// The stored credentials, if there are any.
pub(crate) fn stored_credentials(records: &[Record]) -> io::Result<Option<Credentials>> {
    record::one(records, CREDENTIALS)
}

impl Dintero {
    /// Tokens are not among them: clients ask for new ones.
    pub(crate) fn export(&self) -> Vec<Record> {
        let state = lock(&self.state);
        let credentials =
            Credentials { callback_secret: state.callback_secret.clone(), ..self.credentials.clone() };
        let mut records = vec![Record::of(CREDENTIALS, "dintero", &credentials)];
        records.extend(state.transactions.iter().map(|found| Record::of(TRANSACTION, &found.id, found)));
        records.extend(state.orders.iter().map(|(id, order)| Record::of(ORDER, id, order)));
        records
    }

    pub(crate) fn restore(&self, records: &[Record]) -> io::Result<()> {
        let mut state = lock(&self.state);
        let transactions = record::all::<Transaction>(records, TRANSACTION)?;
        state.transactions.extend(transactions.into_iter().map(|(_, transaction)| transaction));
        state.orders.extend(record::all::<Order>(records, ORDER)?);
        Ok(())
    }
}
