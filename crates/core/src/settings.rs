//! Settings of a provider: keys and values, of which only the keys are ever printed.

use std::{collections::BTreeMap, fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use crate::{Error, Operation, Result};

const CONTROL: &str = "contains a control character, such as a line break";

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

    /// Adds one; an earlier value of the key is replaced. Line ends at the end of the value are left
    /// out: a value that was read from a file usually has one.
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

    /// The value of `key`. One that is empty counts as not set.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(ExposeSecret::expose_secret).filter(|value| !value.is_empty())
    }

    /// The value of `key`, to be kept as a secret: all of it, commas and blanks included.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is set, and empty or blank.
    pub fn secret(&self, key: &str) -> Result<Option<SecretString>> {
        let Some(secret) = self.0.get(key) else { return Ok(None) };
        if is_blank(secret) {
            return Err(blank(key));
        }
        Ok(Some(secret.clone()))
    }

    /// The secret of `key` and, while one is replaced by another, the one in `key` with `_previous`
    /// behind it. None where neither is set.
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where one is set, and empty or blank, and where
    /// only the previous one is set.
    pub fn secrets(&self, key: &str) -> Result<Vec<SecretString>> {
        let key_of_previous = format!("{key}_previous");
        let previous = self.secret(&key_of_previous)?;
        match self.secret(key)? {
            Some(secret) => Ok([secret].into_iter().chain(previous).collect()),
            None if previous.is_none() => Ok(Vec::new()),
            None => Err(Error::config(format!("the setting `{key_of_previous}` is set without `{key}`"))),
        }
    }

    /// Refuses a secret that cannot be one, empty, blank or with a control character in it, and names
    /// the setting `key`: for an adapter's secrets that are given in code rather than by settings.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), which does not show the secret.
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

    /// Refuses settings that `provider` does not know, a value with a control character in it, such as
    /// a line break, and misses those that it needs: they are not set, or blank.
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
        let is_missing = |spec: &&SettingSpec| spec.required && self.0.get(spec.key).is_none_or(is_blank);
        let missing = list(&mut known.iter().filter(is_missing));
        if !missing.is_empty() {
            return refuse(format!("{provider} needs these settings too: {missing}"));
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

/// A setting that a provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingSpec {
    /// The key in [`Settings`]; in capitals behind the prefix, the variable.
    pub key: &'static str,
    /// What it is, in one line.
    pub help: &'static str,
    /// Whether a provider cannot be built without it.
    pub required: bool,
    /// Whether its value may have line breaks and tabs in it.
    pub multiline: bool,
}

impl SettingSpec {
    /// A setting that has a default.
    #[must_use]
    pub const fn optional(key: &'static str, help: &'static str) -> Self {
        Self { key, help, required: false, multiline: false }
    }

    /// A setting without which there is no provider.
    #[must_use]
    pub const fn required(key: &'static str, help: &'static str) -> Self {
        Self { key, help, required: true, multiline: false }
    }

    /// The same setting, whose value may have line breaks and tabs in it, as a key in PEM has.
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
    Error::config(format!("the setting `{key}` is set, and is empty or blank"))
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
    fn line_ends_behind_a_value_are_no_part_of_it() {
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
                assert_eq!(error.message(), "acme needs these settings too: api_key", "{value:?}");
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
            assert!(Settings::check_secret(key, &secret).is_err(), "in code, nothing is left out: {value:?}");
        }
    }

    #[test]
    fn a_secret_is_whole_or_refused() {
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
