//! `/admin/signature`: the secret that signs callbacks.

use serde_json::json;

use super::Dintero;
use crate::{
    ids::secret,
    lock::lock,
    wire::{Answer, Incoming, Reply},
};

impl Dintero {
    /// `GET` reads the secret; `POST` replaces it.
    #[expect(clippy::unnecessary_wraps, reason = "a handler like the others")]
    pub(super) fn signature(&self, request: &Incoming, _: &[String]) -> Answer {
        let mut state = lock(&self.state);
        if request.method == "POST" {
            state.callback_secret = secret();
        }
        let body = json!({"signature": {"type": "v0-hmac-sha256", "secret": state.callback_secret}});
        Ok(Reply::json(200, &body))
    }

    pub(crate) fn callback_secret(&self) -> String {
        lock(&self.state).callback_secret.clone()
    }

    pub(crate) fn account_id(&self) -> &str {
        &self.credentials.account_id
    }
}
