#![doc = include_str!("../README.md")]

mod auth;
mod authorities;
mod base_url;
mod classify;
mod client;
mod decode;
mod each;
mod exchange;
mod failure;
mod gate;
mod json;
pub mod lenient;
mod outgoing;
mod provider_error;
mod proxy;
mod request;
mod request_id;
mod reqwest_transport;
mod response;
mod signature;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod transport;
mod verdict;
mod webhook;

#[doc(no_inline)]
pub use refunds_core::redact;
#[doc(no_inline)]
pub use {bytes, http};

pub use self::{
    auth::{Authorizer, Credential, StaticToken, Token, TokenCache, TokenSource},
    authorities::Authorities,
    base_url::BaseUrl,
    classify::{StatusClass, classify_status},
    client::{HttpClient, HttpClientBuilder},
    decode::present,
    each::Each,
    gate::{RequestGate, SendGate},
    json::{Json, Text},
    provider_error::{ErrorBody, ProviderError},
    request::Request,
    reqwest_transport::ReqwestTransport,
    response::Response,
    signature::{Digest, HmacKey, is_signed},
    transport::{Body, Transport, TransportError, TransportErrorKind},
    webhook::Delivery,
};
