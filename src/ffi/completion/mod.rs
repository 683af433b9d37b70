//! One operation in flight: exactly one completion, and how it is delivered.

pub mod admission;
pub mod image_transfer;
pub mod in_flight;
pub mod progress;
pub mod queue;
pub mod result;
