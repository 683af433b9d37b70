//! Handles, threads and locks of a process, safe after a fork.

pub mod callback_thread;
pub mod handle;
pub mod per_process;
pub mod registry;
pub mod runtime;
pub mod signals;
pub mod teardown_thread;
pub mod wait;
pub mod worker;
