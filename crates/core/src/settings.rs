//! Settings of a provider. Their keys may be printed, their values never.

use std::{collections::BTreeMap, fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use crate::{Error, Operation, Result};

const CONTROL: &str = "contains a control character, such as a line break";

/// The settings of one provider, such as `account_id` and `client_secret`.
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

    /// Adds a setting. It replaces an earlier value of the key. Trailing line breaks are removed: a value
    /// that was read from a file usually ends with one.
    ///
    /// ```
    /// use refunds_core::Settings;
    ///
    /// let settings = Settings::new().with("token", "s3cret\r\n");
    /// assert_eq!(settings.get("token"), Some("s3cret"));
    /// ```
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let mut value = value.into();
        value.truncate(value.trim_end_matches(['\r', '\n']).len());
        self.0.insert(key.into(), SecretString::from(value));
        self
    }

    /// The value of `key`. An empty value counts as not set.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(ExposeSecret::expose_secret).filter(|value| !value.is_empty())
    }

    /// The value of `key` as a secret, unchanged: commas and blanks are part of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is set but empty or blank.
    pub fn secret(&self, key: &str) -> Result<Option<SecretString>> {
        let Some(secret) = self.0.get(key) else { return Ok(None) };
        if is_blank(secret) {
            return Err(blank(key));
        }
        Ok(Some(secret.clone()))
    }

    /// The secret `key` and, during rotation, the secret `key` with the suffix `_previous`. Empty if neither
    /// is set.
    ///
    /// An adapter that calls this for `webhook_secret` lists `webhook_secret_previous` among its
    /// settings as well.
    ///
    /// ```
    /// use refunds_core::Settings;
    ///
    /// let settings = Settings::new().with("webhook_secret", "new, whole");
    /// assert_eq!(settings.secrets("webhook_secret")?.len(), 1);
    /// let settings = settings.with("webhook_secret_previous", "old");
    /// assert_eq!(settings.secrets("webhook_secret")?.len(), 2);
    /// assert!(settings.secrets("token")?.is_empty());
    /// # Ok::<(), refunds_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if one of them is set but empty or blank, and if only
    /// the previous one is set.
    pub fn secrets(&self, key: &str) -> Result<Vec<SecretString>> {
        let key_of_previous = format!("{key}_previous");
        let previous = self.secret(&key_of_previous)?;
        match self.secret(key)? {
            Some(secret) => Ok([secret].into_iter().chain(previous).collect()),
            None if previous.is_none() => Ok(Vec::new()),
            None => Err(Error::config(format!("the setting `{key_of_previous}` is set without `{key}`"))),
        }
    }

    /// Refuses a secret that is empty, blank or contains a control character, and names the setting `key`.
    /// For an adapter's secrets that are set in code rather than by settings.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config). The message does not show the secret.
    pub fn check_secret(key: &str, secret: &SecretString) -> Result<()> {
        if is_blank(secret) {
            return Err(blank(key));
        }
        if has_control(secret.expose_secret(), false) {
            return Err(Error::config(format!("the setting `{key}` {CONTROL}")));
        }
        Ok(())
    }

    /// The value of `key`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is not set.
    pub fn require(&self, key: &str) -> Result<&str> {
        self.get(key).ok_or_else(|| Error::config(format!("the setting `{key}` is missing")))
    }

    /// The value of `key` as a boolean; `false` if it is not set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is neither `true` nor `false`.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Error::config(format!("the setting `{key}` must be `true` or `false`"))),
        }
    }

    /// The value of `key` as a duration, such as `500ms`, `10s` or `2m`; `None` if it is not set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is not a duration, or is zero.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let duration = humantime::parse_duration(text).ok().filter(|duration| !duration.is_zero());
        let message = || format!("the setting `{key}` must be a duration such as 500ms, 10s or 2m");
        duration.map(Some).ok_or_else(|| Error::config(message()))
    }

    /// Refuses settings that `provider` does not know, values that contain a control character such as a line
    /// break, and required settings that are not set or blank.
    ///
    /// A mistyped key would silently use a default: production, for a URL. A [`Registry`](crate::Registry)
    /// calls this before it builds a provider. An adapter's own constructor from settings calls it for
    /// callers without a registry.
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
    /// assert_eq!(error.message(), "unknown setting api_ulr of acme; expected one of: api_key, api_url");
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config). The message shows keys, never values.
    pub fn check(&self, provider: &str, known: &[SettingSpec]) -> Result<()> {
        self.check_spelled(provider, known, str::to_owned)
    }

    /// As [`check`](Self::check), where `spelled` is how the user writes a key.
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
            return refuse(format!("unknown setting {key} of {provider}; expected one of: {known}"));
        }
        let is_missing = |spec: &&SettingSpec| spec.required && self.0.get(spec.key).is_none_or(is_blank);
        let missing = list(&mut known.iter().filter(is_missing));
        if !missing.is_empty() {
            return refuse(format!("{provider} is missing required settings: {missing}"));
        }
        let odd = known
            .iter()
            .find(|spec| self.get(spec.key).is_some_and(|value| has_control(value, spec.multiline)));
        odd.map_or(Ok(()), |spec| refuse(format!("{} {CONTROL}", spelled(spec.key))))
    }

    /// The keys that are set.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A setting of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingSpec {
    /// The key in [`Settings`]. In capitals after the provider's prefix, it is the variable.
    pub key: &'static str,
    /// A one-line description.
    pub help: &'static str,
    /// Whether the provider requires it.
    pub required: bool,
    /// Whether its value may contain line breaks and tabs.
    pub multiline: bool,
}

impl SettingSpec {
    /// An optional setting.
    #[must_use]
    pub const fn optional(key: &'static str, help: &'static str) -> Self {
        Self { key, help, required: false, multiline: false }
    }

    /// A required setting.
    #[must_use]
    pub const fn required(key: &'static str, help: &'static str) -> Self {
        Self { key, help, required: true, multiline: false }
    }

    /// Allows line breaks and tabs in the value, for example for a PEM key.
    #[must_use]
    pub const fn multiline(mut self) -> Self {
        self.multiline = true;
        self
    }
}

fn is_blank(secret: &SecretString) -> bool {
    secret.expose_secret().trim().is_empty()
}

fn blank(key: &str) -> Error {
    Error::config(format!("the setting `{key}` is empty or blank"))
}

fn has_control(value: &str, multiline: bool) -> bool {
    value.chars().any(|c| c.is_control() && !(multiline && matches!(c, '\r' | '\n' | '\t')))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const KNOWN: [SettingSpec; 4] = [
        SettingSpec::optional("token", "token"),
        SettingSpec::optional("token_previous", "token before"),
        SettingSpec::optional("api_url", "base URL"),
        SettingSpec::optional("private_key", "key").multiline(),
    ];

    #[test]
    fn trailing_line_breaks_are_removed() {
        for (value, want) in [
            ("canary", Some("canary")),
            ("canary\n", Some("canary")),
            ("canary\r\n", Some("canary")),
            ("canary\n\r\n", Some("canary")),
            (" a, b ", Some(" a, b ")),
            ("\n", None),
            ("", None),
        ] {
            let settings = Settings::from_iter([("token", value)]);
            assert_eq!(settings.get("token"), want, "{value:?}");
            assert!(settings.check("acme", &KNOWN).is_ok(), "{value:?}");
        }
        assert!(Settings::new().with("flag", "true\n").flag("flag").unwrap());
        assert!(Settings::new().with("wait", "10s\r\n").duration("wait").unwrap().is_some());
    }

    #[test]
    fn a_required_setting_that_is_blank_is_missing() {
        const KNOWN: [SettingSpec; 1] = [SettingSpec::required("api_key", "key")];
        for (value, ok) in [("s3cret", true), ("", false), ("\n", false), (" \t ", false)] {
            let checked = Settings::new().with("api_key", value).check("acme", &KNOWN);
            assert_eq!(checked.is_ok(), ok, "{value:?}");
            if let Err(error) = checked {
                assert_eq!(error.message(), "acme is missing required settings: api_key", "{value:?}");
            }
        }
    }

    #[test]
    fn a_control_character_inside_a_value_is_refused_and_not_shown() {
        for (key, value, ok) in [
            ("token", "canary\nx", false),
            ("token", "\ncanary", false),
            ("token", "canary\0", false),
            ("token", "canary\t", false),
            ("token", "canary\u{85}", false),
            ("api_url", "https://canary.example\r\nx: y", false),
            ("private_key", "-----BEGIN canary\r\n\tAA==\n-----END canary\n", true),
            ("private_key", "-----BEGIN canary\u{1b}", false),
        ] {
            let checked = Settings::from_iter([(key, value)]).check("acme", &KNOWN);
            assert_eq!(checked.is_ok(), ok, "{key}: {value:?}");
            if let Err(error) = checked {
                assert_eq!((error.kind(), error.provider()), (ErrorKind::Config, Some("acme")));
                assert!(error.message().starts_with(key), "{error}");
                assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            }
            let secret = SecretString::from(value);
            assert!(
                Settings::check_secret(key, &secret).is_err(),
                "secrets set in code are not trimmed: {value:?}"
            );
        }
    }

    #[test]
    fn a_secret_is_complete_or_refused() {
        for (pairs, want) in [
            (&[][..], Ok(vec![])),
            (&[("token", "a,b")], Ok(vec!["a,b"])),
            (&[("token", " a ")], Ok(vec![" a "])),
            (&[("token", "new"), ("token_previous", "old")], Ok(vec!["new", "old"])),
            (&[("token", "")], Err("`token`")),
            (&[("token", " \t ")], Err("`token`")),
            (&[("token", "\n")], Err("`token`")),
            (&[("token", "new"), ("token_previous", " ")], Err("`token_previous`")),
            (&[("token_previous", "old")], Err("`token_previous` is set without `token`")),
        ] {
            let settings: Settings = pairs.iter().copied().collect();
            let secrets = settings.secrets("token");
            match want {
                Ok(want) => {
                    let secrets = secrets.unwrap();
                    let secrets: Vec<_> = secrets.iter().map(ExposeSecret::expose_secret).collect();
                    assert_eq!(secrets, want, "{pairs:?}");
                }
                Err(want) => {
                    let error = secrets.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Config, "{pairs:?}");
                    assert!(error.message().contains(want), "{pairs:?}: {error}");
                }
            }
        }
    }
}
