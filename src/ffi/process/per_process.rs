//! Everything that belongs to the process as a whole, in one place.
//!
//! A forked child inherits the memory of its parent but none of its threads, and perhaps locks
//! that some thread held at that moment and that nobody will ever release. So the child gets a
//! new [`Process`] at its first call and never looks into the old one, which it leaks on
//! purpose. Numbers go on where the parent stopped: that is how the child tells an inherited
//! handle or ticket from its own without touching any inherited memory.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once, Weak};

use crate::ffi::completion::in_flight::InFlight;
use crate::ffi::process::callback_thread::{self, Dispatcher};
use crate::ffi::process::handle;
use crate::ffi::process::registry::Registry;
use crate::ffi::process::teardown_thread::{self, Reaper};
use crate::runtime::Runtime;

/// The state of this process, made at the first call and never freed.
pub(in crate::ffi) struct Process {
    generation: u32,
    /// The objects that the host holds.
    pub(in crate::ffi) handles: Registry<handle::Entry>,
    /// The operations in flight, and those that wait for their taker.
    pub(in crate::ffi) tickets: Registry<Arc<InFlight>>,
    /// The engine, as long as a driver lives.
    pub(in crate::ffi) runtime: Mutex<Weak<Runtime>>,
    /// The thread on which the host's functions run.
    pub(in crate::ffi) dispatcher: Dispatcher,
    /// The thread on which drivers are torn down.
    pub(in crate::ffi) reaper: Reaper,
}

/// How many forks lie between the process that loaded the library and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);
static CURRENT: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());
static HOOK: Once = Once::new();

/// Runs in the child between fork() and its return: one atomic addition, nothing else.
extern "C" fn after_fork_in_child() {
    if canary!("fork-not-noticed") {
        return;
    }
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The number of forks so far; differs between a parent and its child.
pub(in crate::ffi) fn generation() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// The state of this process.
pub(in crate::ffi) fn current() -> &'static Process {
    let known = CURRENT.load(Ordering::Acquire);
    // SAFETY: CURRENT is null or points to a Process that was leaked below.
    match unsafe { known.as_ref() } {
        Some(process) if process.generation == generation() => process,
        inherited => renew(known, inherited),
    }
}

#[cold]
fn renew(known: *mut Process, inherited: Option<&'static Process>) -> &'static Process {
    HOOK.call_once(|| {
        // SAFETY: the handler is a function of this library, which is never unmapped
        // (`-z nodelete`), and it does nothing that is not async-signal-safe.
        unsafe { libc::pthread_atfork(None, None, Some(after_fork_in_child)) };
    });
    let fresh = Box::into_raw(Box::new(Process {
        generation: generation(),
        handles: Registry::after(inherited.map_or(0, |process| process.handles.last())),
        tickets: Registry::after(inherited.map_or(0, |process| process.tickets.last())),
        runtime: Mutex::new(Weak::new()),
        dispatcher: callback_thread::new(),
        reaper: teardown_thread::new(),
    }));
    match CURRENT.compare_exchange(known, fresh, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: `fresh` was made by Box::into_raw and is now leaked through CURRENT.
        Ok(_) => unsafe { &*fresh },
        Err(other) => {
            // SAFETY: `fresh` was not published, so nobody else knows it; `other` is the
            // leaked Process of a thread that was quicker.
            unsafe {
                drop(Box::from_raw(fresh));
                &*other
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_process() {
        let threads: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| current() as *const Process as usize))
            .collect();
        let seen: std::collections::HashSet<usize> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(seen.len(), 1);
    }
}
