//! Bodies in the format of either generation of the API.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    State,
    model::{GiftCard, Refund, Target, Transaction},
    options::FieldSet,
};
use crate::{
    clock::{micros_offset, millis_offset},
    ids::reconciliation_id,
    settle::Outcome,
};

impl State {
    pub(super) fn render(&self, refund: &Refund) -> Value {
        let fields = self.options.fields;
        let (target_type, target_id) = match &refund.target {
            Target::PaymentMethod(id) => ("payment-method", id.as_deref()),
            Target::GiftCard(id) => ("gift-card-redemption", Some(id.as_str())),
        };
        // A refund that failed for technical reasons never reached the payment service.
        let service_id = match refund.ended {
            Some(Outcome::Failed | Outcome::Voided) => None,
            _ => Some(&refund.service_id),
        };
        let mut body = json!({
            "type": "refund",
            "id": refund.id,
            "transaction_id": refund.transaction_id,
            "payment_service_refund_id": service_id,
            "status": refund.ended.map_or("processing", Outcome::as_str),
            "currency": refund.currency,
            "amount": refund.amount,
            "created_at": written(refund.created_at, fields),
            "updated_at": written(refund.updated_at, fields),
            "target_type": target_type,
            "target_id": target_id,
        });
        if fields == FieldSet::Newest {
            add(&mut body, newest(refund));
        }
        body
    }

    pub(super) fn render_transaction(&self, transaction: &Transaction, now: OffsetDateTime) -> Value {
        let fields = self.options.fields;
        let spec = &transaction.spec;
        let status = match spec.captured {
            ..=0 => "authorization_succeeded",
            _ => "capture_succeeded",
        };
        let time = written(transaction.created_at, fields);
        let captured_at = (spec.captured > 0).then_some(&time);
        let method = transaction.payment_method_id.as_ref().map(|id| {
            json!({
                "type": "payment-method",
                "id": id,
                "method": "card",
                "mode": "card",
                "label": "1111",
                "scheme": "visa",
            })
        });
        let gift_cards: Vec<Value> = transaction
            .gift_cards
            .iter()
            .map(|card| redemption(card, self.refunded(transaction, Some(&card.id), now)))
            .collect();
        json!({
            "type": "transaction",
            "id": transaction.id,
            "reconciliation_id": reconciliation_id(&transaction.id),
            "merchant_account_id": spec.merchant_account,
            "currency": spec.currency,
            "amount": spec.amount,
            "status": status,
            "authorized_amount": spec.amount,
            "captured_amount": spec.captured,
            "refunded_amount": self.refunded(transaction, None, now),
            "settled": false,
            "settled_amount": 0,
            "settled_currency": null,
            "country": null,
            "external_identifier": spec.external_identifier,
            "intent": if spec.captured > 0 { "capture" } else { "authorize" },
            "intent_outcome": "succeeded",
            "multi_tender": !gift_cards.is_empty(),
            "payment_method": method,
            "method": "card",
            "instrument_type": "pan",
            "error_code": null,
            "gift_card_redemptions": gift_cards,
            "payment_source": "ecommerce",
            "merchant_initiated": false,
            "is_subsequent_payment": false,
            "account_funding_transaction": false,
            "disputed": false,
            "metadata": {},
            "created_at": time,
            "updated_at": time,
            "authorized_at": time,
            "captured_at": captured_at,
        })
    }
}

fn redemption(card: &GiftCard, refunded: i64) -> Value {
    json!({
        "type": "gift-card-redemption",
        "id": card.id,
        "status": "succeeded",
        "amount": card.amount,
        "refunded_amount": refunded,
        "gift_card_service_redemption_id": null,
        "error_code": null,
        "raw_error_code": null,
        "raw_error_message": null,
        // Not stored, so it has no id of its own.
        "gift_card": {"type": "gift-card", "id": null, "bin": "412345", "sub_bin": "554", "last4": "1111"},
    })
}

fn newest(refund: &Refund) -> Value {
    let succeeded = matches!(refund.ended, None | Some(Outcome::Succeeded));
    let failure = (!succeeded).then_some(&refund.failure);
    json!({
        "reason": refund.reason,
        "reconciliation_id": reconciliation_id(&refund.id),
        "external_identifier": refund.external_identifier,
        "transaction_reconciliation_id": reconciliation_id(&refund.transaction_id),
        "transaction_external_identifier": refund.transaction_external_identifier,
        "creator": null,
        "error_code": failure.map(|failure| &failure.error_code),
        "raw_response_code": failure.and_then(|failure| failure.raw_code.as_ref()),
        "raw_response_description": failure.and_then(|failure| failure.raw_description.as_ref()),
        "settled": false,
        "settled_amount": 0,
        "settled_currency": null,
    })
}

fn add(body: &mut Value, more: Value) {
    if let (Value::Object(body), Value::Object(more)) = (body, more) {
        body.extend(more);
    }
}

pub(super) fn written(time: OffsetDateTime, fields: FieldSet) -> String {
    match fields {
        FieldSet::Documented => millis_offset(time),
        FieldSet::Newest => micros_offset(time),
    }
}
