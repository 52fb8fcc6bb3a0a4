//! The two calls that make refunds, where money moves.

use serde_json::{Value, json};

use super::{
    Mattilda, State,
    create_body::CreateBody,
    error::{self, Detail},
    model::{Refund, Target},
};
use crate::{
    ledger::{Entry, EntryState},
    lock::lock,
    provider::Provider,
    settle::Outcome,
    wire::{Answer, Incoming, Reply},
};

const NOT_CAPTURED: &str = "Only a captured transaction can be refunded";
const NOTHING_LEFT: &str = "The transaction has been refunded in full";

impl Mattilda {
    pub(super) fn create(
        &self,
        state: &mut State,
        request: &Incoming,
        ids: &[String],
        account: &str,
    ) -> Answer {
        let asked = CreateBody::one(request, state.options.errors)?;
        let transaction = state.owned(&ids[0], account)?;
        let card = asked.gift_card.as_deref();
        let known_card = card.is_none_or(|id| transaction.gift_cards.iter().any(|card| card.id == id));
        if !known_card {
            let detail = Detail::body("target_id", "Unknown gift card redemption", "value_error");
            return Err(error::invalid(&[detail], state.options.errors));
        }
        let left = state.left(transaction, card);
        let amount = asked.amount.unwrap_or(left);
        for (is_wrong, message) in [
            (card.is_none() && transaction.spec.captured <= 0, NOT_CAPTURED),
            (left <= 0, NOTHING_LEFT),
            (amount <= 0, "The amount must be positive"),
            (amount > left, "The amount exceeds what is left to refund"),
        ] {
            if is_wrong {
                return Err(error::refused(message));
            }
        }
        let target = match &asked.gift_card {
            Some(id) => Target::GiftCard(id.clone()),
            None => Target::PaymentMethod(transaction.payment_method_id.clone()),
        };
        let made = self.make(state, &ids[0], target, amount, &asked).ok_or_else(error::not_found)?;
        Ok(Reply::json(201, &made))
    }

    pub(super) fn create_all(
        &self,
        state: &mut State,
        request: &Incoming,
        ids: &[String],
        account: &str,
    ) -> Answer {
        let asked = CreateBody::all(request, state.options.errors)?;
        let transaction = state.owned(&ids[0], account)?;
        if transaction.spec.captured <= 0 {
            return Err(error::refused(NOT_CAPTURED));
        }
        let method = transaction.payment_method_id.clone();
        let mut parts = vec![(Target::PaymentMethod(method), state.left(transaction, None))];
        for card in &transaction.gift_cards {
            let left = state.left(transaction, Some(&card.id));
            parts.push((Target::GiftCard(card.id.clone()), left));
        }
        parts.retain(|(_, left)| *left > 0);
        if parts.is_empty() {
            return Err(error::refused(NOTHING_LEFT));
        }
        let items: Vec<Value> = parts
            .into_iter()
            .filter_map(|(target, left)| self.make(state, &ids[0], target, left, &asked))
            .collect();
        let body = json!({
            "items": items,
            "limit": state.options.page_size,
            "next_cursor": null,
            "previous_cursor": null,
        });
        Ok(Reply::json(201, &body))
    }

    /// Makes the refund, which has passed all checks, and returns its JSON.
    fn make(
        &self,
        state: &mut State,
        id: &str,
        target: Target,
        amount: i64,
        asked: &CreateBody,
    ) -> Option<Value> {
        let common = &self.common;
        let now = common.now();
        let spec = &state.transactions.get(id)?.spec;
        let refund_id = common.ids.uuid();
        let ended = (!spec.asynchronous).then_some(spec.outcome);
        let line = lock(&common.book).write(Entry {
            provider: Provider::Mattilda,
            payment_id: id.to_owned(),
            refund_id: refund_id.clone(),
            reference: asked.external_identifier.clone(),
            amount,
            currency: spec.currency.clone(),
            state: ended.map_or(EntryState::Pending, Outcome::entry),
            at: now,
        });
        let refund = Refund {
            id: refund_id,
            transaction_id: id.to_owned(),
            transaction_external_identifier: spec.external_identifier.clone(),
            service_id: format!("refund_{}", common.ids.base62(14)),
            ended,
            will_end: spec.outcome,
            failure: spec.failure.clone(),
            currency: spec.currency.clone(),
            amount,
            reason: asked.reason.clone(),
            external_identifier: asked.external_identifier.clone(),
            target,
            created_at: now,
            updated_at: now,
            pending: spec.asynchronous.then(|| common.pending(spec.settles_after)),
            line,
            shown_from: common.outbox.shown_from(now),
            end_shown_from: now,
        };
        let rendered = state.render(&refund);
        self.announce_new(state, &refund);
        state.refunds.push(refund);
        Some(rendered)
    }
}
