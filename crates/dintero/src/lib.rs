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
//! Dintero keeps refunds in two places, and neither triggers the other:
//!
//! - **A Checkout transaction**, whose id begins with the account's id and a dot (`T11223344.…`).
//!   [Refunding it](https://docs.dintero.com/docs/integrations/support/refunds) moves the money. Checkout
//!   has no refund objects: a refund is an event, or two events where it is asynchronous. The id of a
//!   refund here is the `request_id` of its first event, which does not change when the second arrives.
//! - **An order** of [Order Management](https://docs.dintero.com/docs/order-management/overview): any
//!   other id. Its refunds are *records* written by a caller, and recording moves nothing. So the adapter
//!   also reads the transaction that paid the order, where Checkout knows it, and an order shows both:
//!   each record with its state at Checkout, and what Checkout refunded without a record, with
//!   `"recorded": false` in [`extra`](refunds_core::Refund::extra).
//!
//! A refund and its record are matched by id or reference, and where one of them has none, by amount and
//! outcome. A refund made for an order names it in its metadata (`ext_refunds_order`). A refund that
//! names no order is not shown on an order that shares its transaction with others.
//!
//! # Refunding a transaction
//!
//! One attempt reads the transaction and requests the refund. The result is that of the refund's event: a
//! 200 may report a refund that was declined, and a 202 is pending.
//!
//! Lines are sent as the request names them, completed from the captured ones. A request without lines
//! sends none; but products that send invoices (Instabank, Collector and Walley, Kravia, Two) need them,
//! and get all remaining lines where these make up the amount. Otherwise the refund is refused before
//! anything is sent, with the advice to name lines. It is also refused if it names a line that was not
//! captured, or more of a line than is left, where the captures name their lines. A line is negative only
//! where the captured one is, such as that of a gift card.
//!
//! A success can be reversed later. Dintero reports that by another `REFUND` event of the same request, or
//! by a `correction`, whose meaning it does not document. The adapter accepts a correction that clearly
//! says that the money is back; where that is open, the refund is
//! [unknown](refunds_core::RefundStatus::Unknown) and its money counts as gone.
//!
//! # Refunding an order
//!
//! The adapter refunds the transaction that paid the order and then records that on the order with the
//! same reference, as a success or a failure, by the result at Checkout. Both steps look first. So a run
//! that was cut off between the two is completed by running it again with the same reference, which
//! [`RefundClient::create`](refunds_core::RefundClient::create) does at once where it can. Until then the
//! refund is shown as one that [needs completion](refunds_core::Refund::needs_completion).
//!
//! The transaction is the one that **every** successful capture of the order names. Where no capture names
//! a payment or another payment system, it is the only captured transaction with the order's id as its
//! `merchant_reference`, if it captured no less than the order. An order that was partly paid elsewhere,
//! for example in cash, is [`Unsupported`](refunds_core::ErrorKind::Unsupported): its money must not all
//! go back to the card. Refund its transaction for the part that it paid.
//!
//! While Checkout is still processing (it responded with 202), the outcome cannot be recorded: a record is
//! a success or a failure for ever. The refund is then pending, under its id at Checkout, and stays
//! available by that id. When it is final, create it again with the same reference to record it.
//!
//! A record's amount is the sum of its lines. So a refund of an order names lines, unless it is for all
//! that is left; that is checked before the money moves.
//!
//! With `record_only` nothing is refunded: the adapter records a refund that was made elsewhere.
//!
//! # Webhooks
//!
//! A refund may be made in the back office, and settle or fail later.
//! [`verify_webhook`](refunds_core::RefundClient::verify_webhook) accepts both kinds of notification, on
//! one URL or two:
//!
//! - **[Hooks](https://docs.dintero.com/docs/checkout/webhooks)** report on the whole account, to each
//!   [subscription](Dintero::create_hook_subscription). The raw body is signed, with
//!   [a secret of the subscription](DinteroConfig::with_hook_secret). No time is signed, so a repeated
//!   delivery is as valid as the first, whoever sent it.
//! - **[Callbacks](https://docs.dintero.com/docs/checkout/validating-callbacks)** report on one session, to
//!   the `callback_url` that it was created with; on refunds only with `report_event=REFUND` in its query.
//!   The method and the URL are signed, with [a secret of the
//!   account](DinteroConfig::with_callback_secret), and a time, which may differ by five minutes from the
//!   receiver's. The URL is the public one, with the query as it was on the wire. The body is **not**
//!   signed, and is not read.
//!
//! De-duplicate by [`delivery_id`](refunds_core::Notice::delivery_id). For a callback it comes from a
//! header that no signature covers: it identifies repetitions, and proves nothing. After a
//! [4xx](refunds_core::webhook_status) Dintero does not retry; it deletes a subscription whose deliveries
//! keep failing.
//!
//! # What Dintero does not have
//!
//! An idempotency key. A second request creates a second refund. Looking first prevents that, and a
//! [journal](refunds_core::journal) that the workers share; [`RefundClient`](refunds_core::RefundClient)
//! does both. A lost request is not repeated before
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
