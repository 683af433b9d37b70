//! Log records of a driver on a queue.
//!
//! A driver has at most one log event on its queue, which carries all records that were written
//! until it is taken. So the records of an operation come before its completion, the queue does
//! not grow, and its room for completions is not used up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::ffi::completion::queue::{QueueEvent, QueueObject, QueueReservation};
use crate::ffi::completion::result::ResultObject;
use crate::ffi::process::wait::lock;
use crate::telemetry::Record;

/// Most records that wait for the host; more are counted and lost.
const WAITING: usize = 1024;

/// Collects the records of one driver for its queue.
pub(in crate::ffi) struct LogFeed {
    place: QueueReservation,
    user_data: u64,
    state: Mutex<FeedState>,
}

#[derive(Default)]
struct FeedState {
    records: Vec<QueuedRecord>,
    /// Records lost since the last one that was kept.
    lost: u64,
    /// The event is on the queue.
    queued: bool,
}

/// A record, before which others were lost.
pub(in crate::ffi) struct QueuedRecord {
    pub(in crate::ffi) record: Record,
    pub(in crate::ffi) lost: u64,
}

/// The output of a log event.
pub(in crate::ffi) struct LogRecords(pub(in crate::ffi) Vec<QueuedRecord>);

impl LogFeed {
    /// Fails on a queue that the host freed.
    pub(in crate::ffi) fn new(queue: &Arc<QueueObject>, user_data: u64) -> Result<Arc<LogFeed>> {
        Ok(Arc::new(LogFeed {
            place: queue.reserve(1)?,
            user_data,
            state: Mutex::default(),
        }))
    }

    /// Adds a record. Never waits for the host.
    pub(in crate::ffi) fn accept(self: &Arc<Self>, record: Record) {
        let mut state = lock(&self.state);
        if state.records.len() >= WAITING {
            state.lost += 1;
            return;
        }
        let lost = std::mem::take(&mut state.lost);
        state.records.push(QueuedRecord { record, lost });
        if !std::mem::replace(&mut state.queued, true) {
            // Under the lock: a completion after another thread's record must not overtake it.
            self.place
                .queue()
                .push_event(QueueEvent::Log(Arc::clone(self)));
        }
    }

    /// The host's event, with the records until now.
    pub(in crate::ffi) fn take(&self) -> Arc<ResultObject> {
        let mut state = lock(&self.state);
        state.queued = false;
        let records = std::mem::take(&mut state.records);
        drop(state);
        Arc::new(ResultObject::new(
            0,
            self.user_data,
            "log",
            0,
            Duration::ZERO,
            Ok(Box::new(LogRecords(records))),
        ))
    }
}

impl Drop for LogFeed {
    fn drop(&mut self) {
        self.place.release();
    }
}

impl Serialize for LogRecords {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl Serialize for QueuedRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            level: u8,
            time_ns: i64,
            lost: u64,
            target: &'a str,
            message: &'a str,
            fields: &'a serde_json::Map<String, serde_json::Value>,
            operation: Option<&'a str>,
            resource: Option<&'a str>,
            operation_id: Option<&'a str>,
        }
        let QueuedRecord { record, lost } = self;
        Json {
            level: record.level,
            time_ns: record.time_ns(),
            lost: *lost,
            target: record.target,
            message: &record.message,
            fields: &record.fields,
            operation: record.operation.as_deref(),
            resource: record.resource.as_deref(),
            operation_id: record.operation_id.as_deref(),
        }
        .serialize(serializer)
    }
}
