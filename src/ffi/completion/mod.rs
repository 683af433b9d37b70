//! The completion of an operation in flight: exactly one, by ticket, queue or callback.
//!
//! These files are one state machine and import each other in a circle: an operation in flight
//! ([`in_flight`]) completes into a queue or a callback, whose events and jobs hold parts of
//! operations in flight. It is the only circle in [`crate::ffi`].

pub mod admission;
pub mod callback;
pub mod image_transfer;
pub mod in_flight;
pub mod log_feed;
pub mod progress;
pub mod queue;
pub mod result;
