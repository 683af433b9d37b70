//! The C ABI: `include/zfssa.h`.
//!
//! This layer protects the engine from misuse by C: it owns handles, tickets, queues, panics,
//! threads and fork rules. It holds all of the unsafe code, and none of the work.
//!
//! - [`guard`] catches the panics of every export and reports its errors; [`marshal`] checks the
//!   strings and structures that come in, and owns the memory of the views that go out.
//! - [`process`] has the process-wide state: the tables of handles and tickets, and the threads
//!   that run callbacks and teardown, with all signals blocked.
//! - [`driver`] submits operations; [`completion`] ends each of them exactly once, and delivers
//!   its progress and its result through a queue or a callback.
//! - [`exports`] has the functions of C apart from the operations, and their structures.
//! - [`operations`] has one function for each operation, and the recipe for the next one.
//!
//! The header is made of this folder's exports and their comments; `tests/header` does it.

// The only layer with unsafe code: every block states one invariant, for one operation.
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
        clippy::multiple_unsafe_ops_per_block,
        clippy::undocumented_unsafe_blocks
    )
)]

pub mod call;
pub mod completion;
pub mod config;
#[cfg(test)]
mod counting_allocator;
pub mod driver;
pub mod error;
pub mod exports;
mod guard;
pub mod log;
pub mod marshal;
pub mod metrics;
pub mod operations;
pub mod process;
#[cfg(test)]
mod stress_test;
pub mod types;
