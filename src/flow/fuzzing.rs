//! Entry points of the fuzz targets. Only their builds include this file.

use super::record;

/// Number of a journal's records and their length in bytes; `None` if it is not usable.
pub fn read(bytes: &[u8]) -> Option<(usize, usize)> {
    let text = record::read(bytes).ok()?;
    Some((1 + text.events.len(), text.length))
}

/// Journal of these records with correct checksums. A line that is not JSON becomes a record with
/// the line as text.
pub fn with_checksums(lines: &[&str]) -> String {
    let (mut whole, mut sum) = (String::new(), String::new());
    for line in lines {
        let value: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| serde_json::Value::from(*line));
        if let Ok((text, next)) = record::line(&sum, &value) {
            whole.push_str(&text);
            sum = next;
        }
    }
    whole
}
