//! Where settings come from: the environment, and under it a profile of the configuration file.

mod file;
mod rails;
mod value;

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    time::Duration,
};

use refunds_core::{Error, Policy, Result};

pub(crate) use self::rails::MaxAmount;
use crate::{args::Sources, registry::registry};

const PROVIDER: &str = "REFUNDS_PROVIDER";
const MAX_AMOUNT: &str = "REFUNDS_MAX_AMOUNT";
const FILE: &str = "REFUNDS_CONFIG";
const PROFILE: &str = "REFUNDS_PROFILE";
const TOTAL_TIMEOUT: &str = "REFUNDS_TOTAL_TIMEOUT";

/// The variables, wherever they come from.
pub(crate) struct Config {
    variables: BTreeMap<OsString, OsString>,
    profile: Option<String>,
    /// The variables of the profile that the environment has with other values.
    overridden: Vec<String>,
}

impl Config {
    /// Reads the environment, and the profile if one is chosen and the command needs an account.
    ///
    /// # Errors
    ///
    /// A file or profile that is asked for and is not there, or is malformed. No value is shown.
    pub(crate) fn load(sources: &Sources, needs_account: bool) -> Result<Self> {
        let environment: BTreeMap<_, _> = env::vars_os().filter(|(_, value)| !value.is_empty()).collect();
        let mut config = Self { variables: environment, profile: None, overridden: Vec::new() };
        if needs_account && let Some(profile) = file::chosen(sources, |name| config.text(name))? {
            let named = |error: Error| {
                let message =
                    format!("profile {} in {}: {}", profile.name, profile.file.display(), error.message());
                error.with_message(message)
            };
            let configured = config.text(PROVIDER)?;
            let chosen = sources.provider.as_deref();
            let variables = value::variables(&profile, configured.as_deref().or(chosen), chosen, &registry())
                .map_err(named)?;
            for (name, value) in variables {
                config.add(name, value.into());
            }
            config.profile = Some(profile.name);
        }
        if let Some(name) = &sources.provider {
            config.variables.insert(PROVIDER.into(), name.into());
        }
        Ok(config)
    }

    /// Replaces the time limit of a call.
    pub(crate) fn with_time_limit(mut self, limit: Option<Duration>) -> Self {
        if let Some(limit) = limit {
            let text = humantime::format_duration(limit).to_string();
            self.variables.insert(TOTAL_TIMEOUT.into(), text.into());
        }
        self
    }

    /// Adds a variable of the profile, unless the environment has it.
    fn add(&mut self, name: String, value: OsString) {
        match self.variables.get(OsStr::new(&name)) {
            None => {
                self.variables.insert(name.into(), value);
            }
            Some(other) if *other != value => self.overridden.push(name),
            Some(_) => {}
        }
    }

    pub(crate) fn variables(&self) -> &BTreeMap<OsString, OsString> {
        &self.variables
    }

    /// A variable's text.
    ///
    /// # Errors
    ///
    /// It is not UTF-8.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        let Some(value) = self.variables.get(OsStr::new(name)) else { return Ok(None) };
        let text =
            value.to_str().ok_or_else(|| Error::config(format!("the variable {name} is not UTF-8")))?;
        Ok(Some(text.to_owned()))
    }

    /// The chosen profile.
    pub(crate) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// What to warn of, if the environment hides parts of the profile.
    pub(crate) fn warning(&self) -> Option<String> {
        let profile = self.profile()?;
        (!self.overridden.is_empty()).then(|| {
            format!(
                "the environment overrides these settings of profile {profile}: {}",
                self.overridden.join(", ")
            )
        })
    }

    pub(crate) fn policy(&self) -> Result<Policy> {
        let unreadable = OnceCell::new();
        let policy = Policy::from_variables(|name| {
            self.text(name).unwrap_or_else(|error| {
                unreadable.get_or_init(|| error);
                None
            })
        });
        unreadable.into_inner().map_or(policy, Err)
    }

    /// The most that one refund may be, if there is a limit.
    pub(crate) fn max_amount(&self) -> Result<Option<MaxAmount>> {
        let Some(text) = self.text(MAX_AMOUNT)? else { return Ok(None) };
        MaxAmount::parse(&text).map(Some).map_err(|fault| Error::config(format!("{MAX_AMOUNT} {fault}")))
    }
}
