//! Environment variables. One that cannot be read is an error, never ignored.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use crate::{Error, Result};

/// An environment variable; `None` if it is not set or empty. [`Registry`](crate::Registry) and
/// [`Policy`](crate::Policy) read theirs the same way.
///
/// ```
/// assert_eq!(refunds_core::env_variable("REFUNDS_NO_SUCH_VARIABLE")?, None);
/// # Ok::<(), refunds_core::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Config`](crate::ErrorKind::Config) if the value is not UTF-8; ignoring it would use a default
/// instead. The message names the variable, never its value.
pub fn env_variable(name: &str) -> Result<Option<String>> {
    std::env::var_os(name).map_or(Ok(None), |value| Ok(text(name, &value)?.map(ToOwned::to_owned)))
}

/// Variables by name. A name that is not UTF-8 is kept in its printable form.
pub(crate) struct Variables(BTreeMap<String, OsString>);

impl Variables {
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>> {
        self.0.get(name).map_or(Ok(None), |value| text(name, value))
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let shown = |name: OsString| name.to_string_lossy().into_owned();
        Self(variables.into_iter().map(|(name, value)| (shown(name.into()), value.into())).collect())
    }
}

fn text<'a>(name: &str, value: &'a OsStr) -> Result<Option<&'a str>> {
    let text = value.to_str().ok_or_else(|| Error::config(format!("the variable {name} is not UTF-8")))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_not_utf_8_is_named_and_not_shown() {
        use std::os::unix::ffi::OsStringExt as _;

        let odd = OsString::from_vec(b"canary\xff".to_vec());
        let error = text("REFUNDS_LOG", &odd).unwrap_err();
        assert_eq!(error.message(), "the variable REFUNDS_LOG is not UTF-8");
        assert!(!format!("{error:?}").contains("canary"));
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        assert_eq!(text("REFUNDS_LOG", OsStr::new("")).unwrap(), None);
        assert_eq!(text("REFUNDS_LOG", OsStr::new("debug")).unwrap(), Some("debug"));
    }
}
