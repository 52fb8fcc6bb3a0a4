//! Opening a journal by its address.

use std::sync::Arc;

use refunds_core::{Journal, Result, journal::JournalFactory};

use crate::options::SqliteOptions;

/// Opens `sqlite:FILE`, as in `REFUNDS_JOURNAL`.
///
/// ```
/// use refunds_core::Registry;
/// use refunds_journal_sqlite::SqliteJournalFactory;
///
/// # let folder = tempfile::tempdir().unwrap();
/// let registry = Registry::new().with_journal(SqliteJournalFactory::default());
/// let address = format!("sqlite:{}", folder.path().join("refunds.db").display());
/// let journal = registry.journal(&address)?;
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SqliteJournalFactory(SqliteOptions);

impl SqliteJournalFactory {
    /// A factory that opens journals with `options`.
    #[must_use]
    pub fn new(options: SqliteOptions) -> Self {
        Self(options)
    }
}

impl JournalFactory for SqliteJournalFactory {
    fn scheme(&self) -> &'static str {
        "sqlite"
    }

    fn open(&self, address: &str) -> Result<Arc<dyn Journal>> {
        Ok(Arc::new(self.0.open(address)?))
    }
}
