//! The values of a profile: as they are written, or from a variable, a file or a command.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use refunds_core::{Error, ProviderFactory, Registry, Result};

use super::file::{Profile, Value};

/// Settings that are not a provider's, and their variables.
const GENERAL: [(&str, &str); 9] = [
    ("provider", "REFUNDS_PROVIDER"),
    ("journal", "REFUNDS_JOURNAL"),
    ("log", "REFUNDS_LOG"),
    ("max_amount", "REFUNDS_MAX_AMOUNT"),
    ("max_attempts", "REFUNDS_MAX_ATTEMPTS"),
    ("attempt_timeout", "REFUNDS_ATTEMPT_TIMEOUT"),
    ("total_timeout", "REFUNDS_TOTAL_TIMEOUT"),
    ("settle_timeout", "REFUNDS_SETTLE_TIMEOUT"),
    ("resubmit_after", "REFUNDS_RESUBMIT_AFTER"),
];
/// How alike two names are, from 0 to 1, for one to be what was meant by the other.
const ALIKE: f64 = 0.8;
/// The longest value.
const MAX_BYTES: u64 = 64 << 10;

/// The variables that a profile sets. `configured` is the provider of the environment, `chosen`
/// that of the command line.
pub(super) fn variables(
    profile: &Profile,
    configured: Option<&str>,
    chosen: Option<&str>,
    registry: &Registry,
) -> Result<Vec<(String, String)>> {
    let own = match profile.values.get("provider") {
        Some(Value::Text(name)) => Some(name.as_str()),
        Some(_) => return Err(Error::config("`provider` must be a provider's name in quotation marks")),
        None => configured,
    };
    if let (Some(own), Some(chosen)) = (own, chosen)
        && own != chosen
    {
        return Err(Error::config(format!("it is of {own}, but --provider says {chosen}")));
    }
    let name = own.ok_or_else(|| Error::config("`provider` is missing"))?;
    let factory = registry.factories().find(|factory| factory.name() == name).ok_or_else(|| {
        let known: Vec<_> = registry.factories().map(ProviderFactory::name).collect();
        Error::config(format!("`provider` is not known; expected one of: {}", known.join(", ")))
    })?;
    let settings: Vec<&str> = factory.settings().iter().map(|spec| spec.key).collect();
    let mut variables = Vec::new();
    for (key, value) in &profile.values {
        let variable = match GENERAL.iter().find(|(known, _)| known == key) {
            Some((_, variable)) => (*variable).to_owned(),
            None if settings.contains(&key.as_str()) => crate::registry::variable(name, key),
            None => return Err(unknown(key, name, &settings)),
        };
        let mut text = read(key, value, &profile.file)?;
        if key.ends_with("_file") {
            // Beside the configuration, as what `file:` names.
            text = beside(&profile.file, &text).to_string_lossy().into_owned();
        }
        variables.push((variable, text));
    }
    Ok(variables)
}

fn unknown(key: &str, provider: &str, settings: &[&str]) -> Error {
    let known = settings.iter().copied().chain(GENERAL.iter().map(|(known, _)| *known));
    let similar = known
        .map(|known| (strsim::jaro_winkler(key, known), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let hint = match similar {
        Some((_, meant)) => format!("; did you mean `{meant}`?"),
        None => "; `refunds providers` lists the settings".to_owned(),
    };
    Error::config(format!("`{key}` is not a setting of {provider}{hint}"))
}

fn read(key: &str, value: &Value, file: &Path) -> Result<String> {
    let text = match value {
        Value::Flag(flag) => return Ok(flag.to_string()),
        Value::Number(number) => return Ok(number.to_string()),
        Value::Command { command } => return output_of(key, command),
        Value::Other(_) => {
            return Err(Error::config(format!(
                "`{key}` must be a text, a number, true, false or {{ command = [\"PROGRAM\", \"ARGUMENT\"] }}"
            )));
        }
        Value::Text(text) => text,
    };
    if let Some(name) = text.strip_prefix("env:") {
        return match env::var(name) {
            Ok(value) if !value.is_empty() => Ok(value),
            Ok(_) | Err(env::VarError::NotPresent) => {
                Err(Error::config(format!("`{key}` is read from the variable {name}, which is not set")))
            }
            Err(env::VarError::NotUnicode(_)) => {
                Err(Error::config(format!("`{key}` is read from the variable {name}, which is not UTF-8")))
            }
        };
    }
    if let Some(path) = text.strip_prefix("file:") {
        return contents(key, &beside(file, path));
    }
    Ok(text.clone())
}

/// A path that is relative to the configuration file, wherever the command runs.
fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

fn contents(key: &str, path: &Path) -> Result<String> {
    let refuse =
        |fault: &str| Error::config(format!("`{key}` is read from {}, which {fault}", path.display()));
    let about = |error: std::io::Error| refuse("cannot be read").with_source(error);
    if fs::metadata(path).map_err(about)?.len() > MAX_BYTES {
        return Err(refuse("is too large"));
    }
    let text = fs::read_to_string(path).map_err(about)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// What a command prints. Its own messages go where this command's go.
fn output_of(key: &str, command: &[String]) -> Result<String> {
    let [program, arguments @ ..] = command else {
        return Err(Error::config(format!("the command of `{key}` is empty")));
    };
    // What is more than a name may hold a secret.
    let name = if program.contains(char::is_whitespace) { "" } else { program };
    let refuse = |fault: String| Error::config(format!("the command {name} of `{key}` {fault}"));
    let output = Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::inherit())
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| refuse("cannot be run".to_owned()).with_source(error))?;
    if !output.status.success() {
        return Err(refuse(format!("failed: {}", output.status)));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| refuse("did not print UTF-8".to_owned()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(refuse("printed nothing".to_owned()));
    }
    Ok(text.to_owned())
}
