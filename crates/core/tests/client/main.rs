//! What an application sees of `RefundClient`, under paused time.

mod create;
mod read;
mod scripted;
mod unclear;
