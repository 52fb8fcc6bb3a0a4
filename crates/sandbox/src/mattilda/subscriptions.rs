//! Where webhooks go, and the secrets that sign them.

use crate::ids;

/// The subscribed URLs and the active secrets.
pub(super) struct Subscriptions {
    /// Id and URL.
    urls: Vec<(String, String)>,
    /// Oldest first.
    secrets: Vec<String>,
}

impl Subscriptions {
    pub(super) fn new(secret: String) -> Self {
        Self { urls: Vec::new(), secrets: vec![secret] }
    }

    pub(super) fn urls(&self) -> impl Iterator<Item = &String> {
        self.urls.iter().map(|(_, url)| url)
    }

    /// Oldest first.
    pub(super) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    pub(super) fn newest_secret(&self) -> String {
        self.secrets.last().cloned().unwrap_or_default()
    }

    pub(super) fn add(&mut self, id: String, url: String) {
        self.urls.push((id, url));
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.urls.retain(|(kept, _)| kept != id);
    }

    /// Oldest first.
    pub(super) fn set_secrets(&mut self, secrets: Vec<String>) {
        self.secrets = secrets;
    }

    /// Adds a secret and returns it.
    pub(super) fn rotate(&mut self) -> String {
        let secret = ids::secret();
        self.secrets.push(secret.clone());
        secret
    }

    /// Keeps the newest secret only.
    pub(super) fn retire(&mut self) {
        let old = self.secrets.len().saturating_sub(1);
        self.secrets.drain(..old);
    }
}
