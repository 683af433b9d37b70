//! The C ABI: `include/zfssa.h`.
//!
//! This floor owns what C cannot be trusted with: handles, tickets, queues, panics, threads and
//! forks. It holds all of the unsafe code, and none of the work.
//!
//! - [`guard`] stands at the door of every export; [`handle`], [`text`] and [`sized`] check
//!   what comes in.
//! - [`process`] holds what the process has once: the [`registry`] of handles and tickets, and
//!   the threads ([`dispatcher`], [`reaper`], both a [`service`], with [`signals`] blocked).
//! - [`driver`] submits; [`ticket`] completes, exactly once; [`gate`] counts; [`queue`] and
//!   [`dispatcher`] deliver, with [`progress`] and [`transfer`] on the way;
//!   [`result`](mod@result) and [`error`] are what is delivered, made readable by [`arena`].
//! - [`operations`] has one function for each operation, and the recipe for the next one.
//!
//! The header is made of this folder's exports and their comments; `tests/header.rs` does it.

// The one floor that may: every block says what it relies on.
#![allow(unsafe_code)]
#![allow(non_camel_case_types)]
// The header says what each function asks of its caller, in the words of C.
#![allow(clippy::missing_safety_doc)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::undocumented_unsafe_blocks
    )
)]

mod arena;
pub mod call;
pub mod config;
mod dispatcher;
pub mod driver;
pub mod error;
mod gate;
mod guard;
mod handle;
pub mod log;
pub mod operations;
pub mod options;
mod process;
pub mod progress;
pub mod queue;
mod reaper;
mod registry;
pub mod result;
mod service;
mod signals;
mod sized;
#[cfg(test)]
mod storm;
mod sync;
pub mod text;
pub mod ticket;
pub mod transfer;
pub mod types;
pub mod version;
pub mod vtable;
