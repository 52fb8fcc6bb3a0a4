//! The providers that this command knows, and the one that is meant.

use std::collections::BTreeMap;

use refunds_core::{Error, ErrorKind, Operation, Policy, RefundClient, Registry, Result, Settings};
use refunds_dintero::{Dintero, DinteroConfig, DinteroFactory};
use refunds_mattilda::MattildaFactory;

const VARIABLE: &str = "REFUNDS_PROVIDER";
const DINTERO: &str = "dintero";

pub(crate) fn registry() -> Registry {
    Registry::new().with(DinteroFactory).with(MattildaFactory)
}

/// A client as the environment configures it, of the provider `name` if one is given.
pub(crate) fn client(name: Option<&str>) -> Result<RefundClient> {
    let variables = variables(name);
    let policy = policy(&variables)?;
    Ok(RefundClient::new(registry().from_variables(variables)?).with_policy(policy))
}

/// Dintero's adapter itself, for what no other has, and its settings.
pub(crate) fn dintero(name: Option<&str>) -> Result<(Dintero, Settings)> {
    let variables = variables(name);
    let policy = policy(&variables)?;
    // Whatever is wrong with the environment is found here.
    let meant = registry().from_variables(variables.clone())?;
    if meant.name() != DINTERO {
        let message =
            "webhook subscriptions are made at Dintero only; others take the URL in their dashboard";
        let error = Error::new(ErrorKind::Unsupported, message).with_operation(Operation::Configure);
        return Err(error.with_provider(meant.name()));
    }
    let prefix = variable(DINTERO, "");
    let settings: Settings = variables
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.to_ascii_lowercase(), value.as_str())))
        .collect();
    let config = DinteroConfig::from_settings(&settings)?.with_timeout(policy.attempt_timeout);
    Ok((Dintero::new(config)?, settings))
}

/// The environment, in which the provider is `name` if one is given.
fn variables(name: Option<&str>) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if let Some(name) = name {
        variables.insert(VARIABLE.to_owned(), name.to_owned());
    }
    variables
}

fn policy(variables: &BTreeMap<String, String>) -> Result<Policy> {
    Policy::from_variables(|name| variables.get(name).cloned())
}

/// The variable in which a provider's setting is given.
pub(crate) fn variable(provider: &str, key: &str) -> String {
    format!("{provider}_{key}").to_ascii_uppercase().replace('-', "_")
}
