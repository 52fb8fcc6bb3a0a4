//! The settings and payments of a sandbox, as a TOML file holds them.

use std::{ops::Range, path::Path};

use refunds_sandbox::{Outcome, Provider};
use serde::Deserialize;
use toml::Spanned;

use super::{
    suggest::nearest,
    values::{Amount, Code, LineId, PageSize, Parsed, Rate, Time},
};
use crate::{
    args::{Fields, Idempotency, SandboxArgs, WebhookUrl},
    commands::Result,
    failure::Failure,
    input,
};

/// What Serde writes, for people who do not know Rust.
const WORDS: [(&str, &str); 4] = [
    ("missing field", "missing key"),
    ("expected u16", "expected a number from 0 to 65535"),
    ("expected u64", "expected a whole number that is not negative"),
    ("expected i64", "expected a whole number"),
];
/// The payments of a sandbox without a scenario.
const DEFAULT: &str = include_str!("default.toml");

/// A scenario. What is not given has the sandbox's own default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Scenario {
    pub(super) seed: Option<u64>,
    pub(super) settle_after: Option<Parsed<Time>>,
    pub(super) faults: Vec<Spanned<String>>,
    pub(super) dintero: DinteroSide,
    pub(super) mattilda: MattildaSide,
    #[serde(rename = "payment")]
    pub(super) payments: Vec<Spanned<Payment>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DinteroSide {
    pub(super) port: Option<u16>,
    pub(super) webhooks: Option<Parsed<WebhookUrl>>,
    pub(super) rate_limit: Option<Parsed<Rate>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MattildaSide {
    pub(super) port: Option<u16>,
    pub(super) webhooks: Option<Parsed<WebhookUrl>>,
    pub(super) rate_limit: Option<Parsed<Rate>>,
    pub(super) fields: Option<Fields>,
    pub(super) page_size: Option<PageSize>,
    pub(super) idempotency: Option<Idempotency>,
}

/// A payment to add.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payment {
    pub(super) provider: Parsed<Provider>,
    pub(super) kind: Kind,
    pub(super) currency: Parsed<Code>,
    pub(super) amount: Option<Spanned<Amount>>,
    /// The part that is captured.
    pub(super) captured: Option<Spanned<Amount>>,
    pub(super) name: Option<String>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) reference: Option<String>,
    pub(super) outcome: Option<Parsed<Outcome>>,
    pub(super) settle_after: Option<Parsed<Time>>,
    pub(super) product: Option<Spanned<String>>,
    pub(super) callback_url: Option<Parsed<WebhookUrl>>,
    #[serde(default)]
    pub(super) lines: Vec<Line>,
    #[serde(default)]
    pub(super) gift_cards: Vec<Spanned<Amount>>,
    #[serde(default)]
    pub(super) faults: Vec<Spanned<String>>,
}

/// What a payment is, and how its refunds end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Captured,
    Authorized,
    Asynchronous,
    Declining,
    Order,
}

impl Kind {
    /// The inverse of [`as_str`](Self::as_str).
    pub(super) fn of(name: &str) -> Option<Self> {
        let all = [Self::Captured, Self::Authorized, Self::Asynchronous, Self::Declining, Self::Order];
        all.into_iter().find(|kind| kind.as_str() == name)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Authorized => "authorized",
            Self::Asynchronous => "asynchronous",
            Self::Declining => "declining",
            Self::Order => "order",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) id: Spanned<LineId>,
    pub(super) amount: Spanned<Amount>,
}

/// A scenario's text and where it is from, to say where a mistake is.
#[derive(Debug)]
pub(super) struct Source {
    file: String,
    text: String,
}

impl Source {
    fn of(file: Option<&Path>) -> Result<Self> {
        Ok(match file {
            Some(file) => Self { file: file.display().to_string(), text: input::text(file)? },
            None => Self { file: "the default scenario".to_owned(), text: DEFAULT.to_owned() },
        })
    }

    /// A mistake at this place.
    pub(super) fn mistake(&self, at: Option<Range<usize>>, message: &str) -> Failure {
        let before = at.and_then(|at| self.text.get(..at.start));
        let line = before.map(|before| format!("{}:", before.matches('\n').count() + 1));
        Failure::Usage(format!("{}:{} {message}", self.file, line.unwrap_or_default()))
    }

    fn read(&self) -> Result<Scenario> {
        toml::from_str(&self.text).map_err(|error| self.mistake(error.span(), &reworded(error.message())))
    }
}

/// The scenario of the arguments, in which flags win.
pub(super) fn scenario(args: &SandboxArgs) -> Result<(Scenario, Source)> {
    let source = Source::of(args.scenario.as_deref())?;
    let mut scenario = source.read()?;
    override_with(&mut scenario, args);
    Ok((scenario, source))
}

/// The payments of a scenario that has none.
pub(super) fn default_payments() -> Result<(Vec<Spanned<Payment>>, Source)> {
    let source = Source::of(None)?;
    Ok((source.read()?.payments, source))
}

fn override_with(scenario: &mut Scenario, args: &SandboxArgs) {
    fn put<T>(place: &mut Option<T>, flag: Option<T>) {
        *place = flag.or(place.take());
    }
    put(&mut scenario.seed, args.seed);
    put(&mut scenario.settle_after, args.settle_after.map(|time| Parsed(Time(time))));
    put(&mut scenario.dintero.port, args.dintero_port);
    put(&mut scenario.dintero.webhooks, args.dintero_webhooks.clone().map(Parsed));
    put(&mut scenario.mattilda.port, args.mattilda_port);
    put(&mut scenario.mattilda.webhooks, args.mattilda_webhooks.clone().map(Parsed));
    put(&mut scenario.mattilda.fields, args.mattilda_fields);
    put(&mut scenario.mattilda.page_size, args.mattilda_page_size.map(PageSize));
    put(&mut scenario.mattilda.idempotency, args.mattilda_idempotency);
}

/// Serde's message about a word that it does not know, with the word that was probably meant.
fn reworded(message: &str) -> String {
    let message = message.trim().replace('\n', " ");
    for (prefix, what) in [("unknown field ", "unknown key"), ("unknown variant ", "unknown value")] {
        let Some(rest) = message.strip_prefix(prefix) else { continue };
        let words: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        return match words.split_first() {
            Some((given, expected)) => match nearest(given, expected) {
                Some(meant) => format!("{what} `{given}`, did you mean `{meant}`?"),
                None => format!("{what} `{given}`, expected one of {}", expected.join(", ")),
            },
            None => format!("{what} {rest}"),
        };
    }
    WORDS.iter().fold(message, |message, (serde, ours)| message.replace(serde, ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        let source = Source { file: "s.toml".to_owned(), text: text.to_owned() };
        match source.read() {
            Err(Failure::Usage(message)) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_mistake_has_its_line_and_what_was_probably_meant() {
        let payment = "[[payment]]\nprovider = \"dintero\"\n";
        for (text, expected) in [
            (
                "seed = 1\nsettle_afer = \"1s\"\n",
                "s.toml:2: unknown key `settle_afer`, did you mean `settle_after`?",
            ),
            ("[mattilda]\n\nfeilds = 1\n", "s.toml:3: unknown key `feilds`, did you mean `fields`?"),
            (
                "[mattilda]\nfields = \"documentd\"\n",
                "s.toml:2: unknown value `documentd`, did you mean `documented`?",
            ),
            (
                "[dintero]\nfields = \"x\"\n",
                "s.toml:2: unknown key `fields`, expected one of port, webhooks, rate_limit",
            ),
            (
                &format!("{payment}kind = \"captured\"\ncurrency = \"NOK\"\namount = 448.50\n"),
                "s.toml:5: invalid type: floating point `448.5`, expected an amount in quotes, such as \"448.50\"",
            ),
            (
                &format!("{payment}kind = \"capturd\"\n"),
                "s.toml:3: unknown value `capturd`, did you mean `captured`?",
            ),
            (
                &format!("{payment}kind = \"captured\"\nammount = \"1\"\n"),
                "s.toml:4: unknown key `ammount`, did you mean `amount`?",
            ),
            (
                "[dintero]\nport = 70000",
                "s.toml:2: invalid value: integer `70000`, expected a number from 0 to 65535",
            ),
            ("[[payment]]\nprovider = \"dintero\"\n", "s.toml:1: missing key `kind`"),
            ("settle_after = \"soon\"", "s.toml:1: expected a time, such as 30s or 10m"),
            (
                &format!("{payment}kind = \"captured\"\ncurrency = \"kr\"\n"),
                "s.toml:4: not an ISO 4217 currency code; expected three capital letters, such as EUR",
            ),
            ("[dintero]\nrate_limit = \"fast\"\n", "s.toml:2: expected requests and a time, such as 50/1m"),
        ] {
            assert_eq!(mistake(text), expected);
        }
        for (text, expected) in [
            ("[[payment]]\nprovider = \"stripe\"\n", "s.toml:2: unknown provider"),
            (
                "[dintero]\nwebhooks = \"https://shop.example/\"\n",
                "s.toml:2: the sandbox sends only to this machine",
            ),
            ("seed = \n", "s.toml:1: "),
        ] {
            assert!(mistake(text).starts_with(expected), "{}", mistake(text));
        }
    }
}
