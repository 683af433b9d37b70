//! The engine's threads: one tokio runtime, shared by every backend of the process.
//!
//! It starts with the first backend and ends with the last. Rust hosts that use
//! [`crate::driver`] directly bring a runtime of their own and never come here.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Name lookups and journal writes run on threads of their own; more than this many at once
/// wait for each other.
const BLOCKING_THREADS: usize = 16;

/// A running engine.
pub(crate) struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// Starts `workers` threads named `zfssa-io-N`. `on_thread_start` runs first on each of
    /// them, and on each thread that the engine adds for blocking calls.
    pub(crate) fn start(
        workers: usize,
        on_thread_start: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Runtime> {
        let number = AtomicUsize::new(0);
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers.max(1))
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_name_fn(move || format!("zfssa-io-{}", number.fetch_add(1, Ordering::Relaxed)))
            .on_thread_start(on_thread_start)
            .enable_io()
            .enable_time()
            .build()
            .map(Runtime)
    }

    /// Where tasks are spawned.
    pub(crate) fn handle(&self) -> &tokio::runtime::Handle {
        self.0.handle()
    }

    /// Ends the engine. Waits no longer than `patience` for threads that are in a blocking
    /// call, such as a name lookup; such a thread then ends by itself.
    pub(crate) fn stop(self, patience: Duration) {
        self.0.shutdown_timeout(patience);
    }
}
