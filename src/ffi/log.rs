//! The log of a driver: delivers records to the host's log function.
//!
//! A log function that was replaced is never called again.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use super::process::per_process;
use crate::ffi::process::callback_thread::{self, Job};
use crate::ffi::process::wait::{Patience, lock};
use crate::telemetry::{LevelNumber, Record, Sink};

/// Most records that wait for the log function; more are counted and lost.
const WAITING: usize = 1024;

/// The log of one driver.
#[derive(Default)]
pub(super) struct LogSink {
    level: AtomicU8,
    waiting: AtomicUsize,
    lost: AtomicU64,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    /// Where records go; absent also while the function runs.
    target: Option<Box<dyn LogTarget>>,
    /// The function runs.
    busy: bool,
    /// It was replaced meanwhile.
    replaced: bool,
}

/// A log function with its context, which is given up when this is dropped.
pub(super) trait LogTarget: Send {
    /// Logs a record, before which `lost` records were lost.
    fn log(&self, record: &Record, lost: u64);
}

/// What the engine writes to: the sink, with the way to the dispatcher.
pub(super) struct LogEntrance(pub(super) Arc<LogSink>);

impl Sink for LogEntrance {
    fn level(&self) -> LevelNumber {
        self.0.level.load(Ordering::Relaxed)
    }

    fn accept(&self, record: Record) {
        let sink = &self.0;
        if sink.waiting.fetch_add(1, Ordering::AcqRel) >= WAITING {
            sink.waiting.fetch_sub(1, Ordering::AcqRel);
            sink.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        per_process::current()
            .dispatcher
            .push(Job::Log(Arc::clone(sink), Box::new(record)));
    }
}

impl LogSink {
    /// Calls the host's function with a record, on the dispatcher's thread.
    pub(super) fn deliver(&self, record: &Record) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        let mut state = lock(&self.state);
        let Some(target) = state.target.take() else {
            return;
        };
        state.busy = true;
        drop(state);

        target.log(record, self.lost.swap(0, Ordering::Relaxed));

        let mut state = lock(&self.state);
        if state.replaced {
            // Whoever replaced it returns when its context is given up, and not before.
            drop(state);
            drop(target);
            state = lock(&self.state);
            state.replaced = false;
        } else {
            state.target = Some(target);
        }
        state.busy = false;
        drop(state);
        self.returned.notify_all();
    }

    /// Sets the function. When this returns, the one before is not running and will not be
    /// called again, unless it is itself the caller.
    pub(super) fn replace(&self, level: LevelNumber, target: Option<Box<dyn LogTarget>>) {
        self.level.store(0, Ordering::Relaxed);
        let mut state = lock(&self.state);
        while state.busy {
            state.replaced = true;
            if callback_thread::is_here() {
                break;
            }
            state = Patience::Unlimited.wait(&self.returned, state).0;
        }
        let unwanted = std::mem::replace(&mut state.target, target);
        self.level.store(level, Ordering::Relaxed);
        drop(state);
        drop(unwanted);
    }
}
