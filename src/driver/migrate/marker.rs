//! Marker of a migration on its volume: the attempt, the destination and the replication action.
//!
//! The journal has more details. The marker is on the appliance, so it is left if the journal is
//! lost. It is never the bare id of an operation: that marks a LUN that may be deleted with the
//! operation that created it.

use std::fmt;

use crate::appliance::Lun;
use crate::driver::age::now;
use crate::driver::deferred::mark::Deferred;
use crate::maker::{Maker, parts, read_parts};

/// Progress of a migration according to its marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::driver) enum Stage {
    /// Under way.
    Migrating,
    /// Abandoned: its work is rolled back. A migration that finds this on its source stops.
    RollingBack,
}

/// The value of `custom:zfssa_operation` of a volume that migrates. If a former release wrote it,
/// its maker has no attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::driver) struct Marker {
    pub(in crate::driver) stage: Stage,
    /// The GUID of the source. The copy inherits the marker, but has another GUID.
    pub(in crate::driver) source: String,
    /// Address of the destination.
    pub(in crate::driver) host: String,
    /// The pool there.
    pub(in crate::driver) pool: String,
    /// The project there.
    pub(in crate::driver) project: String,
    /// When it began, in seconds since 1970 by the clock of the host that began it.
    pub(in crate::driver) begun: u64,
    /// The replication action, once there is one.
    pub(in crate::driver) action: Option<String>,
    /// The migration, and the attempt at it.
    pub(in crate::driver) maker: Maker,
    /// Former value of the property.
    pub(in crate::driver) before: Option<String>,
    /// Whether the volume inherited the replication of its project before.
    pub(in crate::driver) inherits: bool,
}

const MIGRATING: &str = "migrating";
const ROLLING_BACK: &str = "rolling-back";
const MIGRATED: &str = "migrated";

/// Last part of a marker whose volume did not inherit the replication of its project. Without it,
/// the volume did.
const LOCAL: &str = "local";

impl Marker {
    /// The marker of a LUN that migrates from here.
    pub(in crate::driver) fn of_source(lun: &Lun) -> Option<Marker> {
        Marker::read(lun.operation.as_deref()?).filter(|mark| mark.source == lun.guid)
    }

    /// The marker of a copy that is not a volume yet.
    pub(in crate::driver) fn of_copy(lun: &Lun) -> Option<Marker> {
        Marker::read(lun.operation.as_deref()?).filter(|mark| mark.source != lun.guid)
    }

    fn read(text: &str) -> Option<Marker> {
        let mut parts = read_parts(text)?;
        let inherits = parts.len() != 10 || parts.last().is_none_or(|last| last != LOCAL);
        if !inherits {
            parts.pop();
        }
        let parts: [String; 9] = parts.try_into().ok()?;
        let [
            stage,
            source,
            host,
            pool,
            project,
            begun,
            action,
            maker,
            before,
        ] = parts;
        let known = |text: String| (!text.is_empty()).then_some(text);
        Some(Marker {
            stage: match stage.as_str() {
                MIGRATING => Stage::Migrating,
                ROLLING_BACK => Stage::RollingBack,
                _ => return None,
            },
            source,
            host,
            pool,
            project,
            begun: begun.parse().ok()?,
            action: known(action),
            maker: Maker::read(&maker),
            before: known(before),
            inherits,
        })
    }

    /// Seconds since the migration began, by this host's clock; 0 for the future.
    pub(in crate::driver) fn age(&self) -> u64 {
        now().saturating_sub(self.begun)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begun = self.begun.to_string();
        let stage = match self.stage {
            Stage::Migrating => MIGRATING,
            Stage::RollingBack => ROLLING_BACK,
        };
        let mut known = vec![
            stage,
            &self.source,
            &self.host,
            &self.pool,
            &self.project,
            &begun,
            self.action.as_deref().unwrap_or_default(),
            self.maker.mark(),
            self.before.as_deref().unwrap_or_default(),
        ];
        if !self.inherits {
            known.push(LOCAL);
        }
        f.write_str(&parts(known))
    }
}

/// The value of the property on a copy that is a volume of its backend.
pub(in crate::driver) fn migrated(operation: &str) -> String {
    parts([MIGRATED, operation])
}

/// The attempt that created a LUN that does not migrate and is not deleted. That attempt may roll the LUN back.
pub(in crate::driver) fn maker_of(lun: &Lun) -> Option<Maker> {
    let mark = lun.operation.as_deref()?;
    let migrates = Marker::read(mark).is_some();
    let deleted = Deferred::read(mark).is_some();
    let arrived = read_parts(mark)
        .is_some_and(|parts| matches!(parts.as_slice(), [word, _] if word == MIGRATED));
    (!migrates && !deleted && !arrived).then(|| Maker::read(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Marker {
        Marker {
            stage: Stage::Migrating,
            source: "600144F0C0FFEE000000000000000001".to_owned(),
            host: "2001:db8::1".to_owned(),
            pool: "a pool".to_owned(),
            project: "50%".to_owned(),
            begun: 1_772_600_767,
            action: None,
            maker: Maker::new("the caller's/own id"),
            before: None,
            inherits: true,
        }
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let plain = mark();
        let full = Marker {
            stage: Stage::RollingBack,
            action: Some("0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10".to_owned()),
            before: Some(plain.to_string()),
            inherits: false,
            ..mark()
        };
        for mark in [plain, full] {
            let text = mark.to_string();
            assert!(
                text.is_ascii() && !text.contains([' ', '\'', '"']),
                "{text}"
            );
            assert_eq!(Marker::read(&text), Some(mark), "{text}");
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
            assert_eq!(Marker::read(text), None, "{text}");
        }
    }
}
