//! What the engine traces, among the output of the tests.

use std::cell::Cell;

use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::prelude::*;

thread_local! {
    /// Whether this thread belongs to a test that runs [`untraced`].
    static UNTRACED: Cell<bool> = const { Cell::new(false) };
}

/// With `ZFSSA_TEST_TRACE` set, everything the engine traces goes to standard output, where the
/// search for secrets finds it.
pub fn trace_everything() {
    if std::env::var_os("ZFSSA_TEST_TRACE").is_some() {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stdout)
            .with_ansi(false)
            .with_filter(dynamic_filter_fn(|_, _| !UNTRACED.get()));
        let subscriber = tracing_subscriber::registry().with(lines);
        // Another test of the process may have been first.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// Runs a test on a runtime whose threads trace nothing: a test that sends what others send, a
/// hundred times as often, would fill a gigabyte and show nothing new.
pub fn untraced<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(|| UNTRACED.set(true))
        .enable_all()
        .build()
        .expect("a runtime");
    UNTRACED.set(true);
    let output = runtime.block_on(test);
    UNTRACED.set(false);
    output
}
