//! The providers and journals of this command, and the configured provider.

use std::{collections::BTreeMap, ffi::OsString};

use refunds_core::{Error, ErrorKind, Operation, RefundClient, Registry, Result, Settings};
use refunds_dintero::{Dintero, DinteroConfig, DinteroFactory};
use refunds_journal_sqlite::SqliteJournalFactory;
use refunds_mattilda::MattildaFactory;

use crate::config::Config;

const VARIABLE: &str = "REFUNDS_PROVIDER";
const DINTERO: &str = "dintero";

pub(crate) fn registry() -> Registry {
    let providers = Registry::new().with(DinteroFactory).with(MattildaFactory);
    providers.with_journal(SqliteJournalFactory::default())
}

/// A client of the configured provider, or of the provider `name` if given.
pub(crate) fn client(config: &Config, name: Option<&str>) -> Result<RefundClient> {
    let policy = config.policy()?;
    Ok(RefundClient::new(registry().from_variables(variables(config, name))?).with_policy(policy))
}

/// The Dintero adapter itself, for its webhook subscriptions, and its settings.
pub(crate) fn dintero(config: &Config) -> Result<(Dintero, Settings)> {
    let policy = config.policy()?;
    let (provider, settings) = registry().settings_from_variables(variables(config, None))?;
    if provider != DINTERO {
        let message = "webhook subscriptions exist at Dintero only; for other providers, set the URL in their dashboard";
        let error = Error::new(ErrorKind::Unsupported, message).with_operation(Operation::Configure);
        return Err(error.with_provider(provider));
    }
    let config = DinteroConfig::from_settings(&settings)?.with_timeout(policy.attempt_timeout);
    Ok((Dintero::new(config)?, settings))
}

/// The variables, with the provider `name` if given.
fn variables(config: &Config, name: Option<&str>) -> BTreeMap<OsString, OsString> {
    let mut variables = config.variables().clone();
    if let Some(name) = name {
        variables.insert(VARIABLE.into(), name.into());
    }
    variables
}

/// The environment variable of a provider's setting.
pub(crate) fn variable(provider: &str, key: &str) -> String {
    format!("{provider}_{key}").to_ascii_uppercase().replace('-', "_")
}
