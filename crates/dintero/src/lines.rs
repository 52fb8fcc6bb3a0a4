//! Lines of a refund: which products need them, and what is left of them.

use std::collections::BTreeMap;

use refunds_core::{ErrorKind, Money, Payment, Refund, RefundLine, Result};
use serde_json::{Number, Value};

use crate::{
    convert::line_key,
    error::refused,
    events::captures,
    loose::Amount,
    transaction::Transaction,
    wire::{Item, RefundItem},
};

/// Products that send an invoice: a refund has to say what of it is taken back. Instabank's
/// specification demands lines, and Dintero's
/// [checklist](https://docs.dintero.com/docs/checkout/integration-checklist) asks for whole lines.
const NEED_LINES: [&str; 5] = ["collector", "instabank", "kravia", "two", "walley"];

/// A line and what is left of it.
pub(crate) struct LineLeft<'a> {
    pub(crate) item: &'a Item,
    pub(crate) left: i64,
    /// Whether nothing of it was refunded before.
    pub(crate) untouched: bool,
}

/// The lines of `captured` less those of `refunded`.
pub(crate) fn lines_left<'a>(
    captured: impl IntoIterator<Item = &'a Item>,
    refunded: impl IntoIterator<Item = (String, i64)>,
) -> Vec<LineLeft<'a>> {
    let mut order = Vec::new();
    let mut lines: BTreeMap<String, LineLeft<'a>> = BTreeMap::new();
    for item in captured {
        let (Some(key), Some(Amount::Minor(amount))) = (line_key(item), *item.amount) else { continue };
        let line = lines.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            LineLeft { item, left: 0, untouched: true }
        });
        line.left = line.left.saturating_add(amount);
    }
    for (key, amount) in refunded {
        if let Some(line) = lines.get_mut(&key) {
            line.left = line.left.saturating_sub(amount);
            line.untouched = false;
        }
    }
    order.iter().filter_map(|key| lines.remove(key)).collect()
}

/// The lines of refunds whose money is gone, by their keys.
pub(crate) fn taken<'a>(
    refunds: impl IntoIterator<Item = &'a Refund>,
) -> impl Iterator<Item = (String, i64)> {
    refunds
        .into_iter()
        .filter(|refund| refund.status.holds_money())
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
    let told = |name| payment.extra.get(name).and_then(Value::as_str);
    product_needs_lines(told("payment_product"), told("payment_product_type"))
}

impl Transaction {
    /// Whether refunds of its product have to name lines.
    pub(crate) fn needs_lines(&self) -> bool {
        product_needs_lines(self.told.payment_product.as_deref(), self.told.payment_product_type.as_deref())
    }

    /// The lines that a refund over `amount` sends: those that are given, with what is known of them;
    /// else, for products that need them, all that are left.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` where lines are needed, none are given, and they do not follow from the amount.
    pub(crate) fn refund_items(&self, given: &[RefundLine], amount: Money) -> Result<Vec<RefundItem>> {
        let left = self.lines_left();
        if !given.is_empty() {
            let known = |line: &RefundLine| left.iter().find(|known| is_line(known, &line.id));
            return Ok(given.iter().map(|line| item(line, known(line).map(|known| known.item))).collect());
        }
        if !self.needs_lines() {
            return Ok(Vec::new());
        }
        let left: Vec<_> = left.into_iter().filter(|line| line.left != 0).collect();
        let sum = left.iter().fold(0_i64, |sum, line| sum.saturating_add(line.left));
        if left.is_empty() || sum != amount.minor_units() {
            return Err(name_lines(self.told.payment_product.as_deref().unwrap_or_default()));
        }
        Ok(left.iter().map(|line| whole(line)).collect())
    }

    /// Whether every one of `lines` is a captured line of it.
    pub(crate) fn knows_lines(&self, lines: &[RefundLine]) -> bool {
        let left = self.lines_left();
        lines.iter().all(|line| left.iter().any(|known| is_line(known, &line.id)))
    }

    fn lines_left(&self) -> Vec<LineLeft<'_>> {
        let events = self.told.events.list();
        let captured: Vec<&Item> =
            captures(events).into_iter().flat_map(|at| events[at].items.list()).collect();
        // Captures of everything may name no lines; then they are the transaction's.
        let told = self.told.items.list();
        let all = *self.told.amount == Some(Amount::Minor(self.captured().minor_units()));
        let captured = if captured.is_empty() && all { told.iter().collect() } else { captured };
        lines_left(captured, taken(self.refunds()))
    }
}

fn is_line(line: &LineLeft<'_>, id: &str) -> bool {
    line_key(line.item).as_deref() == Some(id)
}

/// A line of a request, with what is known of the captured one.
fn item(line: &RefundLine, captured: Option<&Item>) -> RefundItem {
    let amount = line.amount.minor_units();
    let whole = captured.filter(|known| *known.amount == Some(Amount::Minor(amount)));
    RefundItem {
        line_id: line.id.clone(),
        amount,
        quantity: line.quantity.clone().or_else(|| whole?.quantity.cloned()),
        id: captured.and_then(|known| known.id.cloned()),
        description: captured.and_then(|known| known.description.cloned()),
        vat: captured.and_then(|known| known.vat.cloned()),
        vat_amount: whole.and_then(|known| known.vat_amount.cloned()),
        kind: captured.and_then(|known| known.kind.cloned()),
    }
}

/// All that is left of a line.
fn whole(line: &LineLeft<'_>) -> RefundItem {
    let quantity: Option<Number> = line.item.quantity.cloned().filter(|_| line.untouched);
    RefundItem {
        line_id: line_key(line.item).unwrap_or_default(),
        amount: line.left,
        quantity,
        id: line.item.id.cloned(),
        description: line.item.description.cloned(),
        vat: line.item.vat.cloned(),
        vat_amount: line.item.vat_amount.cloned().filter(|_| line.untouched),
        kind: line.item.kind.cloned(),
    }
}

fn name_lines(product: &str) -> refunds_core::Error {
    refused(
        ErrorKind::InvalidRequest,
        format!(
            "refunds of the product `{}` need order lines, and the amount is not that of all lines that \
             are left: name the lines",
            refunds_http::redact(product)
        ),
    )
}

#[cfg(test)]
mod tests {
    use refunds_core::PaymentId;
    use serde_json::{Value, json};

    use super::*;

    fn money(minor: i64) -> Money {
        Money::new(minor, "NOK".parse().unwrap())
    }

    fn transaction(product: &str, kind: &str, refunds: &[Value]) -> Transaction {
        let items = json!([
            {"line_id": "1", "amount": 300, "quantity": 3, "id": "CUP", "description": "Cups", "vat": 25,
                "vat_amount": 60, "type": "physical"},
            {"line_id": "2", "amount": 200, "quantity": 1.5, "id": "TEA"},
        ]);
        let mut events = vec![json!({"event": "CAPTURE", "success": true, "amount": 500, "items": items})];
        events.extend(refunds.iter().cloned());
        let document = json!({
            "id": "T11223344.x", "currency": "NOK", "amount": 500, "events": events,
            "payment_product": product, "payment_product_type": kind,
        });
        Transaction::new(serde_json::from_value(document).unwrap(), &PaymentId::new("T11223344.x").unwrap())
            .unwrap()
    }

    fn items(transaction: &Transaction, given: &[RefundLine], amount: i64) -> Option<Value> {
        let items = transaction.refund_items(given, money(amount)).ok()?;
        Some(serde_json::to_value(items).unwrap())
    }

    #[test]
    fn which_products_need_lines() {
        for (product, kind, need) in [
            ("instabank", "instabank.finance", true),
            ("INSTABANK", "", true),
            ("collector", "collector.installment", true),
            ("walley", "walley.invoice", true),
            ("kravia", "kravia.invoice_b2c", true),
            ("two", "two.invoice_b2b", true),
            ("payex", "payex.invoice", true),
            ("dintero", "collector.invoice", true),
            ("dintero_psp", "dintero_psp.creditcard", false),
            ("swish", "swish.swish", false),
            ("vipps", "vipps", false),
            ("klarna", "klarna.klarna", false),
            ("", "", false),
        ] {
            assert_eq!(transaction(product, kind, &[]).needs_lines(), need, "{product} {kind}");
        }
    }

    #[test]
    fn what_is_known_of_a_line_is_sent_with_it() {
        let told = transaction("swish", "swish.swish", &[]);
        assert_eq!(items(&told, &[], 500), Some(json!([])));
        let part = items(&told, &[RefundLine::new("1", money(100)).with_quantity(1)], 100).unwrap();
        let known = json!({
            "line_id": "1", "amount": 100, "quantity": 1, "id": "CUP", "description": "Cups", "vat": 25, "type": "physical",
        });
        assert_eq!(part, json!([known]), "the VAT of a part is not known");
        let all = items(&told, &[RefundLine::new("1", money(300))], 300).unwrap();
        assert_eq!((&all[0]["quantity"], &all[0]["vat_amount"]), (&json!(3), &json!(60)));
        let unknown = items(&told, &[RefundLine::new("9", money(300))], 300).unwrap();
        assert_eq!(unknown, json!([{"line_id": "9", "amount": 300}]));
    }

    #[test]
    fn all_that_is_left_is_sent_where_lines_are_needed() {
        let refund = |success: bool, amount: i64| {
            json!({"event": "REFUND", "success": success, "amount": amount, "request_id": "r",
                "items": [{"line_id": "1", "amount": amount}]})
        };
        let amounts = |told: &Transaction, amount: i64| {
            let items = items(told, &[], amount)?;
            let lines = items.as_array().unwrap().iter();
            Some(lines.map(|line| line["amount"].as_i64().unwrap()).collect::<Vec<_>>())
        };
        for (what, refunds, amount, want) in [
            ("all", vec![], 500, Some(vec![300, 200])),
            ("a part", vec![], 499, None),
            ("the rest", vec![refund(true, 100)], 400, Some(vec![200, 200])),
            ("a line is gone", vec![refund(true, 300)], 200, Some(vec![200])),
            ("one that failed", vec![refund(false, 300)], 500, Some(vec![300, 200])),
            (
                "one without lines",
                vec![json!({"event": "REFUND", "success": true, "amount": 100, "request_id": "r"})],
                400,
                None,
            ),
        ] {
            assert_eq!(amounts(&transaction("instabank", "", &refunds), amount), want, "{what}");
        }
        let untouched = transaction("instabank", "", &[refund(true, 100)]);
        let rest = items(&untouched, &[], 400).unwrap();
        assert_eq!((rest[0].get("quantity"), &rest[1]["quantity"]), (None, &json!(1.5)));
    }
}
