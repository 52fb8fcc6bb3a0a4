#![doc = include_str!("../README.md")]

mod admin;
mod api;
mod body;
mod changes;
mod clock;
mod common;
mod fault;
mod form;
mod ids;
mod ledger;
mod lock;
mod log;
mod operate;
mod origin;
mod provider;
mod rate;
mod record;
mod redact;
mod respond;
mod response;
mod route;
mod sandbox;
mod server;
mod settle;
mod socket;
mod traffic;
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
    rate::RateLimit,
    record::Record,
    sandbox::{Sandbox, SandboxBuilder},
    settle::{Outcome, UnknownOutcome},
    webhook::{Delivery, SignedRequest, WebhookMode, WebhookQueue, Webhooks},
};
