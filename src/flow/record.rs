//! Text format of a journal: one record on each line, each with a checksum.
//!
//! A line is 16 hexadecimal digits, a space, and a JSON object. The digits are the beginning of
//! SHA-256 over the digits of the line before and the object, so that a line that was changed,
//! lost, moved or copied from another journal is detected.

use serde::de::{IntoDeserializer, value};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest;
use crate::flow::moment::Moment;
use crate::flow::{Backend, Effect, Step};

/// The version of the format. A reader refuses a newer one.
pub(super) const FORMAT: u32 = 1;

/// Number of hexadecimal digits of a checksum.
const DIGITS: usize = 16;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) zfssa_flow: u32,
    pub(super) flow: String,
    pub(super) object: String,
    pub(super) operation: String,
    /// Attempt at the operation; `None` in journals of former releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<String>,
    pub(super) backend: Backend,
    pub(super) began: String,
    /// The parameters.
    pub(super) state: Value,
}

/// The other lines. Steps are text, so that the readers are compiled once and not for each flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub(super) enum Event {
    /// A step is about to run.
    Begin { step: String },
    /// A step is complete, and the next, if there is one, is about to run.
    Done {
        step: String,
        effect: Effect,
        state: Value,
        begin: Option<String>,
    },
    /// The rollback of the flow began.
    Turned { reason: String },
    /// A step was rolled back.
    RolledBack { step: String },
    /// No further request is sent for the step in progress, and it may still be carried out.
    InDoubt { since: Moment },
}

/// Name of a step in the journal.
pub(super) fn name_of<S: Step>(step: S) -> String {
    let name = serde_json::to_value(step).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

/// The step that has a name in the journal; the error names the steps of the flow.
pub(super) fn step_named<S: Step>(name: &str) -> Result<S, value::Error> {
    S::deserialize(name.into_deserializer())
}

/// Reason that a text is not a usable journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// No complete record is on disk, so no step was begun.
    Empty,
    /// It is damaged, or not a journal.
    Damaged(String),
    /// A later release wrote it.
    Newer(u32),
}

/// A line for a record, and the checksum that the next line needs.
pub(super) fn line<T: Serialize>(before: &str, record: &T) -> Result<(String, String), String> {
    let json = serde_json::to_string(record).map_err(|error| error.to_string())?;
    let sum = sum(before, &json);
    Ok((format!("{sum} {json}\n"), sum))
}

fn sum(before: &str, json: &str) -> String {
    digest::short_hex([before.as_bytes(), json.as_bytes()], DIGITS)
}

/// A journal's records and the last checksum.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) header: Header,
    pub(super) events: Vec<Value>,
    pub(super) sum: String,
    /// Length of the complete records in bytes. The rest is an incomplete record.
    pub(super) length: usize,
}

/// Reads a journal. Text after the last newline is a record whose write was interrupted: it was not
/// on disk when the process died, so the step that it announces was not begun.
pub(super) fn read(bytes: &[u8]) -> Result<Text, Unreadable> {
    let mut sum = String::new();
    let mut records = Vec::new();
    let mut length = 0;
    for (number, part) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let whole = part.last() == Some(&b'\n');
        let body = &part[..part.len() - 1];
        match checked(&sum, body) {
            Some((value, next)) => {
                // A complete record counts even if its newline is damaged: it was written.
                records.push(value);
                sum = next;
                length += part.len();
            }
            None if whole => {
                return Err(Unreadable::Damaged(format!(
                    "line {} has a wrong checksum",
                    number + 1
                )));
            }
            None => break,
        }
    }
    let mut records = records.into_iter();
    let Some(first) = records.next() else {
        return Err(if begins_as_journal(bytes) {
            Unreadable::Empty
        } else {
            Unreadable::Damaged("it does not begin as a journal".into())
        });
    };
    let format = first.get("zfssa_flow").and_then(Value::as_u64);
    match format.map(u32::try_from) {
        Some(Ok(FORMAT)) => {}
        Some(newer) => return Err(Unreadable::Newer(newer.unwrap_or(u32::MAX))),
        None => return Err(Unreadable::Damaged("it does not begin as a journal".into())),
    }
    let header = serde_json::from_value(first)
        .map_err(|error| Unreadable::Damaged(format!("its first line: {error}")))?;
    Ok(Text {
        header,
        events: records.collect(),
        sum,
        length,
    })
}

/// Whether a text may be the beginning of a first line: some of its digits, or the zeroes that a
/// file system leaves for bytes that never reached the disk.
fn begins_as_journal(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take(DIGITS).all(u8::is_ascii_hexdigit);
    digits || bytes.iter().all(|byte| *byte == 0)
}

fn checked(before: &str, body: &[u8]) -> Option<(Value, String)> {
    let text = std::str::from_utf8(body).ok()?;
    let (digits, json) = text.split_at_checked(DIGITS)?;
    let json = json.strip_prefix(' ')?;
    if digits != sum(before, json) && !canary!("checksum-not-compared") {
        return None;
    }
    let value = serde_json::from_str(json).ok()?;
    Some((value, digits.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn journal() -> String {
        let header = Header {
            zfssa_flow: FORMAT,
            flow: "kind".into(),
            object: "volume-1".into(),
            operation: "op".into(),
            attempt: Some("0123456789abcdef".into()),
            backend: Backend {
                appliance: "a:215".into(),
                pool: "p".into(),
                project: "c".into(),
            },
            began: "2026-01-01T00:00:00Z".into(),
            state: json!({"size": 1}),
        };
        let (mut text, sum) = line("", &header).unwrap();
        let (second, sum) = line(&sum, &Event::Begin { step: "one".into() }).unwrap();
        let done = Event::Done {
            step: "one".into(),
            effect: Effect::Made,
            state: json!({"size": 1}),
            begin: Some("two".into()),
        };
        let (third, _) = line(&sum, &done).unwrap();
        text.push_str(&second);
        text.push_str(&third);
        text
    }

    #[test]
    fn what_was_written_is_read() {
        let text = journal();
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(read.header.object, "volume-1");
        assert_eq!(read.events.len(), 2);
        assert_eq!(read.length, text.len());
    }

    #[test]
    fn every_cut_leaves_the_records_before_it() {
        let text = journal();
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        for cut in 0..text.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count();
            match read(&text.as_bytes()[..cut]) {
                Ok(read) => assert_eq!(read.events.len() + 1, whole, "cut at {cut}"),
                Err(error) => assert_eq!((error, whole), (Unreadable::Empty, 0), "cut at {cut}"),
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed_or_harmless() {
        let text = journal();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                match read(&bytes) {
                    Err(Unreadable::Damaged(_)) => {}
                    // The last end of line may go; the record before it stays whole.
                    Ok(read) => assert_eq!((read.events.len(), at), (2, text.len() - 1)),
                    Err(other) => panic!("byte {at} bit {bit}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn lines_that_are_lost_moved_or_foreign_are_noticed() {
        let text = journal();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for wrong in [
            [lines[0], lines[2]].concat(),
            [lines[0], lines[2], lines[1]].concat(),
            [lines[0], lines[1], lines[1]].concat(),
            lines[1].to_owned(),
            "something else\n".to_owned(),
            "something else".to_owned(),
        ] {
            assert!(matches!(
                read(wrong.as_bytes()),
                Err(Unreadable::Damaged(_))
            ));
        }
        assert_eq!(read(b"").unwrap_err(), Unreadable::Empty);
    }

    #[test]
    fn a_newer_format_is_told_apart() {
        let (text, _) = line("", &json!({"zfssa_flow": 2, "anything": true})).unwrap();
        assert_eq!(read(text.as_bytes()).unwrap_err(), Unreadable::Newer(2));
    }
}
