#![doc = include_str!("../README.md")]

mod capabilities;
mod client;
mod clock;
mod environment;
mod error;
mod extra;
pub mod guide;
mod id;
pub mod journal;
mod mode;
mod money;
mod overview;
mod page;
mod paging;
mod payment;
mod provider;
mod redact;
mod reference;
mod refund;
mod registry;
mod request;
mod send_window;
mod settings;
mod submit;
#[cfg(feature = "testing")]
pub mod testing;
mod unresolved;
mod webhook;

#[doc(no_inline)]
pub use async_trait::async_trait;
#[doc(no_inline)]
pub use {http, secrecy, serde_json, time};

pub use self::{
    capabilities::{Capabilities, Certainty, FinalStatus, Idempotency, IdempotencyKey, References, Replay},
    client::{
        CallOutcome, Observer, Policy, Recovered, RefundClient, RefundStream, Resolved, Retried, Settled,
        WaitOutcome, Waited, Waiting, WaitingFor,
    },
    clock::{BoxFuture, Clock, SystemClock, parse_time, readable_duration},
    environment::env_variable,
    error::{Error, ErrorKind, FieldError, Operation, Result},
    extra::{Extra, ExtraValue},
    id::{MAX_ID_LEN, PaymentId, RefundId},
    journal::{Journal, MemoryJournal, Scope},
    mode::Mode,
    money::{Currency, Money},
    overview::{Handover, Location, MoneyOverview, Overview},
    page::{Cursor, Page, PageRequest},
    paging::RefundList,
    payment::Payment,
    provider::{RefundProvider, all_refunds},
    redact::{redact, redact_with},
    reference::{MAX_REFERENCE_LEN, Reference},
    refund::{
        Card, PaymentMethod, Payout, PayoutDestination, Refund, RefundFailure, RefundLine, RefundStatus,
        RefundTarget, RetryAdvice, TargetKind,
    },
    registry::{ProviderFactory, Registry},
    request::{CreateRefund, RefundAmount},
    send_window::SendWindow,
    settings::{SettingSpec, Settings},
    submit::SubmitRefund,
    unresolved::UnresolvedRefund,
    webhook::{DEFAULT_WEBHOOK_TOLERANCE, Notice, WebhookRequest, webhook_status},
};
