//! Entry points of the fuzz targets. Only their builds include this file.

use super::Path;
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
