//! The log of a driver: delivers records to the host's log function or queue.
//!
//! A log function that was replaced is never called again.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use crate::ffi::completion::log_feed::LogFeed;
use crate::ffi::process::callback_thread;
use crate::ffi::process::wait::{WaitLimit, lock};
use crate::ffi::process::worker::WorkerJob;
use crate::telemetry::{LevelNumber, Record, Sink};

/// Most records that wait for the log function; more are counted and lost.
const WAITING: usize = 1024;

/// The log of one driver.
#[derive(Default)]
pub(super) struct LogSink {
    level: AtomicU8,
    waiting: AtomicUsize,
    lost: AtomicU64,
    state: Mutex<LogState>,
    returned: Condvar,
}

#[derive(Default)]
struct LogState {
    /// Where records go; absent also while the function runs.
    target: Option<Box<dyn LogTarget>>,
    /// The queue that gets the records instead of a function.
    feed: Option<Arc<LogFeed>>,
    /// The function runs.
    busy: bool,
    /// It was replaced meanwhile.
    replaced: bool,
}

/// Where the host wants the records.
pub(super) enum LogDestination {
    Nowhere,
    Function(Box<dyn LogTarget>),
    Queue(Arc<LogFeed>),
}

/// A log function with its context, whose destructor runs when this is dropped.
pub(super) trait LogTarget: Send {
    /// Logs a record, before which `lost` records were lost.
    fn log(&self, record: &Record, lost: u64);
}

/// The engine's end of the sink: queues records for the callback thread or the host's queue.
pub(super) struct LogEntrance(pub(super) Arc<LogSink>);

impl Sink for LogEntrance {
    fn level(&self) -> LevelNumber {
        self.0.level.load(Ordering::Relaxed)
    }

    fn accept(&self, record: Record) {
        let sink = &self.0;
        let feed = lock(&sink.state).feed.clone();
        if let Some(feed) = feed {
            feed.accept(record);
            return;
        }
        if sink.waiting.fetch_add(1, Ordering::AcqRel) >= WAITING {
            sink.waiting.fetch_sub(1, Ordering::AcqRel);
            sink.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        callback_thread::push(Box::new(RecordJob(Arc::clone(sink), record)));
    }
}

/// Delivers one record to the host's log function.
struct RecordJob(Arc<LogSink>, Record);

impl WorkerJob for RecordJob {
    fn run(self: Box<Self>) {
        self.0.deliver(&self.1);
    }
}

/// Drops the log function of a driver that was torn down, after the last record.
pub(super) struct EndLog(pub(super) Arc<LogSink>);

impl WorkerJob for EndLog {
    fn run(self: Box<Self>) {
        self.0.replace(0, LogDestination::Nowhere);
    }
}

impl LogSink {
    /// Calls the host's function with a record, on the callback thread.
    fn deliver(&self, record: &Record) {
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
            // The thread that replaced it waits until the destructor of its context has run.
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

    /// Sets the function or the queue. On return the previous function is not running and will not
    /// be called again, unless it is itself the caller.
    pub(super) fn replace(&self, level: LevelNumber, destination: LogDestination) {
        let (level, target, feed) = match destination {
            LogDestination::Nowhere => (0, None, None),
            LogDestination::Function(target) => (level, Some(target), None),
            LogDestination::Queue(feed) => (level, None, Some(feed)),
        };
        self.level.store(0, Ordering::Relaxed);
        let mut state = lock(&self.state);
        while state.busy {
            state.replaced = true;
            if callback_thread::is_here() {
                break;
            }
            state = WaitLimit::Unlimited.wait(&self.returned, state).0;
        }
        let unwanted = (
            std::mem::replace(&mut state.target, target),
            std::mem::replace(&mut state.feed, feed),
        );
        self.level.store(level, Ordering::Relaxed);
        drop(state);
        drop(unwanted);
    }
}
