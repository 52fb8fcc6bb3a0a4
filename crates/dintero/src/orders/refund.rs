//! Refunding an order: the transaction behind it first, then the record. Both steps look first.

use refunds_core::{
    Error, ErrorKind, Handover, Money, Operation, Refund, RefundLine, RefundStatus, Result, SendWindow,
    SubmitRefund,
};
use refunds_http::Request;
use time::format_description::well_known::Rfc3339;

use crate::{
    checkout::Transaction,
    checkout::lines::LineLeft,
    checkout::refund::{Refunded, already_made, with_requested_amount},
    checkout::totals::succeeded,
    error::refused,
    orders::Order,
    orders::paying_transaction::unsupported,
    orders::reconcile::{Ownership, apply_checkout_state, ownership, unrecorded},
    orders::record::{self, REASON_KEY, REFERENCE_KEY},
    provider::Dintero,
    wire::{self, IntoOwned as _, LineId, RecordBody, RecordDetails, RecordItem, RefundItem},
};

const OPERATION: Operation = Operation::SubmitRefund;

/// The longest id of a record.
const MAX_RECORD_ID: usize = 40;

/// A line as both places take it: Checkout by text, the record by whatever the order calls it.
struct Line {
    line: RefundLine,
    id: LineId<'static>,
}

/// What Checkout did.
struct Made<'a> {
    transaction: &'a Transaction<'a>,
    refund: &'a Refund,
    /// Whether callers may know the refund by its id at Checkout already.
    seen: bool,
}

impl Dintero {
    pub(crate) async fn refund_order(&self, submit: &SubmitRefund) -> Result<Refund> {
        let id = &submit.request.payment_id;
        let read;
        let order = match submit.handover.as_ref().and_then(Handover::get::<Order>) {
            Some(order) if order.id == *id => order,
            _ => {
                read = self.order(id, OPERATION).await.map_err(Error::not_applied)?;
                &read
            }
        };
        let window = submit.window.as_ref();
        if let Some(refund) = order.recorded(submit)? {
            return Ok(refund);
        }
        if self.record_only() {
            let lines = order.lines_to_record(submit)?;
            order.check_refundable(submit)?;
            return self.record(order, submit, &lines, None, window).await;
        }
        let transaction = match order.paying_transaction {
            Ok(ref transaction) => transaction,
            Err(ref why_not) => return Err(why_not.clone()),
        };
        if let Some(refund) =
            already_made(transaction, submit, |refund| order.owns(refund) == Ownership::Ours)?
        {
            let made = Made { transaction, refund: &refund, seen: true };
            return self.record_made(order, submit, &made, window).await;
        }
        order.check_paying_transaction(transaction, submit)?;
        let lines = order.lines_to_record(submit)?;
        order.check_refundable(submit)?;
        let items = items_of(transaction, &lines, submit.amount)?;
        let Refunded { transaction, refund } =
            self.post_refund(&transaction.id, submit, items, Some((&order.id, transaction))).await?;
        let seen = transaction.is_asynchronous(&refund);
        let made = Made { transaction: &transaction, refund: &refund, seen };
        // The window was that of the money; the record follows it whenever it can.
        self.record_made(order, submit, &made, None).await
    }

    /// Records what Checkout did, if it is final and what was requested.
    async fn record_made(
        &self,
        order: &Order,
        submit: &SubmitRefund,
        made: &Made<'_>,
        window: Option<&SendWindow>,
    ) -> Result<Refund> {
        if !made.refund.status.is_final() || made.refund.amount != submit.amount {
            return Ok(unrecorded(&order.id, made.transaction, made.refund.clone()));
        }
        let recorded = match order.lines_to_record(submit) {
            Ok(lines) => self.record(order, submit, &lines, Some(made), window).await,
            Err(error) => Err(error),
        };
        match recorded {
            // Its id is taken: another process recorded it in the meantime.
            Err(error) if error.kind() == ErrorKind::Conflict && made.seen => {
                let order = self.order(&order.id, OPERATION).await;
                order.and_then(|order| order.recorded(submit)).and_then(|found| found.ok_or(error))
            }
            outcome => outcome,
        }
        .map_err(|error| after_checkout(made, error))
    }

    /// Records on the order what became of the refund, or that one was made elsewhere.
    async fn record(
        &self,
        order: &Order,
        submit: &SubmitRefund,
        lines: &[Line],
        made: Option<&Made<'_>>,
        window: Option<&SendWindow>,
    ) -> Result<Refund> {
        let asked = &submit.request;
        let items: Vec<_> = lines
            .iter()
            .map(|line| RecordItem { line_id: line.id.clone(), amount: line.line.amount.minor_units() })
            .collect();
        let mut metadata: std::collections::BTreeMap<&str, &str> =
            asked.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        metadata.insert(REFERENCE_KEY, asked.reference.as_str());
        metadata.extend(asked.reason.as_deref().map(|reason| (REASON_KEY, reason)));
        // Others let Order Management choose, since its reference page does not say that an id may be
        // chosen.
        let known = made.filter(|made| made.seen);
        let processed_at = made.and_then(|made| made.refund.updated_at);
        let body = RecordBody {
            id: known.map(|made| made.refund.id.as_str()).filter(|id| id.len() <= MAX_RECORD_ID),
            items: &items,
            success: made.is_none_or(|made| made.refund.status == RefundStatus::Succeeded),
            processed_at: processed_at.and_then(|at| at.format(&Rfc3339).ok()),
            processed_by: self.system_name(),
            payment_details: made.map(|made| details(order, made.transaction)),
            authorization_id: order.authorization_id(),
            metadata,
        };
        let request = Request::post(OPERATION)
            .paths(["accounts", self.account_id(), "shopping", "orders", order.id.as_str(), "refunds"])
            .json(&body)
            .send_window(window);
        let response = self.api().send(request).await?;
        let wire: wire::Operation<'_> = response.json()?;
        let mut refund = record::refund(&wire, &order.id, order.currency)
            .map_err(|fault| response.protocol_error(fault))?;
        if refund.reference.as_ref() != Some(&asked.reference) || refund.amount != submit.amount {
            return Err(response.protocol_error("the record is not the one that was requested"));
        }
        if let Some(made) = made {
            apply_checkout_state(&mut refund, made.refund);
        }
        Ok(if self.keep_raw() { refund.with_raw(response.json()?) } else { refund })
    }
}

impl Order {
    /// The record that has our reference already.
    fn recorded(&self, submit: &SubmitRefund) -> Result<Option<Refund>> {
        let reference = Some(&submit.request.reference);
        let found = self.refunds.recorded().iter().find(|refund| refund.reference.as_ref() == reference);
        found.map(|refund| with_requested_amount(refund, submit)).transpose()
    }

    fn owns(&self, refund: &Refund) -> Ownership {
        ownership(refund, &self.id, self.exclusive)
    }

    /// Whether our refund may be there without being seen, and whether the transaction paid all that it could
    /// refund.
    fn check_paying_transaction(&self, transaction: &Transaction<'_>, submit: &SubmitRefund) -> Result<()> {
        let reference = Some(&submit.request.reference);
        let why = transaction.refunds().iter().find_map(|refund| {
            let ownership = self.owns(refund);
            let named = refund.reference.as_ref() == reference;
            // Elsewhere, a final refund names its order, if it has one.
            let hidden = refund.reference_is_unreported()
                && refund.status.reduces_refundable()
                && (ownership == Ownership::Ours || !refund.status.is_final());
            match ownership {
                Ownership::Theirs => (self.exclusive && named && refund.amount == submit.amount).then_some(
                    "the transaction, which paid this order alone, has this refund as that of another order: \
                     check it there",
                ),
                _ if named => Some(
                    "the transaction, which paid other orders too, has a refund with this reference and does \
                     not say for which order: check it there",
                ),
                _ => (hidden && refund.amount == submit.amount).then_some(
                    "Checkout works on a refund of the same amount and does not report its reference: it may \
                     be this one, of an earlier run; ask again, with the same reference, when it is final",
                ),
            }
        });
        if let Some(why) = why {
            return Err(refused(ErrorKind::Conflict, why).with_may_have_applied(true));
        }
        if self.paid_in_full {
            return Ok(());
        }
        Err(unsupported(&format!(
            "transaction {} is known to have paid a part of it only: refund the transaction for its part, and \
             the rest where it was paid",
            transaction.id
        )))
    }

    /// A record that its order would refuse must be known before the money moves.
    fn check_refundable(&self, submit: &SubmitRefund) -> Result<()> {
        let amount = submit.amount;
        if amount.currency() != self.currency {
            return Err(refused(
                ErrorKind::InvalidRequest,
                format!("the order is in {}, the refund in {}", self.currency, amount.currency()),
            ));
        }
        let left = self.payment()?.refundable;
        if amount.minor_units() > left.minor_units() {
            return Err(refused(
                ErrorKind::NotRefundable,
                format!("{left} is left to refund of the order and its transaction, {amount} was requested"),
            ));
        }
        self.lines_left(Some(&submit.request.reference)).check(&submit.request.lines)
    }

    /// The lines of the record, which has no amount of its own: it is the sum of its lines.
    fn lines_to_record(&self, submit: &SubmitRefund) -> Result<Vec<Line>> {
        let left = self.lines_left(Some(&submit.request.reference));
        let given = &submit.request.lines;
        if !given.is_empty() {
            let id_of = |line: &RefundLine| match left.find(&line.id) {
                Some(known) => known.item.line_id.cloned().into_owned(),
                // Captures without lines do not say what they are.
                None if left.may_have_others() => line.id.parse().ok().map(LineId::Number),
                None => None,
            };
            let line = |line: &RefundLine| match id_of(line) {
                Some(id) => Ok(Line { id, line: line.clone() }),
                None => Err(left.not_captured(line)),
            };
            return given.iter().map(line).collect();
        }
        let Some(all) = left.all_left(submit.amount) else {
            let message = "a refund is recorded line by line, and the amount is not that of all lines that are \
                           left of the order: name the lines";
            return Err(left.refused(ErrorKind::InvalidRequest, message.to_owned(), self.currency));
        };
        let line = |line: &&LineLeft<'_>| {
            let id = line.item.line_id.cloned()?.into_owned();
            let amount = Money::new(line.left, self.currency);
            Some(Line { line: RefundLine::new(id.to_text(), amount), id })
        };
        Ok(all.iter().filter_map(line).collect())
    }

    /// The authorization that was captured, on orders that have several; only if it is one.
    fn authorization_id(&self) -> Option<&str> {
        let captures = succeeded(&self.captures).into_iter();
        let mut ids = captures.map(|capture| capture.authorization_id.as_deref());
        let first = ids.next()??;
        ids.all(|id| id == Some(first)).then_some(first)
    }
}

/// The order's lines for Checkout, where it knows them by the same ids.
fn items_of(transaction: &Transaction<'_>, lines: &[Line], amount: Money) -> Result<Vec<RefundItem>> {
    let lines: Vec<_> = lines.iter().map(|line| line.line.clone()).collect();
    // Orders that share a transaction may have other lines under the same ids.
    let known = transaction.lines().have(&lines);
    transaction.refund_items(if known { &lines } else { &[] }, amount)
}

fn details<'a>(order: &'a Order, transaction: &'a Transaction<'_>) -> RecordDetails<'a> {
    let named = order.captures.iter().filter_map(|capture| capture.payment_details.as_ref());
    let named = named.into_iter().find(|details| {
        details.payment_id.as_deref() == Some(transaction.id.as_str()) && details.psp.is_some()
    });
    RecordDetails {
        psp: named.and_then(|details| details.psp.as_deref()),
        payment_id: transaction.id.as_str(),
        payment_product: transaction.wire.payment_product.as_deref(),
        payment_product_type: transaction.wire.payment_product_type.as_deref(),
    }
}

/// The record failed after Checkout was done: what that means for the money.
fn after_checkout(made: &Made<'_>, error: Error) -> Error {
    let (transaction, why) = (&made.transaction.id, error.message().to_owned());
    let again = "create it again, with the same reference, to record it";
    if made.refund.status == RefundStatus::Succeeded {
        let message = format!(
            "the money is refunded by transaction {transaction}, and that is not recorded on the order \
             ({why}): {again}"
        );
        return error.with_message(message).with_may_have_applied(true);
    }
    let message = format!(
        "transaction {transaction} did not refund the money, and that is not recorded on the order ({why}): \
         {again}"
    );
    error.with_message(message).not_applied()
}
