//! What the fuzz targets read. Not part of any build but theirs.

use super::record;

/// The number of a journal's records, and of the bytes that hold them; none when it cannot be
/// acted on.
pub fn read(bytes: &[u8]) -> Option<(usize, usize)> {
    let text = record::read(bytes).ok()?;
    Some((1 + text.events.len(), text.length))
}

/// A journal of these records, each with the checksum that it must have. A line that is no JSON
/// becomes a record that holds it as a text.
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
