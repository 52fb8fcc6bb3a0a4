//! Choosing a provider by name.

use std::{collections::BTreeMap, ffi::OsString, fmt, sync::Arc};

use crate::{
    Capabilities, Error, Journal, MemoryJournal, Operation, RefundProvider, Result, SettingSpec, Settings,
    environment::{Variables, env_variable},
    journal::JournalFactory,
};

/// The variable that names the provider.
const PROVIDER_VARIABLE: &str = "REFUNDS_PROVIDER";
/// The variable that names the journal.
const JOURNAL_VARIABLE: &str = "REFUNDS_JOURNAL";
/// The journal that every registry knows.
const MEMORY: &str = "memory";

/// Builds an adapter's provider from settings. Each adapter crate has one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `ProviderFactory`",
    label = "not a provider factory",
    note = "a registry takes an adapter's factory, not the provider that it builds; to write one, see `refunds_core::guide::over_http`"
)]
pub trait ProviderFactory: Send + Sync {
    /// The name in `REFUNDS_PROVIDER`: lower-case letters, digits, `-` and `_`. The provider's variables
    /// begin with this name in capitals, with `_` for `-`.
    fn name(&self) -> &str;

    /// The known settings. Unknown settings are refused before [`build`](Self::build).
    fn settings(&self) -> &[SettingSpec];

    /// What a provider with default settings supports.
    fn capabilities(&self) -> Capabilities;

    /// Builds the provider. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config). The message names the wrong setting, never its value.
    fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>>;
}

/// The providers and journals that an application can use, by name.
///
/// The application builds it; there is no global registry.
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
/// assert!(unknown.to_string().contains("expected one of: memory"));
/// # }
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    providers: BTreeMap<String, Arc<dyn ProviderFactory>>,
    journals: BTreeMap<String, Arc<dyn JournalFactory>>,
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider. It replaces an earlier one with the same name.
    #[must_use]
    pub fn with(mut self, factory: impl ProviderFactory + 'static) -> Self {
        self.providers.insert(factory.name().to_owned(), Arc::new(factory));
        self
    }

    /// Adds a kind of journal. It replaces an earlier one with the same scheme. `memory` is always available.
    #[must_use]
    pub fn with_journal(mut self, factory: impl JournalFactory + 'static) -> Self {
        self.journals.insert(factory.scheme().to_owned(), Arc::new(factory));
        self
    }

    /// Opens the journal at `address`, such as `sqlite:/var/lib/shop/refunds.db`, or `memory`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown scheme, with the known schemes: it
    /// never falls back to memory. Otherwise as [`JournalFactory::open`].
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
            "{JOURNAL_VARIABLE} is not a known kind of journal; expected one of: {}",
            known.join(", ")
        )))
    }

    /// Opens the journal in `REFUNDS_JOURNAL`; `None` if the variable is not set.
    ///
    /// # Errors
    ///
    /// As [`journal`](Self::journal).
    pub fn journal_from_env(&self) -> Result<Option<Arc<dyn Journal>>> {
        env_variable(JOURNAL_VARIABLE)?.map(|address| self.journal(&address)).transpose()
    }

    /// The provider factories, by name.
    pub fn factories(&self) -> impl Iterator<Item = &dyn ProviderFactory> {
        self.providers.values().map(AsRef::as_ref)
    }

    /// Builds the provider `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown name (the message lists the known
    /// names) and for an unknown, missing or malformed setting.
    pub fn build(&self, name: &str, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
        let factory = self.factory(name)?;
        settings
            .check(name, factory.settings())
            .and_then(|()| factory.build(settings))
            .map_err(|error| error.in_context(name, Operation::Configure))
    }

    /// Builds the provider that the environment configures: `REFUNDS_PROVIDER` names it, and variables with
    /// its prefix are its settings, such as `DINTERO_ACCOUNT_ID`. An empty variable counts as not set. A
    /// variable that begins with the prefixes of two providers, such as `acme` and `acme-eu`, belongs to the
    /// one with the longer prefix.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build). A variable with the prefix that is unknown or not UTF-8 is an error too:
    /// ignoring a mistyped URL would use the default URL.
    pub fn from_env(&self) -> Result<Arc<dyn RefundProvider>> {
        self.from_variables(std::env::vars_os())
    }

    /// As [`from_env`](Self::from_env), from the given variables.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables<K, V>(
        &self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Arc<dyn RefundProvider>>
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let (name, settings) = self.settings_from_variables(variables)?;
        self.factory(&name)?.build(&settings).map_err(|error| error.in_context(&name, Operation::Configure))
    }

    /// The name and the settings of the configured provider, without building it.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use refunds_core::{Registry, testing::MemoryFactory};
    ///
    /// let registry = Registry::new().with(MemoryFactory::default());
    /// let (name, settings) = registry.settings_from_variables([("REFUNDS_PROVIDER", "memory")])?;
    /// assert_eq!((name.as_str(), settings.keys().count()), ("memory", 0));
    /// # }
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env) for names and keys. Values are checked when the provider is built.
    pub fn settings_from_variables<K, V>(
        &self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(String, Settings)>
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let variables: Variables = variables.into_iter().collect();
        let name = variables.get(PROVIDER_VARIABLE)?.ok_or_else(|| {
            Error::config(format!("{PROVIDER_VARIABLE} is not set; expected one of: {}", self.names()))
        })?;
        let known = self.factory(name)?.settings();
        let settings = self
            .read_settings(name, known, &variables)
            .map_err(|error| error.in_context(name, Operation::Configure))?;
        Ok((name.to_owned(), settings))
    }

    /// The checked settings of the provider `name`, which accepts the settings `known`.
    fn read_settings(&self, name: &str, known: &[SettingSpec], variables: &Variables) -> Result<Settings> {
        let own = prefix(name);
        if let Some(other) = self.providers.keys().find(|other| *other != name && prefix(other) == own) {
            return Err(Error::config(format!(
                "the providers {name} and {other} both read the variables {own}…; rename one of them"
            )));
        }
        let mut settings = Settings::new();
        for variable in variables.names() {
            let Some(key) = variable.strip_prefix(&own) else { continue };
            let key = key.to_ascii_lowercase();
            if let Some(owner) = self.owner(variable).filter(|owner| *owner != name) {
                // Ignoring a variable that is meant for this provider would use the default instead.
                if known.iter().any(|spec| spec.key == key) {
                    return Err(Error::config(format!(
                        "{variable} is a setting of both {owner} and {name}; rename one of the providers"
                    )));
                }
                continue;
            }
            if let Some(value) = variables.get(variable)? {
                settings = settings.with(key, value);
            }
        }
        settings.check_spelled(name, known, |key| format!("{own}{}", key.to_ascii_uppercase()))?;
        Ok(settings)
    }

    /// The provider that a variable belongs to: the one with the longest matching prefix.
    fn owner(&self, variable: &str) -> Option<&str> {
        let owners = self.providers.keys().filter(|name| variable.starts_with(&prefix(name)));
        owners.max_by_key(|name| name.len()).map(String::as_str)
    }

    fn factory(&self, name: &str) -> Result<&dyn ProviderFactory> {
        self.providers
            .get(name)
            .map(AsRef::as_ref)
            .ok_or_else(|| Error::config(format!("unknown provider; expected one of: {}", self.names())))
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

/// The prefix of the variables of the provider `name`.
fn prefix(name: &str) -> String {
    format!("{}_", name.to_ascii_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, testing::MemoryProvider};

    const SETTINGS: [SettingSpec; 3] = [
        SettingSpec::required("api_key", "key of the API"),
        SettingSpec::optional("api_url", "base URL"),
        SettingSpec::optional("eu_region", "region in Europe"),
    ];

    /// Builds a provider if the settings contain this API key.
    struct Keyed(&'static str, &'static str);

    impl ProviderFactory for Keyed {
        fn name(&self) -> &str {
            self.0
        }

        fn settings(&self) -> &[SettingSpec] {
            &SETTINGS
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities::default()
        }

        fn build(&self, settings: &Settings) -> Result<Arc<dyn RefundProvider>> {
            assert_eq!(settings.require("api_key")?, self.1, "the key of another provider");
            Ok(Arc::new(MemoryProvider::new()))
        }
    }

    #[test]
    fn two_providers_share_an_environment_although_one_name_begins_with_the_other() {
        let registry = Registry::new().with(Keyed("acme", "one")).with(Keyed("acme-eu", "two"));
        let keys = [("ACME_API_KEY", "one"), ("ACME_EU_API_KEY", "two")];
        for name in ["acme", "acme-eu"] {
            registry.from_variables(keys.into_iter().chain([("REFUNDS_PROVIDER", name)])).unwrap();
        }
        // Without the second provider, the same variable is a mistyped setting of the first.
        let alone = Registry::new().with(Keyed("acme", "one"));
        let variables = keys.into_iter().chain([("REFUNDS_PROVIDER", "acme")]);
        let error = alone.from_variables(variables).map(drop).unwrap_err();
        assert!(error.message().contains("ACME_EU_API_KEY"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf_8_is_named_where_it_is_ours() {
        use std::os::unix::ffi::OsStringExt as _;

        let registry = Registry::new().with(Keyed("acme", "one")).with(Keyed("acme-eu", "two"));
        let odd = || OsString::from_vec(b"https://canary.example/\xff".to_vec());
        for (variable, ours) in [
            ("ACME_API_URL", true),
            ("REFUNDS_PROVIDER", true),
            ("ACME_EU_API_URL", false),
            ("LS_COLORS", false),
        ] {
            let variables = [("REFUNDS_PROVIDER", "acme"), ("ACME_API_KEY", "one")];
            let mut variables: BTreeMap<OsString, OsString> =
                variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            variables.insert(variable.into(), odd());
            let error = registry.from_variables(variables).err();
            assert_eq!(error.is_some(), ours, "{variable}: {error:?}");
            if let Some(error) = error {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.message().contains(variable), "{error}");
                assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            }
        }
    }

    #[test]
    fn a_variable_that_two_providers_would_read_is_refused() {
        let registry = Registry::new().with(Keyed("acme", "one")).with(Keyed("acme-eu", "two"));
        let variables = [("REFUNDS_PROVIDER", "acme"), ("ACME_API_KEY", "one"), ("ACME_EU_REGION", "canary")];
        let error = registry.from_variables(variables).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("ACME_EU_REGION") && error.message().contains("acme-eu"), "{error}");
        assert!(!error.message().contains("canary"), "{error}");
    }

    #[test]
    fn providers_that_would_read_the_same_variables_are_refused() {
        let registry = Registry::new().with(Keyed("acme-eu", "one")).with(Keyed("acme_eu", "one"));
        for name in ["acme-eu", "acme_eu"] {
            let variables = [("REFUNDS_PROVIDER", name), ("ACME_EU_API_KEY", "one")];
            let error = registry.from_variables(variables).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            for part in ["acme-eu", "acme_eu", "ACME_EU_"] {
                assert!(error.message().contains(part), "{error}");
            }
            // Settings that are passed directly are not ambiguous.
            registry.build(name, &Settings::new().with("api_key", "one")).unwrap();
        }
    }
}
