//! What the engine traces, among the output of the tests.

/// With `ZFSSA_TEST_TRACE` set, everything the engine traces goes to standard output, where the
/// search for secrets finds it.
pub fn trace_everything() {
    if std::env::var_os("ZFSSA_TEST_TRACE").is_some() {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(std::io::stdout)
            .with_ansi(false)
            .finish();
        // Another test of the process may have been first.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}
