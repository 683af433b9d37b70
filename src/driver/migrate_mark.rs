//! What a migration writes on its volume while it is under way: whose it is and where it goes.
//!
//! The journal tells more. The mark, which is on the appliance, is what is left where the journal
//! is lost. It is never the bare id of an operation: that means a LUN that may be deleted with
//! the operation that made it.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::appliance::Lun;
use crate::driver::age::now;

/// How far a migration is, as far as its mark tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Under way.
    Migrating,
    /// Given up: what it made is taken back. A migration that finds this on its source goes no
    /// further.
    Undoing,
}

/// The value of `custom:zfssa_operation` of a volume that migrates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) stage: Stage,
    /// The GUID of the source. Its copy, which has the mark from it, has another one.
    pub(super) source: String,
    /// Address of the destination.
    pub(super) host: String,
    /// The pool there.
    pub(super) pool: String,
    /// The project there.
    pub(super) project: String,
    /// When it began, in seconds since 1970 by the clock of the host that began it.
    pub(super) begun: u64,
    /// The replication action, once there is one.
    pub(super) action: Option<String>,
    /// The id of the migration.
    pub(super) operation: String,
    /// What the property said before.
    pub(super) before: Option<String>,
}

const MIGRATING: &str = "migrating";
const UNDOING: &str = "undoing";
const MIGRATED: &str = "migrated";
const SEPARATOR: char = '/';

/// What is encoded within a part: the separator, and whatever the appliance may dislike.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b':');

impl Mark {
    /// The mark of a LUN that migrates from here.
    pub(super) fn of_source(lun: &Lun) -> Option<Mark> {
        Mark::read(lun.operation.as_deref()?).filter(|mark| mark.source == lun.guid)
    }

    /// The mark of a copy that is no volume yet.
    pub(super) fn of_copy(lun: &Lun) -> Option<Mark> {
        Mark::read(lun.operation.as_deref()?).filter(|mark| mark.source != lun.guid)
    }

    fn read(text: &str) -> Option<Mark> {
        let parts: Option<Vec<String>> = text
            .split(SEPARATOR)
            .map(|part| {
                let part = percent_decode_str(part).decode_utf8().ok()?;
                Some(part.into_owned())
            })
            .collect();
        let parts: [String; 9] = parts?.try_into().ok()?;
        let [
            stage,
            source,
            host,
            pool,
            project,
            begun,
            action,
            operation,
            before,
        ] = parts;
        let known = |text: String| (!text.is_empty()).then_some(text);
        Some(Mark {
            stage: match stage.as_str() {
                MIGRATING => Stage::Migrating,
                UNDOING => Stage::Undoing,
                _ => return None,
            },
            source,
            host,
            pool,
            project,
            begun: begun.parse().ok()?,
            action: known(action),
            operation,
            before: known(before),
        })
    }

    /// Seconds since the migration began, by this host's clock; 0 for the future.
    pub(super) fn age(&self) -> u64 {
        now().saturating_sub(self.begun)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begun = self.begun.to_string();
        f.write_str(match self.stage {
            Stage::Migrating => MIGRATING,
            Stage::Undoing => UNDOING,
        })?;
        for part in [
            &self.source,
            &self.host,
            &self.pool,
            &self.project,
            &begun,
            self.action.as_deref().unwrap_or_default(),
            &self.operation,
            self.before.as_deref().unwrap_or_default(),
        ] {
            write!(f, "{SEPARATOR}{}", utf8_percent_encode(part, PART))?;
        }
        Ok(())
    }
}

/// The value of the property on a copy that is a volume of its backend.
pub(super) fn migrated(operation: &str) -> String {
    let operation = utf8_percent_encode(operation, PART);
    format!("{MIGRATED}{SEPARATOR}{operation}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        Mark {
            stage: Stage::Migrating,
            source: "600144F0C0FFEE000000000000000001".to_owned(),
            host: "2001:db8::1".to_owned(),
            pool: "a pool".to_owned(),
            project: "50%".to_owned(),
            begun: 1_772_600_767,
            action: None,
            operation: "the caller's/own id".to_owned(),
            before: None,
        }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let plain = mark();
        let full = Mark {
            stage: Stage::Undoing,
            action: Some("0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10".to_owned()),
            before: Some(plain.to_string()),
            ..mark()
        };
        for mark in [plain, full] {
            let text = mark.to_string();
            assert!(
                text.is_ascii() && !text.contains([' ', '\'', '"']),
                "{text}"
            );
            assert_eq!(Mark::read(&text), Some(mark), "{text}");
        }
    }

    #[test]
    fn what_is_no_mark_is_none() {
        let whole = mark().to_string();
        for text in [
            "",
            "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10",
            &migrated("id"),
            &whole.replace(MIGRATING, "moving"),
            &whole.replace("1772600767", "yesterday"),
            &format!("{whole}/more"),
            &whole[..whole.len() - 1],
        ] {
            assert_eq!(Mark::read(text), None, "{text}");
        }
    }
}
