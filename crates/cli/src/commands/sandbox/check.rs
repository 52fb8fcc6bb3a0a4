//! Checks the payments of a scenario: what the file's syntax cannot say.

use std::{collections::HashSet, ops::Range};

use refunds_core::{Currency, Money};
use refunds_sandbox::{DinteroSandbox, FaultRule, Outcome, ParseFaultError, Provider, dintero, mattilda};
use toml::Spanned;

use super::{
    payments::{Spec, Wanted},
    scenario::{Kind, Payment, Source},
    values::Amount,
};
use crate::commands::Result;

/// Dintero's amounts have 32 bits.
const MAX_DINTERO: i64 = i32::MAX as i64;
const MAX_MATTILDA: i64 = 99_999_999;
const MAX_ORDER_ID: usize = 40;

/// What is wrong, and where.
type Problem = (Range<usize>, String);
type Checked<T> = Result<T, Problem>;

/// The payments, each with a name of its own at its provider.
pub(super) fn payments(payments: &[Spanned<Payment>], source: &Source) -> Result<Vec<Wanted>> {
    let mut names = HashSet::new();
    let checked = payments.iter().map(|payment| {
        let mut wanted = check(payment)?;
        wanted.name = name_of(payment, &mut names)?;
        Ok(wanted)
    });
    checked.collect::<Checked<_>>().map_err(|(at, message)| source.mistake(Some(at), &message))
}

/// The faults of the whole scenario.
pub(super) fn faults(faults: &[Spanned<String>], source: &Source) -> Result<Vec<FaultRule>> {
    faults_of(faults).map_err(|(at, message)| source.mistake(Some(at), &message))
}

fn faults_of(faults: &[Spanned<String>]) -> Checked<Vec<FaultRule>> {
    let parsed = faults.iter().map(|fault| {
        fault.get_ref().parse().map_err(|error: ParseFaultError| (fault.span(), error.to_string()))
    });
    parsed.collect()
}

/// The given name, or the kind, with the currency and then a number if it is taken.
fn name_of(payment: &Spanned<Payment>, taken: &mut HashSet<(Provider, String)>) -> Checked<String> {
    let entry = payment.get_ref();
    let provider = entry.provider.0;
    if let Some(name) = &entry.name {
        let is_new = taken.insert((provider, name.clone()));
        let message = || format!("another payment at {provider} is named `{name}`");
        return if is_new { Ok(name.clone()) } else { Err((payment.span(), message())) };
    }
    let kind = entry.kind.as_str();
    let with_currency = format!("{kind}-{}", entry.currency.0.0.code().to_ascii_lowercase());
    let numbered = (2_u32..).map(|number| format!("{with_currency}-{number}"));
    let mut names = [kind.to_owned(), with_currency.clone()].into_iter().chain(numbered);
    Ok(names.find(|name| taken.insert((provider, name.clone()))).unwrap_or_default())
}

fn check(payment: &Spanned<Payment>) -> Checked<Wanted> {
    let entry = payment.get_ref();
    let provider = entry.provider.0;
    check_keys(payment)?;
    let lines = lines_of(entry)?;
    let money = money_of(payment, &lines)?;
    let captured = entry.captured.as_ref().map(|part| captured_of(part, money)).transpose()?;
    let spec = match (provider, entry.kind) {
        (Provider::Mattilda, _) => Spec::Mattilda(mattilda_spec(entry, money, captured)?),
        (Provider::Dintero, Kind::Order) => {
            let spec = dintero_spec(entry, money, None, &lines);
            Spec::Order(spec, order_spec(entry, &lines)?)
        }
        (Provider::Dintero, _) => {
            let spec = dintero_spec(entry, money, captured, &lines);
            Spec::Dintero(match &entry.id {
                Some(id) => spec.id(transaction_id(id)?),
                None => spec,
            })
        }
    };
    let faults = faults_of(&entry.faults)?;
    Ok(Wanted { provider, kind: entry.kind, name: String::new(), money, faults, spec })
}

/// Refuses keys that would have no effect.
fn check_keys(payment: &Spanned<Payment>) -> Checked<()> {
    let entry = payment.get_ref();
    let at_dintero = entry.provider.0 == Provider::Dintero;
    let is_order = entry.kind == Kind::Order;
    let is_slow = entry.kind == Kind::Asynchronous;
    for (is_wrong, message) in [
        (is_order && !at_dintero, "only Dintero has orders"),
        (is_order && entry.lines.is_empty(), "an order needs `lines`"),
        (entry.amount.is_none() && entry.lines.is_empty(), "`amount` is missing"),
        (!at_dintero && !entry.lines.is_empty(), "only Dintero's payments have `lines`"),
        (!at_dintero && entry.product.is_some(), "only Dintero's payments have a `product`"),
        (!at_dintero && entry.callback_url.is_some(), "only Dintero's payments have a `callback_url`"),
        (at_dintero && !entry.gift_cards.is_empty(), "only Mattilda's payments have `gift_cards`"),
        (!is_slow && entry.outcome.is_some(), "only `kind = \"asynchronous\"` has an `outcome`"),
        (!is_slow && entry.settle_after.is_some(), "only `kind = \"asynchronous\"` has `settle_after`"),
        (
            entry.captured.is_some() && matches!(entry.kind, Kind::Authorized | Kind::Order),
            "an authorized payment or an order has no `captured`",
        ),
    ] {
        if is_wrong {
            return Err((payment.span(), message.to_owned()));
        }
    }
    Ok(())
}

fn lines_of(entry: &Payment) -> Checked<Vec<(Spanned<String>, i64)>> {
    let mut ids = HashSet::new();
    let lines = entry.lines.iter().map(|line| {
        let id = line.id.get_ref().0.clone();
        if !ids.insert(id.clone()) {
            return Err((line.id.span(), format!("another line has the id `{id}`")));
        }
        let amount = money(&line.amount, entry.currency.0.0)?.minor_units();
        Ok((Spanned::new(line.id.span(), id), amount))
    });
    lines.collect()
}

/// The amount, which is the sum of the lines if there are any.
fn money_of(payment: &Spanned<Payment>, lines: &[(Spanned<String>, i64)]) -> Checked<Money> {
    let entry = payment.get_ref();
    let currency = entry.currency.0.0;
    let sum = lines.iter().fold(0, |sum, (_, amount)| i64::saturating_add(sum, *amount));
    let sum = Money::new(sum, currency);
    let (at, total) = match &entry.amount {
        Some(amount) => (amount.span(), money(amount, currency)?),
        None => (payment.span(), sum),
    };
    if !lines.is_empty() && total != sum {
        return Err((at, format!("the amount is {total}, but the lines are {sum}")));
    }
    let most = if entry.provider.0 == Provider::Dintero { MAX_DINTERO } else { MAX_MATTILDA };
    if total.minor_units() > most {
        let most = Money::new(most, currency);
        return Err((at, format!("{} takes at most {most}", entry.provider.0)));
    }
    Ok(total)
}

fn captured_of(part: &Spanned<Amount>, total: Money) -> Checked<i64> {
    let captured = money(part, total.currency())?;
    if captured.minor_units() > total.minor_units() {
        return Err((part.span(), format!("more is captured than the amount of {total}")));
    }
    Ok(captured.minor_units())
}

/// An amount that is greater than zero.
fn money(amount: &Spanned<Amount>, currency: Currency) -> Checked<Money> {
    let money = Money::parse_major(&amount.get_ref().0, currency)
        .map_err(|error| (amount.span(), error.message().to_owned()))?;
    if money.minor_units() <= 0 {
        return Err((amount.span(), "an amount must be greater than zero".to_owned()));
    }
    Ok(money)
}

fn dintero_spec(
    entry: &Payment,
    money: Money,
    captured: Option<i64>,
    lines: &[(Spanned<String>, i64)],
) -> dintero::TransactionSpec {
    let mut spec = dintero::TransactionSpec::new(money.minor_units(), money.currency().code());
    for (id, amount) in lines {
        spec = spec.line(id.get_ref(), *amount);
    }
    if let Some(captured) = captured {
        spec = spec.captured(captured);
    }
    if let Some(reference) = &entry.reference {
        spec = spec.merchant_reference(reference);
    }
    if let Some(kind) = entry.product.as_ref().map(Spanned::get_ref) {
        spec = spec.product(kind.split('.').next().unwrap_or(kind), kind);
    }
    if let Some(url) = &entry.callback_url {
        spec = spec.callback_url(&url.0.0);
    }
    if let Some(time) = &entry.settle_after {
        spec = spec.settles_after(time.0.0);
    }
    match entry.kind {
        Kind::Captured | Kind::Order => spec,
        Kind::Authorized => spec.authorized_only(),
        Kind::Asynchronous => spec.asynchronous(outcome(entry)),
        Kind::Declining => spec.declines(dintero::Decline::default()),
    }
}

fn order_spec(entry: &Payment, lines: &[(Spanned<String>, i64)]) -> Checked<dintero::OrderSpec> {
    let mut order = dintero::OrderSpec::new(entry.currency.0.0.code());
    for (id, amount) in lines {
        let number = id.get_ref().parse();
        order = order.line(
            number.map_err(|_| (id.span(), "the ids of an order's lines are whole numbers".to_owned()))?,
            *amount,
        );
    }
    let Some(id) = &entry.id else { return Ok(order) };
    let text = id.get_ref();
    if text.is_empty() || text.chars().count() > MAX_ORDER_ID || text.starts_with(&prefix()) {
        let message = format!(
            "the id of an order has at most {MAX_ORDER_ID} characters and does not begin with {}",
            prefix()
        );
        return Err((id.span(), message));
    }
    Ok(order.id(text))
}

fn mattilda_spec(
    entry: &Payment,
    money_: Money,
    captured: Option<i64>,
) -> Checked<mattilda::TransactionSpec> {
    let mut spec = mattilda::TransactionSpec::new(money_.minor_units(), money_.currency().code());
    if let Some(captured) = captured {
        spec = spec.captured(captured);
    }
    for card in &entry.gift_cards {
        spec = spec.gift_card(money(card, entry.currency.0.0)?.minor_units());
    }
    if let Some(reference) = &entry.reference {
        spec = spec.external_identifier(reference);
    }
    if let Some(id) = &entry.id {
        if !is_uuid(id.get_ref()) {
            return Err((id.span(), "the id of a payment at mattilda is a UUID in lower case".to_owned()));
        }
        spec = spec.id(id.get_ref());
    }
    if let Some(time) = &entry.settle_after {
        spec = spec.settles_after(time.0.0);
    }
    Ok(match entry.kind {
        Kind::Captured | Kind::Order => spec,
        Kind::Authorized => spec.authorized_only(),
        Kind::Asynchronous => spec.asynchronous(outcome(entry)),
        Kind::Declining => spec.ends(Outcome::Declined),
    })
}

fn outcome(entry: &Payment) -> Outcome {
    entry.outcome.as_ref().map_or_else(Outcome::default, |outcome| outcome.0)
}

/// What the ids of all transactions of the account begin with.
fn prefix() -> String {
    format!("{}.", DinteroSandbox::ACCOUNT_ID)
}

fn transaction_id(id: &Spanned<String>) -> Checked<&String> {
    let is_one = id.get_ref().strip_prefix(&prefix()).is_some_and(|rest| !rest.is_empty());
    let message = || format!("the id of a transaction at dintero begins with {}", prefix());
    if is_one { Ok(id.get_ref()) } else { Err((id.span(), message())) }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = |byte: u8| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    groups == [8, 4, 4, 4, 12] && text.bytes().all(digits)
}
