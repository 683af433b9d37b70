//! The exports of the C ABI apart from the operations: the `extern "C"` functions with their C
//! structures.
//!
//! An export checks the arguments of C, calls the object behind the handle, and writes what C gets.
//! The objects are in [`crate::ffi`] and know nothing of this folder. `vtable` lists all exports,
//! those of [`crate::ffi::operations`] included.

pub mod call;
pub mod config;
pub mod driver;
pub mod error;
pub mod image_transfer;
pub mod log;
pub mod metrics;
pub mod options;
pub mod progress;
pub mod queue;
pub mod result;
pub mod ticket;
pub mod version;
pub mod vtable;
