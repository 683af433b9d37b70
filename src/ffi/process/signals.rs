//! Signal mask of the engine's threads: all blocked, but those that an instruction raises.
//!
//! Without this, a connection that the appliance resets kills a plain C host: TLS records go
//! out by `writev`, which raises SIGPIPE. It also keeps SIGCHLD, SIGTERM and the host's timers
//! on the host's threads.

use std::mem::MaybeUninit;

/// Raised by the faulting instruction itself; blocking them would turn a crash into a hang.
const SYNCHRONOUS: [libc::c_int; 7] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGSYS,
    libc::SIGABRT,
];

fn engine_mask() -> libc::sigset_t {
    let mut mask = MaybeUninit::uninit();
    if canary!("signals-not-blocked") {
        // SAFETY: the set is a local.
        unsafe { libc::sigemptyset(mask.as_mut_ptr()) };
        // SAFETY: sigemptyset initialised the whole set.
        return unsafe { mask.assume_init() };
    }
    // SAFETY: the set is a local.
    unsafe { libc::sigfillset(mask.as_mut_ptr()) };
    for signal in SYNCHRONOUS {
        // SAFETY: sigfillset initialised the set, and the number is that of a signal.
        unsafe { libc::sigdelset(mask.as_mut_ptr(), signal) };
    }
    // SAFETY: sigfillset initialised the whole set.
    unsafe { mask.assume_init() }
}

/// Blocks all signals but the synchronous ones on the calling thread, permanently.
pub(in crate::ffi) fn block() {
    let mask = engine_mask();
    // SAFETY: the set is initialised and the old one is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &mask, std::ptr::null_mut()) };
}

/// Runs `start`, which starts threads, with the signals blocked: a thread inherits the mask of the
/// one that starts it, so that not even its first instruction can take a signal. The caller's own
/// mask is restored.
pub(in crate::ffi) fn blocked<R>(start: impl FnOnce() -> R) -> R {
    struct Restore(libc::sigset_t);
    impl Drop for Restore {
        fn drop(&mut self) {
            // SAFETY: the set was filled by pthread_sigmask below.
            unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, std::ptr::null_mut()) };
        }
    }

    let mask = engine_mask();
    let mut old = MaybeUninit::uninit();
    // SAFETY: `mask` is initialised and `old` has room for a set.
    let failed = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &mask, old.as_mut_ptr()) };
    // A failure needs an invalid first argument. Then nothing was changed and nothing is restored.
    let _restore = (failed == 0).then(|| {
        // SAFETY: pthread_sigmask succeeded, so it initialised the old set.
        Restore(unsafe { old.assume_init() })
    });
    start()
}
