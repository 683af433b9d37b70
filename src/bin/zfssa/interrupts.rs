//! Signals that cancel an operation: SIGINT (Ctrl-C) and SIGTERM.
//!
//! SIGHUP is left alone, since a handler would replace the one of `nohup`.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Receives the signals from its creation on, so that none is lost between two waits.
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Needs a tokio runtime.
    pub fn new() -> std::io::Result<Interrupts> {
        Ok(Interrupts {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Signals for a program that runs another one: SIGCHLD, and SIGTERM to pass on.
pub struct ChildSignals {
    ended: Signal,
    terminate: Signal,
}

impl ChildSignals {
    /// Needs a tokio runtime. Comes before the start of the child, whose end could be missed.
    pub fn new() -> std::io::Result<ChildSignals> {
        Ok(ChildSignals {
            ended: signal(SignalKind::child())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal, and returns whether it is SIGTERM.
    pub async fn is_told_to_end(&mut self) -> bool {
        tokio::select! {
            _ = self.ended.recv() => false,
            _ = self.terminate.recv() => true,
        }
    }
}
