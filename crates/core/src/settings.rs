//! Settings of a provider: keys and values, of which only the keys are ever printed.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};

use crate::{Error, ErrorKind, Operation, Result};

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

    /// The value of `key`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where it is not set.
    pub fn require(&self, key: &str) -> Result<&str> {
        self.get(key).ok_or_else(|| config(format!("the setting `{key}` is missing")))
    }

    /// The value of `key` as yes or no; no where it is not set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where it is neither `true` nor `false`.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(config(format!("the setting `{key}` has to be `true` or `false`"))),
        }
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

pub(crate) fn config(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, message).with_operation(Operation::Configure)
}
