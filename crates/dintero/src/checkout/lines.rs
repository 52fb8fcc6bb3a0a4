//! Lines of a refund: which products need them, and what is left of them.

use std::collections::BTreeMap;

use refunds_core::{Currency, Error, ErrorKind, Money, Payment, Refund, RefundLine, Result};
use refunds_http::redact;
use serde_json::Number;

use crate::{
    checkout::Transaction,
    checkout::events::captures,
    error::refused,
    wire::{Amount, Item, RefundItem},
};

/// Products that send an invoice: a refund has to say what of it is taken back. Instabank's
/// specification demands lines, and Dintero's
/// [checklist](https://docs.dintero.com/docs/checkout/integration-checklist) asks for whole lines.
const NEED_LINES: [&str; 5] = ["collector", "instabank", "kravia", "two", "walley"];

/// A line and what is left of it.
pub(crate) struct LineLeft<'a> {
    pub(crate) item: &'a Item<'a>,
    captured: i64,
    pub(crate) left: i64,
    /// Whether nothing of it was refunded before.
    untouched: bool,
}

/// The captured lines of a payment.
pub(crate) struct Lines<'a> {
    left: Vec<LineLeft<'a>>,
    /// Whether these are all of them, in full: every capture names its lines.
    known: bool,
    /// Whether they can be shown: they are known, or those of a transaction that was captured as a whole.
    shown: bool,
}

impl<'a> Lines<'a> {
    /// The lines of `captures`, a list for each, less those of `refunded`.
    pub(crate) fn of(
        captures: impl IntoIterator<Item = &'a [Item<'a>]>,
        refunded: impl IntoIterator<Item = (String, i64)>,
    ) -> Self {
        let mut order = Vec::new();
        let mut lines: BTreeMap<String, LineLeft<'a>> = BTreeMap::new();
        let (mut any, mut known) = (false, true);
        for items in captures {
            any = true;
            known &= !items.is_empty();
            for item in items {
                let (Some(key), Some(Amount::Minor(amount))) = (item.key(), *item.amount) else {
                    known = false;
                    continue;
                };
                let line = lines.entry(key.clone()).or_insert_with(|| {
                    order.push(key);
                    LineLeft { item, captured: 0, left: 0, untouched: true }
                });
                line.captured = line.captured.saturating_add(amount);
                line.left = line.captured;
            }
        }
        for (key, amount) in refunded {
            if let Some(line) = lines.get_mut(&key) {
                line.left = line.left.saturating_sub(amount);
                line.untouched = false;
            }
        }
        let known = any && known;
        Self { left: order.iter().filter_map(|key| lines.remove(key)).collect(), known, shown: known }
    }

    pub(crate) fn find(&self, id: &str) -> Option<&LineLeft<'a>> {
        self.left.iter().find(|line| line.item.key().as_deref() == Some(id))
    }

    /// Whether every line is there, and enough is left of it.
    pub(crate) fn have(&self, given: &[RefundLine]) -> bool {
        given.iter().all(|line| {
            self.find(&line.id).is_some_and(|captured| captured.has_left(line.amount.minor_units()))
        })
    }

    /// Whether lines may be there that no capture names.
    pub(crate) fn may_have_others(&self) -> bool {
        !self.known
    }

    /// All lines that are not fully refunded, where they make up `amount`.
    pub(crate) fn all_left(&self, amount: Money) -> Option<Vec<&LineLeft<'a>>> {
        let left: Vec<_> = self.left.iter().filter(|line| line.has_left(line.left)).collect();
        let sum = left.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.left));
        (!left.is_empty() && sum == Some(amount.minor_units())).then_some(left)
    }

    /// The lines that can be refunded, by what is left of them; none where they cannot be shown.
    pub(crate) fn refundable(&self, currency: Currency) -> Vec<RefundLine> {
        let left = self.left.iter().filter(|line| self.shown && line.has_left(line.left));
        left.filter_map(|line| Some(RefundLine::new(line.item.key()?, Money::new(line.left, currency))))
            .collect()
    }

    /// An error that names the lines that can be refunded, where they can be shown.
    pub(crate) fn refused(&self, kind: ErrorKind, message: String, currency: Currency) -> Error {
        let error = refused(kind, message);
        if self.shown { error.with_refundable_lines(&self.refundable(currency)) } else { error }
    }

    /// Checks lines before their money moves.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` for a line that was not captured, or whose amount has the wrong sign;
    /// `NotRefundable` for one with less left. Where captures do not name all their lines, only the
    /// sign is checked.
    pub(crate) fn check(&self, given: &[RefundLine]) -> Result<()> {
        for line in given {
            let (id, asked) = (redact(&line.id), line.amount);
            let captured = self.find(&line.id);
            let is_negative = captured.is_some_and(|captured| captured.captured < 0);
            if asked.minor_units() <= 0 && !(is_negative && asked.minor_units() < 0) {
                let message =
                    format!("line `{id}` has the amount {asked}, but the captured line is not negative");
                return Err(self.refused(ErrorKind::InvalidRequest, message, asked.currency()));
            }
            if !self.known {
                continue;
            }
            let Some(captured) = captured else {
                return Err(self.not_captured(line));
            };
            if !captured.has_left(asked.minor_units()) {
                let left = Money::new(captured.amount_left(), asked.currency());
                let message = format!("{left} is left to refund of line `{id}`, {asked} was requested");
                return Err(self.refused(ErrorKind::NotRefundable, message, asked.currency()));
            }
        }
        Ok(())
    }

    pub(crate) fn not_captured(&self, line: &RefundLine) -> Error {
        let message = format!("line `{}` was not captured", redact(&line.id));
        self.refused(ErrorKind::InvalidRequest, message, line.amount.currency())
    }
}

impl LineLeft<'_> {
    /// Whether this much of it is left: an amount of the sign of what was captured, and not beyond what
    /// is left of that.
    fn has_left(&self, amount: i64) -> bool {
        match self.captured.signum() {
            1 => (1..=self.left).contains(&amount),
            -1 => (self.left..=-1).contains(&amount),
            _ => false,
        }
    }

    /// What is left of it, which is nothing where it was refunded too often.
    fn amount_left(&self) -> i64 {
        if self.has_left(self.left) { self.left } else { 0 }
    }
}

/// The lines of refunds whose money is gone, by their keys.
pub(crate) fn taken<'a>(
    refunds: impl IntoIterator<Item = &'a Refund>,
) -> impl Iterator<Item = (String, i64)> {
    refunds
        .into_iter()
        .filter(|refund| refund.status.reduces_refundable())
        .flat_map(|refund| &refund.lines)
        .map(|line| (line.id.clone(), line.amount.minor_units()))
}

/// Whether refunds of a payment product have to name lines.
fn product_needs_lines(product: Option<&str>, kind: Option<&str>) -> bool {
    let (product, kind) = (product.unwrap_or_default(), kind.unwrap_or_default());
    NEED_LINES.iter().any(|name| {
        product.eq_ignore_ascii_case(name) || kind.split('.').any(|part| part.eq_ignore_ascii_case(name))
    }) || kind.to_ascii_lowercase().contains(".invoice")
}

/// Whether refunds of a payment that was read before have to name lines.
pub(crate) fn needs_lines(payment: &Payment) -> bool {
    let text = |name| payment.extra.text(name);
    product_needs_lines(text("payment_product"), text("payment_product_type"))
}

impl Transaction<'_> {
    /// Whether refunds of its product have to name lines.
    pub(crate) fn needs_lines(&self) -> bool {
        product_needs_lines(self.wire.payment_product.as_deref(), self.wire.payment_product_type.as_deref())
    }

    /// The lines that a refund over `amount` sends: those that are given, with what is known of them;
    /// else, for products that need them, all that are left.
    ///
    /// # Errors
    ///
    /// As [`Lines::check`] where lines are given; `InvalidRequest` where lines are needed, none are given,
    /// and they do not follow from the amount.
    pub(crate) fn refund_items(&self, given: &[RefundLine], amount: Money) -> Result<Vec<RefundItem>> {
        let lines = self.lines();
        if !given.is_empty() {
            lines.check(given)?;
            let captured = |line: &RefundLine| lines.find(&line.id).map(|known| known.item);
            return Ok(given.iter().map(|line| item(line, captured(line))).collect());
        }
        if !self.needs_lines() {
            return Ok(Vec::new());
        }
        let Some(left) = lines.all_left(amount) else {
            let product = redact(self.wire.payment_product.as_deref().unwrap_or_default());
            let message = format!(
                "refunds of the product `{product}` need order lines, and the amount is not that of all lines \
                 that are left: name the lines"
            );
            return Err(lines.refused(ErrorKind::InvalidRequest, message, amount.currency()));
        };
        Ok(left.into_iter().map(whole).collect())
    }

    /// Its captured lines, and what is left of them.
    pub(crate) fn lines(&self) -> Lines<'_> {
        let events = self.wire.events.list();
        let captured = captures(events).into_iter().map(|at| events[at].items.list());
        let lines = Lines::of(captured, taken(self.refunds()));
        // Captures of everything may name no lines; then they are the transaction's.
        let all = *self.wire.amount == Some(Amount::Minor(self.captured().minor_units()));
        if !lines.left.is_empty() || !all {
            return lines;
        }
        let lines = Lines::of([self.wire.items.list()], taken(self.refunds()));
        Lines { known: false, ..lines }
    }
}

/// A line of a request, with what is known of the captured one.
fn item(line: &RefundLine, captured: Option<&Item<'_>>) -> RefundItem {
    let amount = line.amount.minor_units();
    let whole = captured.filter(|known| *known.amount == Some(Amount::Minor(amount)));
    RefundItem {
        line_id: line.id.clone(),
        amount,
        quantity: line.quantity.clone().or_else(|| whole?.quantity.cloned()),
        id: captured.and_then(|known| known.id.to_text()),
        description: captured.and_then(|known| known.description.to_text()),
        vat: captured.and_then(|known| known.vat.cloned()),
        vat_amount: whole.and_then(|known| known.vat_amount.cloned()),
        kind: captured.and_then(|known| known.kind.to_text()),
    }
}

/// All that is left of a line.
fn whole(line: &LineLeft<'_>) -> RefundItem {
    let quantity: Option<Number> = line.item.quantity.cloned().filter(|_| line.untouched);
    RefundItem {
        line_id: line.item.key().unwrap_or_default(),
        amount: line.left,
        quantity,
        id: line.item.id.to_text(),
        description: line.item.description.to_text(),
        vat: line.item.vat.cloned(),
        vat_amount: line.item.vat_amount.cloned().filter(|_| line.untouched),
        kind: line.item.kind.to_text(),
    }
}

#[cfg(test)]
#[path = "tests/lines.rs"]
mod tests;
