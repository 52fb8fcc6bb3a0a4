//! The wrong providers: one fault each.

mod answers;
mod capabilities;
mod life;
mod lists;
mod once;
mod safety;
mod sending;
mod trouble;

use async_trait::async_trait;

pub(crate) use self::{
    answers::*, capabilities::*, life::*, lists::*, once::*, safety::*, sending::*, trouble::*,
};
use crate::liar::Lie;

/// A fault that is a type, and the methods in which it lies.
macro_rules! fault {
    ($name:ident { $($body:tt)* }) => {
        #[derive(Default)]
        pub(crate) struct $name;

        #[async_trait]
        impl Lie for $name {
            $($body)*
        }
    };
}
use fault;

fault!(Nothing {});
