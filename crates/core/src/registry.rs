//! Choosing a provider by its name.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    Capabilities, Error, Journal, MemoryJournal, Operation, RefundProvider, Result, Settings,
    journal::JournalFactory,
};

/// The variable that names the provider.
const PROVIDER_VARIABLE: &str = "REFUNDS_PROVIDER";
/// The variable that names the journal.
const JOURNAL_VARIABLE: &str = "REFUNDS_JOURNAL";
/// The journal that every registry knows.
const MEMORY: &str = "memory";

/// A setting that a provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingSpec {
    /// The key in [`Settings`]; in capitals behind the prefix, the variable.
    pub key: &'static str,
    /// What it is, in one line.
    pub help: &'static str,
    /// Whether a provider can not be built without it.
    pub required: bool,
}

impl SettingSpec {
    /// A setting that has a default.
    #[must_use]
    pub const fn optional(key: &'static str, help: &'static str) -> Self {
        Self { key, help, required: false }
    }

    /// A setting without which there is no provider.
    #[must_use]
    pub const fn required(key: &'static str, help: &'static str) -> Self {
        Self { key, help, required: true }
    }
}

/// Builds the provider of one adapter from settings. Each adapter crate has one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no factory of a provider",
    label = "this does not implement `ProviderFactory`",
    note = "a registry takes an adapter's factory, not the provider that it builds; to write one, see `refunds_core::guide::over_http`"
)]
pub trait ProviderFactory: Send + Sync {
    /// The name in `REFUNDS_PROVIDER`: lower case letters, digits, `-` and `_`.
    fn name(&self) -> &str;

    /// The settings that it knows. Any other is refused before [`build`](Self::build).
    fn settings(&self) -> &[SettingSpec];

    /// What a provider with default settings can do.
    fn capabilities(&self) -> Capabilities;

    /// Builds the provider. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting that is at fault and
    /// never its value.
    fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>>;
}

/// The providers that an application knows, by name.
///
/// A value that the application builds; there is no global one.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use refunds_core::{Registry, Settings, testing::MemoryFactory};
///
/// let registry = Registry::new().with(MemoryFactory::default());
/// let provider = registry.build("memory", &Settings::new())?;
/// assert_eq!(provider.name(), "memory");
///
/// let unknown = registry.build("stripe", &Settings::new()).unwrap_err();
/// assert!(unknown.to_string().contains("known are: memory"));
/// # }
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    providers: BTreeMap<String, Arc<dyn ProviderFactory>>,
    journals: BTreeMap<String, Arc<dyn JournalFactory>>,
}

impl Registry {
    /// A registry that knows nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider; an earlier one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, factory: impl ProviderFactory + 'static) -> Self {
        self.providers.insert(factory.name().to_owned(), Arc::new(factory));
        self
    }

    /// Adds a kind of journal; an earlier one of the same scheme is replaced. `memory` is always known.
    #[must_use]
    pub fn with_journal(mut self, factory: impl JournalFactory + 'static) -> Self {
        self.journals.insert(factory.scheme().to_owned(), Arc::new(factory));
        self
    }

    /// Opens the journal at `address`, such as `sqlite:/var/lib/shop/refunds.db`, or `memory`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a scheme without a factory (the known ones are
    /// listed): it never falls back to memory. And as [`JournalFactory::open`].
    pub fn journal(&self, address: &str) -> Result<Arc<dyn Journal>> {
        if address == MEMORY {
            return Ok(Arc::new(MemoryJournal::new()));
        }
        let (scheme, rest) = address.split_once(':').unwrap_or((address, ""));
        if let Some(factory) = self.journals.get(scheme) {
            return factory.open(rest);
        }
        let mut known: Vec<_> = self.journals.keys().map(|scheme| format!("{scheme}:…")).collect();
        known.push(MEMORY.to_owned());
        Err(Error::config(format!(
            "{JOURNAL_VARIABLE} names an unknown kind of journal; expected one of: {}",
            known.join(", ")
        )))
    }

    /// Opens the journal that `REFUNDS_JOURNAL` names; `None` where it is not set.
    ///
    /// # Errors
    ///
    /// As [`journal`](Self::journal).
    pub fn journal_from_env(&self) -> Result<Option<Arc<dyn Journal>>> {
        match std::env::var_os(JOURNAL_VARIABLE).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => match value.to_str() {
                Some(address) => self.journal(address).map(Some),
                None => Err(Error::config(format!("{JOURNAL_VARIABLE} is not UTF-8"))),
            },
        }
    }

    /// The factories, by name.
    pub fn factories(&self) -> impl Iterator<Item = &dyn ProviderFactory> {
        self.providers.values().map(AsRef::as_ref)
    }

    /// Builds the provider called `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown name (the known ones are
    /// listed), an unknown or missing setting, or a malformed one.
    pub fn build(&self, name: &str, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
        let factory = self.factory(name)?;
        settings
            .check(name, factory.settings())
            .and_then(|()| factory.build(settings))
            .map_err(|error| error.in_context(name, Operation::Configure))
    }

    /// Builds the provider that the environment names and configures: `REFUNDS_PROVIDER`, and its
    /// own settings behind its prefix, such as `DINTERO_ACCOUNT_ID`. A variable that is empty
    /// counts as not set.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build); an unknown variable behind the prefix is an error too, since a
    /// mistyped URL would lead to the default one.
    pub fn from_env(&self) -> Result<Arc<dyn RefundProvider>> {
        let mut variables = Vec::new();
        let mut unreadable = Vec::new();
        for (key, value) in std::env::vars_os() {
            let Ok(key) = key.into_string() else { continue };
            match value.into_string() {
                Ok(value) => variables.push((key, value)),
                Err(_) => unreadable.push(key),
            }
        }
        // A setting that is passed over would mean its default: production, for a URL.
        let name = variables.iter().find(|(key, _)| key == PROVIDER_VARIABLE).map(|(_, name)| prefix(name));
        let ours = |key: &&String| {
            *key == PROVIDER_VARIABLE || name.as_ref().is_some_and(|prefix| key.starts_with(prefix))
        };
        if let Some(key) = unreadable.iter().find(ours) {
            return Err(Error::config(format!("{key} is not UTF-8")));
        }
        self.from_variables(variables)
    }

    /// As [`from_env`](Self::from_env), from variables that are handed in.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables<K, V>(
        &self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Arc<dyn RefundProvider>>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let mut variables: BTreeMap<String, String> =
            variables.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        variables.retain(|_, value| !value.is_empty());
        let name = variables.get(PROVIDER_VARIABLE).ok_or_else(|| {
            Error::config(format!("{PROVIDER_VARIABLE} is not set; known are: {}", self.names()))
        })?;
        let factory = self.factory(name)?;
        let prefix = prefix(name);
        let settings: Settings = variables
            .iter()
            .filter_map(|(key, value)| {
                Some((key.strip_prefix(&prefix)?.to_ascii_lowercase(), value.as_str()))
            })
            .collect();
        let spelled = |key: &str| format!("{prefix}{}", key.to_ascii_uppercase());
        settings
            .check_spelled(name, factory.settings(), spelled)
            .and_then(|()| factory.build(&settings))
            .map_err(|error| error.in_context(name, Operation::Configure))
    }

    fn factory(&self, name: &str) -> Result<&dyn ProviderFactory> {
        self.providers
            .get(name)
            .map(AsRef::as_ref)
            .ok_or_else(|| Error::config(format!("no provider has this name; known are: {}", self.names())))
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.providers.keys().map(String::as_str).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.providers.keys()).finish()
    }
}

/// What the variables of the provider `name` begin with.
fn prefix(name: &str) -> String {
    format!("{}_", name.to_ascii_uppercase().replace('-', "_"))
}
