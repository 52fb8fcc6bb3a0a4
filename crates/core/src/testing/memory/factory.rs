//! The in-memory provider in a registry.

use std::sync::Arc;

use super::MemoryProvider;
use crate::{Capabilities, ProviderFactory, RefundProvider, Result, SettingSpec, Settings};

/// Offers a [`MemoryProvider`] to a registry under the name `memory`. All providers that it builds share
/// their payments with the original.
///
/// ```
/// use refunds_core::{Money, Registry, Settings, testing::{MemoryFactory, MemoryProvider}};
///
/// let memory = MemoryProvider::new();
/// let payment = memory.captured(Money::new(100, "NOK".parse()?));
/// let provider = Registry::new().with(MemoryFactory::of(memory)).build("memory", &Settings::new())?;
/// # let _ = (provider, payment);
/// # Ok::<(), refunds_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryFactory(MemoryProvider);

impl MemoryFactory {
    /// A factory of clones of `provider`.
    #[must_use]
    pub fn of(provider: MemoryProvider) -> Self {
        Self(provider)
    }
}

impl ProviderFactory for MemoryFactory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn settings(&self) -> &[SettingSpec] {
        &[]
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn build(&self, _: &Settings) -> Result<Arc<dyn RefundProvider>> {
        Ok(Arc::new(self.0.clone()))
    }
}
