//! The thread on which drivers end: `zfssa-reap`.
//!
//! Ending a driver takes time: operations undo their steps, the session is logged out, threads
//! are joined. A host frees a driver wherever it likes, also inside a callback, so none of that
//! happens on its thread.

use crate::ffi::driver::Backend;
use crate::ffi::process::worker::Service;

pub(in crate::ffi) type Reaper = Service<Backend>;

pub(in crate::ffi) fn new() -> Reaper {
    Service::new("zfssa-reap", Backend::end)
}
