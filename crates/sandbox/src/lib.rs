//! The refund APIs of Dintero and Mattilda on loopback, with real checks, a ledger and faults.
//!
//! It is for tests and demonstrations of anything that makes refunds:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let sandbox = refunds_sandbox::Sandbox::start().await?;
//! let payment = sandbox.mattilda().captured(129_900, "MXN");
//! let settings = sandbox.settings("mattilda"); // for the adapter
//! # assert!(settings.contains_key("private_key") && !payment.is_empty());
//! # Ok(()) }
//! ```
//!
//! # Where the truth is
//!
//! A client can be told anything: that a refund failed when the money had left, that it was made when it was not, or
//! nothing at all. So the sandbox keeps apart what *happened* and what was *said*:
//!
//! - [`Sandbox::ledger`] is what happened: one entry for each refund that the provider really made, written when it was
//!   made, in integer minor units. No fault on the wire changes it.
//! - [`Sandbox::requests`] is what arrived: every request, even one nobody could parse, without headers and bodies.
//! - What was said is the client's business. A test compares it with the other two: *once asked is once in the ledger,
//!   and what the caller was told is true*.
//!
//! Requests are checked as the providers check them: tokens, signatures, scopes, amounts, what is left. The sandbox
//! shares no code with the adapters that it judges.
//!
//! # Time
//!
//! Nothing needs a sleep. The sandbox has its own clock, which [`Sandbox::advance`] moves; refunds that take their time
//! settle after some reads, at a time on that clock, or when they are told to ([`Sandbox::settle_all`]).
//!
//! # Faults
//!
//! A [`FaultRule`] is data: on which [`Call`], at which time, what happens ([`FaultAction`]). It can be written down, too:
//! `"submit:1:process-then-drop".parse()`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! # let sandbox = refunds_sandbox::Sandbox::start().await?;
//! use refunds_sandbox::{Call, FaultRule, FaultAction};
//!
//! sandbox.faults().add(FaultRule::on(Call::Submit).nth(1).then(FaultAction::ProcessThenStatus(502)));
//! # Ok(()) }
//! ```
//!
//! # Webhooks
//!
//! What happens to a refund is told by webhook to whom it was registered for: by a transaction's callback URL
//! ([`DinteroSandbox::set_callback_url`]), a hook subscription ([`DinteroSandbox::subscribe`], or over the API) or
//! [`MattildaSandbox::subscribe`]. Webhooks wait in a queue until a test has them [delivered](Webhooks::deliver), signed
//! and repeated as the providers do it; a [`WebhookMode`] doubles, shuffles, loses or spoils them.
//!
//! # What is guessed
//!
//! The providers do not document everything. Where they are silent the sandbox does the harsher thing, or lets a test
//! choose ([`mattilda::CursorMode`], [`mattilda::IdempotencyMode`], [`mattilda::FieldSet`],
//! [`dintero::TransactionSpec::without_reference_on_initiate`]).

mod api;
mod body;
mod clock;
mod common;
mod fault;
mod form;
mod ids;
mod ledger;
mod lock;
mod log;
mod provider;
mod respond;
mod response;
mod sandbox;
mod server;
mod settle;
mod socket;
mod webhook;
mod wire;
mod world;

pub mod dintero;
pub mod mattilda;

pub use crate::{
    dintero::DinteroSandbox,
    fault::{Call, FaultAction, FaultRule, FaultTrigger, Faults, ParseFaultError},
    ledger::{Entry, EntryState, Ledger},
    log::RecordedRequest,
    mattilda::MattildaSandbox,
    provider::{Provider, UnknownProvider},
    sandbox::{Sandbox, SandboxBuilder},
    settle::{Outcome, UnknownOutcome},
    webhook::{Delivery, SignedRequest, WebhookMode, WebhookQueue, Webhooks},
};
