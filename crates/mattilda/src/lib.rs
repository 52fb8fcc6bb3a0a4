#![doc = include_str!("../README.md")]

mod auth;
mod config;
mod convert;
mod error;
mod key;
mod list;
mod provider;
mod totals;
mod validate;
mod webhook;
mod wire;

pub use self::{
    config::MattildaConfig,
    provider::{Mattilda, MattildaFactory},
};

/// The name in the registry, and in `REFUNDS_PROVIDER`.
const NAME: &str = "mattilda";
