//! The wrong providers: one fault each.

mod answers;
mod capabilities;
mod faults;
mod life;
mod lists;
mod once;
mod safety;
mod sending;

use async_trait::async_trait;

pub(crate) use self::{
    answers::*, capabilities::*, faults::*, life::*, lists::*, once::*, safety::*, sending::*,
};
use crate::provider_kit::mutant::Mutation;

/// A fault that is a type, and the methods in which it lies.
macro_rules! mutation {
    ($name:ident { $($body:tt)* }) => {
        #[derive(Default)]
        pub(crate) struct $name;

        #[async_trait]
        impl Mutation for $name {
            $($body)*
        }
    };
}
use mutation;

mutation!(Nothing {});
