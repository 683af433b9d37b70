//! Entry points of the fuzz targets. Only their builds include this file.

use serde_json::value::RawValue;

use super::Path;
use super::exchange::list_stream::{ListReader, ListSink};
use super::fault::Fault;
use crate::config::ApiVersion;

/// The fault of a body as text, after its classification.
pub fn fault(http: u16, body: &[u8], secret: &str) -> String {
    let mut fault = Fault::read(body);
    let _ = fault.status(http);
    fault.redact([secret]);
    fault.prose.unwrap_or_default()
}

/// The value of a `Retry-After` header.
pub fn retry_after(value: &[u8]) -> Option<std::time::Duration> {
    super::retry::retry_after(value)
}

/// The whole address of a path.
pub fn address(path: &Path) -> String {
    path.address("https://appliance:215", ApiVersion::V1)
}

/// The elements of the list `luns` of an answer that arrives in parts of this size; `None` when
/// the answer is refused.
pub fn list(answer: &[u8], part: usize, most: usize) -> Option<Vec<String>> {
    #[derive(Default)]
    struct Luns(Vec<String>);

    impl ListSink for Luns {
        fn key(&self) -> &'static str {
            "luns"
        }
        fn restart(&mut self) {
            self.0.clear();
        }
        fn element(&mut self, json: &RawValue) {
            self.0.push(json.get().to_owned());
        }
    }

    let mut luns = Luns::default();
    let mut reader = ListReader::new(&mut luns, most);
    for part in answer.chunks(part.max(1)) {
        reader.read(part).ok()?;
    }
    reader.finish().ok()?;
    Some(luns.0)
}
