//! Settings of a provider: keys and values, of which only the keys are ever printed.

use std::{collections::BTreeMap, fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use crate::{Error, Operation, Result, SettingSpec};

/// A map of settings for one provider, such as `account_id` and `client_secret`.
///
/// ```
/// use refunds_core::Settings;
///
/// let settings = Settings::from_iter([("account_id", "T11223344"), ("client_secret", "s3cret")]);
/// assert_eq!(settings.require("account_id")?, "T11223344");
/// assert!(!format!("{settings:?}").contains("s3cret"));
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, SecretString>);

impl Settings {
    /// No settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; an earlier value of the key is replaced.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(key.into(), SecretString::from(value.into()));
        self
    }

    /// The value of `key`. One that is empty counts as not set.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(ExposeSecret::expose_secret).filter(|value| !value.is_empty())
    }

    /// The value of `key`, to be kept as a secret.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<SecretString> {
        self.get(key).map(SecretString::from)
    }

    /// The secrets of `key`, where one setting holds several behind commas, as while one is replaced by
    /// another; none where it is not set.
    ///
    /// ```
    /// use refunds_core::Settings;
    ///
    /// let settings = Settings::new().with("webhook_secret", "new-one, old-one");
    /// assert_eq!(settings.secrets("webhook_secret").len(), 2);
    /// assert!(settings.secrets("token").is_empty());
    /// ```
    #[must_use]
    pub fn secrets(&self, key: &str) -> Vec<SecretString> {
        let secrets = self.get(key).into_iter().flat_map(|list| list.split(','));
        secrets.map(str::trim).filter(|secret| !secret.is_empty()).map(SecretString::from).collect()
    }

    /// The value of `key`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is not set.
    pub fn require(&self, key: &str) -> Result<&str> {
        self.get(key).ok_or_else(|| Error::config(format!("the setting `{key}` is missing")))
    }

    /// The value of `key` as yes or no; no where it is not set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is neither `true` nor `false`.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Error::config(format!("the setting `{key}` has to be `true` or `false`"))),
        }
    }

    /// The value of `key` as a time, such as `500ms`, `10s` or `2m`; nothing where it is not set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is none, or no time at all.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let duration = humantime::parse_duration(text).ok().filter(|duration| !duration.is_zero());
        let message = || format!("the setting `{key}` has to be a duration such as 500ms, 10s or 2m");
        duration.map(Some).ok_or_else(|| Error::config(message()))
    }

    /// Refuses settings that `provider` does not know, and misses those that it needs.
    ///
    /// A mistyped key would silently mean a default: production, for a URL. A
    /// [`Registry`](crate::Registry) calls this before it builds anything; an adapter's own
    /// constructor from settings calls it for whoever comes past the registry.
    ///
    /// ```
    /// use refunds_core::{SettingSpec, Settings};
    ///
    /// const KNOWN: [SettingSpec; 2] = [
    ///     SettingSpec::required("api_key", "key of the API"),
    ///     SettingSpec::optional("api_url", "base URL, default https://api.acme.example"),
    /// ];
    ///
    /// let mistyped = Settings::from_iter([("api_key", "s3cret"), ("api_ulr", "https://localhost")]);
    /// let error = mistyped.check("acme", &KNOWN).unwrap_err();
    /// assert_eq!(error.message(), "api_ulr is no setting of acme; known are: api_key, api_url");
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming keys and no values.
    pub fn check(&self, provider: &str, known: &[SettingSpec]) -> Result<()> {
        self.check_spelled(provider, known, str::to_owned)
    }

    /// As [`check`](Self::check); `spelled` is how the user wrote a key.
    pub(crate) fn check_spelled(
        &self,
        provider: &str,
        known: &[SettingSpec],
        spelled: impl Fn(&str) -> String,
    ) -> Result<()> {
        let list = |specs: &mut dyn Iterator<Item = &SettingSpec>| {
            specs.map(|spec| spelled(spec.key)).collect::<Vec<_>>().join(", ")
        };
        let refuse = |message| Err(Error::config(message).in_context(provider, Operation::Configure));
        if let Some(key) = self.keys().find(|key| !known.iter().any(|spec| spec.key == *key)) {
            let (key, known) = (spelled(key), list(&mut known.iter()));
            return refuse(format!("{key} is no setting of {provider}; known are: {known}"));
        }
        let missing = list(&mut known.iter().filter(|spec| spec.required && self.get(spec.key).is_none()));
        if missing.is_empty() {
            return Ok(());
        }
        refuse(format!("{provider} needs these settings too: {missing}"))
    }

    /// The keys that are set.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Settings {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        pairs.into_iter().fold(Self::new(), |settings, (key, value)| settings.with(key, value))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
