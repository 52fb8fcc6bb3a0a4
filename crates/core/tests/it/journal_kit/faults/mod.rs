//! The wrong journals: one fault each.

mod blocking;
mod durability;
mod evidence;
mod forgetting;
mod outcomes;
mod reading;
mod times;
mod versions;

use async_trait::async_trait;

pub(crate) use self::{
    blocking::*, durability::*, evidence::*, forgetting::*, outcomes::*, reading::*, times::*, versions::*,
};
use crate::journal_kit::mutant::Mutation;

/// A fault that is a type, and the methods in which it is wrong.
macro_rules! fault {
    ($name:ident { $($body:tt)* }) => {
        #[derive(Default)]
        pub(crate) struct $name;

        #[async_trait]
        impl Mutation for $name {
            $($body)*
        }
    };
}
use fault;

fault!(Nothing {});
