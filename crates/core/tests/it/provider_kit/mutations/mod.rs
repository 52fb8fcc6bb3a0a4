//! The wrong providers: one fault each.

mod capabilities;
mod faults;
mod life;
mod lists;
mod location;
mod once;
mod responses;
mod safety;
mod sending;

pub(crate) use self::{
    capabilities::*, faults::*, life::*, lists::*, location::*, once::*, responses::*, safety::*, sending::*,
};

/// A wrong provider, as a type: one method as a closure, or some methods in full.
macro_rules! mutation {
    ($name:ident { $($methods:tt)* }) => {
        #[derive(Default)]
        pub(crate) struct $name;

        #[async_trait::async_trait]
        impl crate::provider_kit::mutant::Mutation for $name {
            $($methods)*
        }
    };
    ($name:ident, debug, |$f:pat_param| $body:expr) => {
        mutation!($name {
            fn debug(&self, $f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $body
            }
        });
    };
    ($name:ident, capabilities, |$truth:pat_param| $body:expr) => {
        mutation!($name {
            fn capabilities(&self, $truth: refunds_core::Capabilities) -> refunds_core::Capabilities {
                $body
            }
        });
    };
    ($name:ident, payment, |$memory:pat_param, $id:pat_param| $body:expr) => {
        mutation!($name {
            async fn payment(&self, $memory: &refunds_core::testing::MemoryProvider, $id: &refunds_core::PaymentId) -> refunds_core::Result<refunds_core::Payment> {
                $body
            }
        });
    };
    ($name:ident, list, |$memory:pat_param, $id:pat_param, $page:pat_param| $body:expr) => {
        mutation!($name {
            async fn list(&self, $memory: &refunds_core::testing::MemoryProvider, $id: &refunds_core::PaymentId, $page: &refunds_core::PageRequest) -> refunds_core::Result<refunds_core::Page<refunds_core::Refund>> {
                $body
            }
        });
    };
    ($name:ident, get, |$memory:pat_param, $id:pat_param, $refund:pat_param| $body:expr) => {
        mutation!($name {
            async fn get(&self, $memory: &refunds_core::testing::MemoryProvider, $id: &refunds_core::PaymentId, $refund: &refunds_core::RefundId) -> refunds_core::Result<refunds_core::Refund> {
                $body
            }
        });
    };
    ($name:ident, submit, |$memory:pat_param, $submit:pat_param| $body:expr) => {
        mutation!($name {
            async fn submit(&self, $memory: &refunds_core::testing::MemoryProvider, $submit: &refunds_core::SubmitRefund) -> refunds_core::Result<refunds_core::Refund> {
                $body
            }
        });
    };
    ($name:ident, scope, |$memory:pat_param| $body:expr) => {
        mutation!($name {
            fn scope(&self, $memory: &refunds_core::testing::MemoryProvider) -> refunds_core::Scope {
                $body
            }
        });
    };
    ($name:ident, validate, |$memory:pat_param, $request:pat_param| $body:expr) => {
        mutation!($name {
            fn validate(&self, $memory: &refunds_core::testing::MemoryProvider, $request: &refunds_core::CreateRefund) -> refunds_core::Result<()> {
                $body
            }
        });
    };
    ($name:ident, overview, |$mutant:pat_param, $id:pat_param| $body:expr) => {
        mutation!($name {
            async fn overview(&self, $mutant: &crate::provider_kit::mutant::MutantProvider, $id: &refunds_core::PaymentId) -> refunds_core::Result<refunds_core::Overview> {
                $body
            }
        });
    };
    ($name:ident, verify_webhook, |$memory:pat_param, $request:pat_param| $body:expr) => {
        mutation!($name {
            fn verify_webhook(&self, $memory: &refunds_core::testing::MemoryProvider, $request: &refunds_core::WebhookRequest) -> refunds_core::Result<refunds_core::Notice> {
                $body
            }
        });
    };
    ($name:ident, alter, |$refund:pat_param| $body:expr) => {
        mutation!($name {
            fn alter(&self, $refund: refunds_core::Refund) -> refunds_core::Refund {
                $body
            }
        });
    };
}
use mutation;

mutation!(Nothing {});
