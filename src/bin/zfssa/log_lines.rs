//! JSON lines of the engine's log on standard error, in the form that `zfssa watch` reads.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tracing::Dispatch;
use zfssa::telemetry::{self, LevelNumber, Record, Sink};
use zfssa::timestamp;

/// Names of the levels, of which the first has the number 1.
const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// The most detailed level that is written: requests and retries.
const DEBUG: LevelNumber = 4;

/// A subscriber that writes each record as one line.
pub fn subscriber() -> Dispatch {
    telemetry::dispatch(Arc::new(JsonLines))
}

struct JsonLines;

impl Sink for JsonLines {
    fn level(&self) -> LevelNumber {
        DEBUG
    }

    fn accept(&self, record: Record) {
        let level = LEVELS.get(usize::from(record.level).wrapping_sub(1));
        let own = [
            ("time", Some(text(record.time))),
            ("level", level.map(|level| (*level).to_owned())),
            ("msg", Some(record.message)),
            ("target", Some(record.target.to_owned())),
            ("operation", record.operation),
            ("resource", record.resource),
            ("operation_id", record.operation_id),
        ];
        let own = own.into_iter();
        let mut line: Map<String, Value> = own
            .filter_map(|(member, value)| Some((member.to_owned(), value?.into())))
            .collect();
        line.extend(record.fields);
        // A log that cannot be written must not end the operation.
        let _ = writeln!(std::io::stderr().lock(), "{}", Value::Object(line));
    }
}

/// The time as RFC 3339 in UTC, with milliseconds.
fn text(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = timestamp::text(since.as_secs());
    let text = text.trim_end_matches('Z');
    format!("{text}.{:03}Z", since.subsec_millis())
}
