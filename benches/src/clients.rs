//! Providers and runtimes to measure.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use refunds_core::{Clock, SystemClock};
use refunds_dintero::{Dintero, DinteroConfig};
use refunds_mattilda::{Mattilda, MattildaConfig};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::{bodies::DINTERO_ACCOUNT, canned::Canned};

pub(crate) const TOKEN: &str = "a-ready-token";

/// One thread, so that the figures do not depend on scheduling. It is the same one always: a connection lives
/// only while its runtime runs.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Builder::new_current_thread().enable_all().build().unwrap())
}

/// Reads `body`, whatever is requested.
pub(crate) fn canned_mattilda(body: Bytes) -> Mattilda {
    Mattilda::new(MattildaConfig::from_token(TOKEN).with_transport(Arc::new(Canned(body)))).unwrap()
}

/// Reads `body`, whatever is requested. Its token comes from the same body, with the first request.
pub(crate) fn canned_dintero(body: Bytes) -> Dintero {
    let mut both: Value = serde_json::from_slice(&body).unwrap();
    let token = json!({"access_token": "token", "expires_in": 86400});
    both.as_object_mut().unwrap().extend(token.as_object().unwrap().clone());
    let config = DinteroConfig::new(DINTERO_ACCOUNT, "client", "secret");
    Dintero::new(config.with_transport(Arc::new(Canned(both.to_string().into())))).unwrap()
}

/// Calls the server at `url`.
pub(crate) fn mattilda(url: &str) -> Mattilda {
    Mattilda::new(MattildaConfig::from_token(TOKEN).with_api_url(url)).unwrap()
}

/// Calls the server at `url`.
pub(crate) fn dintero(url: &str) -> Dintero {
    dintero_with_clock(url, Arc::new(SystemClock))
}

/// Calls the server at `url`; its tokens expire by `clock`.
pub(crate) fn dintero_with_clock(url: &str, clock: Arc<dyn Clock>) -> Dintero {
    let config = DinteroConfig::new(DINTERO_ACCOUNT, "client", "secret");
    Dintero::new(config.with_api_url(url).with_checkout_url(url).with_clock(clock)).unwrap()
}
