#![doc = include_str!("../README.md")]

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
