//! The thread on which the host's callbacks run: `zfssa-cb`.
//!
//! Never a thread of the engine, so that a slow callback stalls no request, and never the
//! caller's, so that a callback is not called from within itself.

use std::cell::Cell;

use crate::error::{Error, Result, Status};
use crate::ffi::process::per_process::{self, PerProcess};
use crate::ffi::process::wait::WaitLimit;
use crate::ffi::process::worker::{Worker, WorkerJob, WorkerLease};

static WORKER: PerProcess<Worker> = PerProcess::new(|_| Worker::new("zfssa-cb", enter));

thread_local! {
    /// On the callback thread: one more than the number of forks. Has no destructor, so it
    /// costs nothing at the thread's end.
    static HERE: Cell<u32> = const { Cell::new(0) };
}

/// Keeps the thread running until the lease is dropped.
pub(in crate::ffi) fn lease() -> Result<WorkerLease> {
    WORKER.get().lease()
}

/// Makes room for one callback, so that [`push_reserved`] allocates nothing.
pub(in crate::ffi) fn reserve() {
    WORKER.get().reserve();
}

/// Runs a callback for which room was reserved.
pub(in crate::ffi) fn push_reserved(callback: Box<dyn WorkerJob>) {
    WORKER.get().push_reserved(callback);
}

/// Runs a callback.
pub(in crate::ffi) fn push(callback: Box<dyn WorkerJob>) {
    WORKER.get().push(callback);
}

/// Marks the calling thread as the callback thread.
fn enter() {
    HERE.set(per_process::forks() + 1);
}

/// Whether the caller is a callback. In the child of a fork made in a callback it is not: the
/// child's callback thread is another one.
pub(in crate::ffi) fn is_here() -> bool {
    HERE.get() == per_process::forks() + 1
}

/// Refuses to block the callback thread, which would wait for itself.
pub(in crate::ffi) fn may_block(function: &str, limit: WaitLimit) -> Result<()> {
    if limit == WaitLimit::None || !is_here() {
        return Ok(());
    }
    Err(Error::new(
        Status::WouldDeadlock,
        format!(
            "{function}: was called inside a callback: pass a timeout of 0, or call it elsewhere"
        ),
    ))
}
