//! The thread on which drivers are torn down: `zfssa-reap`.
//!
//! Teardown takes time: operations roll back their steps, the session is logged out, threads are
//! joined. A host frees a driver wherever it likes, also inside a callback, so none of that happens
//! on its thread.

use crate::error::Result;
use crate::ffi::process::per_process::PerProcess;
use crate::ffi::process::worker::{Worker, WorkerJob, WorkerLease};

static WORKER: PerProcess<Worker> = PerProcess::new(|_| Worker::new("zfssa-reap", || ()));

/// Keeps the thread running until the lease is dropped.
pub(in crate::ffi) fn lease() -> Result<WorkerLease> {
    WORKER.get().lease()
}

/// Tears a driver down.
pub(in crate::ffi) fn push(driver: Box<dyn WorkerJob>) {
    WORKER.get().push(driver);
}
