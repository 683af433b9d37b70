//! What the engine traces, among the output of the tests.

/// With `ZFSSA_TEST_TRACE` set, everything the engine traces goes to standard output, where the
/// search for secrets finds it. The pairs and triples of answers send what the fault matrices send,
/// a hundred times as often: their traces would fill a gigabyte and show nothing new.
pub fn trace_everything() {
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    if std::env::var_os("ZFSSA_TEST_TRACE").is_some() && !name.starts_with("answers-") {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(std::io::stdout)
            .with_ansi(false)
            .finish();
        // Another test of the process may have been first.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}
