//! The providers that this command knows, and the one that is meant.

use std::collections::BTreeMap;

use refunds_core::{Policy, RefundClient, Registry, Result};
use refunds_dintero::DinteroFactory;
use refunds_mattilda::MattildaFactory;

const VARIABLE: &str = "REFUNDS_PROVIDER";

pub(crate) fn registry() -> Registry {
    Registry::new().with(DinteroFactory).with(MattildaFactory)
}

/// A client as the environment configures it, of the provider `name` if one is given.
pub(crate) fn client(name: Option<&str>) -> Result<RefundClient> {
    let mut variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if let Some(name) = name {
        variables.insert(VARIABLE.to_owned(), name.to_owned());
    }
    let policy = Policy::from_variables(|name| variables.get(name).cloned())?;
    Ok(RefundClient::new(registry().from_variables(variables)?).with_policy(policy))
}

/// The variable in which a provider's setting is given.
pub(crate) fn variable(provider: &str, key: &str) -> String {
    format!("{provider}_{key}").to_ascii_uppercase().replace('-', "_")
}
