//! Log of the engine, with a separate subscriber for each backend.
//!
//! The engine writes `tracing` events. The subscriber of a backend is set only for its tasks. No
//! global state is changed, so that several libraries in one process do not interfere.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::{Interest, NoSubscriber};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Level of a record: 1 error, 2 warning, 3 information, 4 debug, 5 trace.
pub type LevelNumber = u8;

/// A log record.
#[derive(Debug)]
pub struct Record {
    /// Its level.
    pub level: LevelNumber,
    /// When it was written.
    pub time: SystemTime,
    /// The part of the engine, such as `zfssa::rest`.
    pub target: &'static str,
    /// One sentence.
    pub message: String,
    /// The operation, where the record belongs to one.
    pub operation: Option<String>,
    /// The operation's object.
    pub resource: Option<String>,
    /// The operation's id.
    pub operation_id: Option<String>,
    /// Further data.
    pub fields: Map<String, Value>,
}

impl Record {
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    pub(crate) fn time_ns(&self) -> i64 {
        let since_epoch = self
            .time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
    }
}

/// Destination of log records.
pub trait Sink: Send + Sync + 'static {
    /// The most detailed level that is wanted; 0 for none.
    fn level(&self) -> LevelNumber;

    /// Receives a record. Must not block: it runs on the engine's threads.
    fn accept(&self, record: Record);
}

/// A subscriber that passes the engine's events to `sink`.
pub fn dispatch(sink: Arc<impl Sink>) -> Dispatch {
    // While there is only one subscriber, `tracing` asks the current one whether it wants an event
    // that occurs for the first time. On a thread without a subscriber, that would disable the
    // event permanently. With two subscribers it asks all of them.
    let second = Dispatch::new(NoSubscriber::new());
    let tap = Tap {
        sink,
        _second: second,
    };
    Dispatch::new(tracing_subscriber::registry().with(tap))
}

struct Tap<S> {
    sink: Arc<S>,
    _second: Dispatch,
}

fn number(level: &Level) -> LevelNumber {
    match *level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

impl<S: Sink, C> Layer<C> for Tap<S>
where
    C: Subscriber + for<'a> LookupSpan<'a>,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The level changes while the program runs, so it is read each time. Events of other crates
        // are dropped: they may contain secrets.
        if is_ours(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, C>) -> bool {
        is_ours(metadata) && number(metadata.level()) <= self.sink.level()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, C>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, C>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut record = Record {
            level: number(event.metadata().level()),
            time: SystemTime::now(),
            target: event.metadata().target(),
            message: own.take("message").unwrap_or_default(),
            operation: None,
            resource: None,
            operation_id: None,
            fields: Map::new(),
        };
        for span in context
            .event_scope(event)
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .iter()
            .rev()
        {
            if let Some(fields) = span.extensions().get::<Fields>() {
                let mut fields = fields.clone();
                if span.name() == "operation" {
                    record.operation = fields.take("name");
                    record.resource = fields.take("resource").filter(|text| !text.is_empty());
                    record.operation_id = fields.take("id");
                }
                record.fields.extend(fields.0);
            }
        }
        record.fields.extend(own.0);
        self.sink.accept(record);
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "zfssa" || metadata.target().starts_with("zfssa::")
}

#[derive(Clone, Default)]
struct Fields(Map<String, Value>);

impl Fields {
    /// Takes a field out as text.
    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).map(|value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        })
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU8, Ordering};

    #[derive(Default)]
    struct Notes(AtomicU8, Mutex<Vec<Record>>);

    impl Sink for Notes {
        fn level(&self) -> LevelNumber {
            self.0.load(Ordering::Relaxed)
        }

        fn accept(&self, record: Record) {
            self.1.lock().unwrap().push(record);
        }
    }

    #[test]
    fn records_know_their_operation_and_the_level_can_change() {
        let notes = Arc::new(Notes::default());
        let dispatch = dispatch(Arc::clone(&notes));
        let speak = |text: &str| {
            tracing::dispatcher::with_default(&dispatch, || {
                let span = tracing::info_span!(
                    target: "zfssa", "operation", name = "create_volume", resource = "v", id = "7"
                );
                let _entered = span.entered();
                tracing::info!(target: "zfssa::rest", size = 8, "{text}");
                tracing::debug!(target: "zfssa::rest", "{text}");
                tracing::info!(target: "another_crate", "{text}");
            });
        };
        speak("unheard");
        notes.0.store(3, Ordering::Relaxed);
        speak("heard");
        notes.0.store(1, Ordering::Relaxed);
        speak("unheard");

        let records = notes.1.lock().unwrap();
        assert_eq!(records.len(), 1);
        let record = &records[0];
        assert_eq!((record.message.as_str(), record.level), ("heard", 3));
        assert_eq!(record.operation.as_deref(), Some("create_volume"));
        assert_eq!(record.resource.as_deref(), Some("v"));
        assert_eq!(record.operation_id.as_deref(), Some("7"));
        assert_eq!(
            Value::Object(record.fields.clone()).to_string(),
            r#"{"size":8}"#
        );
    }
}
