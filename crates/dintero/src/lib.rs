//! [Dintero](https://docs.dintero.com) refunds for [`refunds_core`].
//!
//! ```no_run
//! use refunds_core::{PaymentId, RefundClient};
//! use refunds_dintero::{Dintero, DinteroConfig};
//!
//! # async fn example() -> refunds_core::Result<()> {
//! let dintero = Dintero::new(DinteroConfig::new("T11223344", "client-id", "client-secret"))?;
//! let payment = RefundClient::new(dintero).payment(&PaymentId::new("T11223344.9rQ2xW")?).await?;
//! println!("{} can still be refunded", payment.refundable);
//! # Ok(())
//! # }
//! ```
//!
//! # Two kinds of payments
//!
//! Dintero has two places where a refund can be, and they do not trigger each other:
//!
//! - **A Checkout transaction**, whose id begins with the account's id and a dot (`T11223344.…`).
//!   [Refunding it](https://docs.dintero.com/docs/integrations/support/refunds) moves the money. It has
//!   no refund objects: a refund is an event, or two where it takes its time. The id of a refund here is
//!   the `request_id` of the event that began it, which stays the same when the other event comes.
//! - **An order** of [Order Management](https://docs.dintero.com/docs/order-management/overview): any
//!   other id. Its refunds are *records* that somebody wrote, and recording moves nothing. So the
//!   transaction that paid the order is read too, wherever Checkout knows it, and what is told of the order
//!   is both: each record as it stands at Checkout, and what Checkout refunded without a record, with
//!   `"recorded": false` in [`extra`](refunds_core::Refund::extra).
//!
//! A refund and its record are one by their id or reference, and where one of them tells none, by their
//! amount and end. A refund that was made for an order says so in its metadata (`ext_refunds_order`); of
//! one that does not, an order that shares its transaction with others is told nothing.
//!
//! # Refunding a transaction
//!
//! One attempt reads the transaction and asks for the refund. The answer is what its event says: a 200
//! may tell of a refund that was declined, and a 202 is pending.
//!
//! Lines are sent as the request names them, with what is known of the captured ones. Where it names
//! none, none are sent; but products that send invoices (Instabank, Collector and Walley, Kravia, Two)
//! need them, and get all lines that are left where these make up the amount. Else the refund is
//! refused, before anything is sent, with the advice to name lines. So is one that names a line that was
//! not captured, or more of a line than is left of it, where the captures name their lines. A line is
//! negative only where the captured one is, such as that of a gift card.
//!
//! A success can be taken back later. Dintero tells it by another `REFUND` event of the same request, or
//! by a `correction`, whose meaning it does not document. It is believed where it says clearly that the
//! money is back; where it leaves that open, the refund is
//! [unknown](refunds_core::RefundStatus::Unknown) and its money counts as gone.
//!
//! # Refunding an order
//!
//! It refunds the transaction that paid the order, and then records that on the order with the same
//! reference, as a success or a failure by what Checkout said. Both steps look first. So a run that was
//! cut off between the two is healed by running it again with the same reference, which
//! [`RefundClient::create`](refunds_core::RefundClient::create) does at once where it can. Until then the
//! refund is shown as one with [a step left](refunds_core::Refund::needs_completion).
//!
//! The transaction is the one that **every** successful capture of the order names. Where no capture names
//! a payment or another payment system, it is the only captured one that has the order's id as its
//! `merchant_reference`, if it captured no less than the order. An order of which a part was paid
//! elsewhere, in cash for example, is
//! [`Unsupported`](refunds_core::ErrorKind::Unsupported): its money must not all go back to the card.
//! Refund its transaction for the part that it paid.
//!
//! Where Checkout takes its time (it answers 202), the outcome can not be recorded yet: a record is a
//! success or a failure for ever. The refund that is answered then is pending, under its id at Checkout,
//! by which it is found ever after; it is recorded by creating it again, with the same reference, when it
//! is final.
//!
//! A record has no amount of its own but that of its lines. So a refund of an order names lines, unless it
//! is over all that is left; that is checked before the money moves.
//!
//! With `record_only` nothing is refunded: a refund that was made elsewhere is recorded.
//!
//! # Webhooks
//!
//! A refund may be made in the back office, and settle or fail later.
//! [`verify_webhook`](refunds_core::RefundClient::verify_webhook) takes both ways in which Dintero tells,
//! on one URL or two:
//!
//! - **[Hooks](https://docs.dintero.com/docs/checkout/webhooks)** tell of the whole account, to whoever
//!   [subscribed](Dintero::create_hook_subscription). The raw body is signed, with
//!   [a secret of the subscription](DinteroConfig::with_hook_secret), and no time: a delivery that is sent
//!   again, by whomever, is as good as the first.
//! - **[Callbacks](https://docs.dintero.com/docs/checkout/validating-callbacks)** tell of one session, to
//!   the `callback_url` that it was created with; of refunds only with `report_event=REFUND` in its query.
//!   The method and the URL are signed, with [a secret of the
//!   account](DinteroConfig::with_callback_secret), and a time, which may be five minutes from ours. The
//!   URL is the public one, with the query as it was on the wire. The body is **not** signed, and is not
//!   looked at.
//!
//! De-duplicate by [`delivery_id`](refunds_core::Notice::delivery_id). That of a callback comes from a
//! header that no signature covers: good for telling repetitions apart, not for proving anything. A
//! [4xx](refunds_core::webhook_status) ends the matter for Dintero; a subscription whose deliveries keep
//! failing is deleted.
//!
//! # What Dintero does not have
//!
//! An idempotency key. A second request creates a second refund. What prevents it is looking before, and a
//! [journal](refunds_core::journal) that the workers share; [`RefundClient`](refunds_core::RefundClient)
//! does both. A request whose response was lost rests for
//! [`resubmit_after`](refunds_core::Policy::resubmit_after).

mod auth;
mod checkout;
mod config;
mod convert;
mod error;
mod orders;
mod provider;
mod validate;
mod webhook;
mod wire;

pub use self::{
    config::DinteroConfig,
    provider::{Dintero, DinteroFactory},
    webhook::subscriptions::{HookSubscription, REFUND_EVENTS},
};

/// The provider's name, in registries and in refunds.
const NAME: &str = "dintero";
