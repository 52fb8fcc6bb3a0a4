//! Opening a journal by its address.

use std::sync::Arc;

use super::Journal;
use crate::Result;

/// Opens the journals of one scheme, such as `sqlite` in `sqlite:FILE`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `JournalFactory`",
    note = "a registry takes a journal crate's factory, not the journal that it opens"
)]
pub trait JournalFactory: Send + Sync {
    /// The scheme, before the colon.
    fn scheme(&self) -> &str;

    /// Opens the journal at `address`, the text after the colon.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it cannot be used at all, and
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if it cannot be used now.
    fn open(&self, address: &str) -> Result<Arc<dyn Journal>>;
}
