//! What an application sees of `RefundClient`, under paused time.

mod create;
mod location;
mod multiple;
mod observe;
mod observer;
mod read;
mod refresh;
mod resolve;
mod scripted;
mod step_races;
mod steps;
mod terms;
mod unclear;
mod unstored;
