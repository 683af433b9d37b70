//! The thread on which the host's functions run: `zfssa-cb`.
//!
//! Never a thread of the engine, so that a slow function stalls no request, and never the
//! caller's, so that a function is not called from within itself.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;

use crate::error::{Error, Result, Status};
use crate::ffi::completion::image_transfer::{self, Gone, Offer, Transferrer};
use crate::ffi::completion::in_flight::Completed;
use crate::ffi::log::LogSink;
use crate::ffi::process::handle;
use crate::ffi::process::per_process;
use crate::ffi::process::wait::Patience;
use crate::ffi::process::worker::{Lease, Service};
use crate::ffi::types::{DropFunction, Function, zfssa_result_t};
use crate::telemetry::Record;

pub(in crate::ffi) type Dispatcher = Service<Job>;

/// What the dispatcher does.
pub(in crate::ffi) enum Job {
    /// Tells the host that an operation completed.
    Complete(Callback, Completed),
    /// Asks the host to transfer an image.
    Transfer(Arc<Transferrer>, Offer),
    /// Gives up what the host gave for its transfers.
    Drop(Gone),
    /// Tells the host what the engine did.
    Log(Arc<LogSink>, Box<Record>),
    /// The driver is gone: gives up its log function.
    EndLog(Arc<LogSink>),
}

/// A function of the host's, to be called once.
pub(in crate::ffi) struct Callback {
    pub(in crate::ffi) function: Function,
    pub(in crate::ffi) context: *mut c_void,
    pub(in crate::ffi) drop: Option<DropFunction>,
    /// The thread must be there until the function ran.
    pub(in crate::ffi) lease: Lease<Job>,
}

// SAFETY: the host gives the function and its context for use on the dispatcher's thread, which
// the header says; the engine's threads only move them.
unsafe impl Send for Callback {}

thread_local! {
    /// On the dispatcher's thread: one more than the number of forks. Has no destructor, so it
    /// costs nothing at the thread's end.
    static HERE: Cell<u32> = const { Cell::new(0) };
}

pub(in crate::ffi) fn new() -> Dispatcher {
    Service::new("zfssa-cb", work)
}

fn work(job: Job) {
    HERE.set(per_process::generation() + 1);
    match job {
        Job::Complete(callback, completed) => complete(callback, completed),
        Job::Transfer(transferrer, offer) => image_transfer::call(&transferrer, offer),
        Job::Drop(gone) => gone.give_up(),
        Job::Log(sink, record) => sink.deliver(&record),
        Job::EndLog(sink) => sink.replace(0, None),
    }
}

fn complete(callback: Callback, completed: Completed) {
    let (object, permit) = completed.take();
    let result: *mut zfssa_result_t = handle::give(object);
    // SAFETY: the host gave the function for this context and promised, by the header, that
    // both stay good until the drop function ran, or the function where there is none, and that
    // neither throws.
    unsafe {
        (callback.function)(callback.context, result);
        if let Some(function) = callback.drop {
            function(callback.context);
        }
    }
    drop(permit);
    drop(callback.lease);
}

/// Whether the caller is a function of the host's that the dispatcher called. In the child of a
/// fork made there it is not: the child's dispatcher is another thread.
pub(in crate::ffi) fn is_here() -> bool {
    HERE.get() == per_process::generation() + 1
}

/// Refuses to block the dispatcher, which would wait for itself.
pub(in crate::ffi) fn may_block(function: &str, patience: Patience) -> Result<()> {
    if patience == Patience::None || !is_here() {
        return Ok(());
    }
    Err(Error::new(
        Status::WouldDeadlock,
        format!("{function} was called inside a callback with a timeout other than 0"),
    ))
}
