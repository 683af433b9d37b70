//! JSON lines of the engine's log on standard error, in the form that `zfssa watch` reads.

use std::fmt;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;
use zfssa::timestamp;

/// Writes each event as one line.
pub struct JsonLines;

#[derive(Clone, Default)]
struct Fields(Map<String, Value>);

impl<S> Layer<S> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut line = Map::new();
        let metadata = event.metadata();
        line.insert("time".to_owned(), now().into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        let message = own.0.remove("message").unwrap_or_default();
        line.insert("msg".to_owned(), message);
        line.insert("target".to_owned(), metadata.target().into());
        for span in context.event_scope(event).into_iter().flatten() {
            let extensions = span.extensions();
            let Some(Fields(fields)) = extensions.get() else {
                continue;
            };
            if span.name() == "operation" {
                for (member, field) in [
                    ("operation", "name"),
                    ("resource", "resource"),
                    ("operation_id", "id"),
                ] {
                    let value = fields.get(field).filter(|value| **value != "");
                    line.extend(value.map(|value| (member.to_owned(), value.clone())));
                }
            }
        }
        line.extend(own.0);
        // A log that cannot be written must not end the operation.
        let _ = writeln!(std::io::stderr().lock(), "{}", Value::Object(line));
    }
}

/// The time as RFC 3339 in UTC, with milliseconds.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default();
    let text = timestamp::text(since.as_secs());
    let text = text.trim_end_matches('Z');
    format!("{text}.{:03}Z", since.subsec_millis())
}

impl Fields {
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

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}
