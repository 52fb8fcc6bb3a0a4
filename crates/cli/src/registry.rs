//! The providers and journals of this command.

use refunds_core::Registry;
use refunds_dintero::DinteroFactory;
use refunds_journal_sqlite::SqliteJournalFactory;
use refunds_mattilda::MattildaFactory;

pub(crate) fn registry() -> Registry {
    let providers = Registry::new().with(DinteroFactory).with(MattildaFactory);
    providers.with_journal(SqliteJournalFactory::default())
}

/// The environment variable of a provider's setting.
pub(crate) fn variable(provider: &str, key: &str) -> String {
    format!("{provider}_{key}").to_ascii_uppercase().replace('-', "_")
}
