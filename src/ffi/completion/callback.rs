//! Completion callbacks: the host's function, called once with the result.

use std::ffi::c_void;

use crate::error::Result;
use crate::ffi::completion::in_flight::Completed;
use crate::ffi::process::worker::{WorkerJob, WorkerLease};
use crate::ffi::process::{callback_thread, handle};
use crate::ffi::types::{DropFunction, Function, zfssa_result_t};

/// The host's function for one completion.
#[derive(Clone, Copy)]
pub(in crate::ffi) struct Callback {
    pub(in crate::ffi) function: Function,
    pub(in crate::ffi) context: *mut c_void,
    pub(in crate::ffi) drop: Option<DropFunction>,
}

// SAFETY: by the header, the function and its context may be used on the callback thread; the
// engine's threads only move them.
unsafe impl Send for Callback {}

/// A callback for which there is a thread and room in its queue. Its job is allocated here, at
/// submission, so that delivering the completion allocates nothing and cannot fail.
pub(in crate::ffi) struct ReservedCallback(Box<CallbackJob>);

struct CallbackJob {
    callback: Callback,
    /// Set at completion.
    completed: Option<Completed>,
    /// The thread must be there until the function ran.
    _lease: WorkerLease,
}

impl ReservedCallback {
    pub(in crate::ffi) fn new(callback: Callback) -> Result<Self> {
        let lease = callback_thread::lease()?;
        callback_thread::reserve();
        Ok(ReservedCallback(Box::new(CallbackJob {
            callback,
            completed: None,
            _lease: lease,
        })))
    }

    /// Calls the host's function with the completion, on the callback thread.
    pub(in crate::ffi) fn complete(mut self, completed: Completed) {
        self.0.completed = Some(completed);
        callback_thread::push_reserved(self.0);
    }
}

impl WorkerJob for CallbackJob {
    fn run(self: Box<Self>) {
        let CallbackJob {
            callback,
            completed,
            _lease,
        } = *self;
        let Some((object, slot)) = completed.map(Completed::take) else {
            return;
        };
        let result: *mut zfssa_result_t = handle::give(object);
        // SAFETY: the host passed the function for this context. By the header both stay valid until
        // the destructor returns, or this function if there is none, and it does not throw.
        unsafe { (callback.function)(callback.context, result) };
        if let Some(function) = callback.drop {
            // SAFETY: as above, and the destructor is called once, after the function.
            unsafe { function(callback.context) };
        }
        drop(slot);
    }
}
