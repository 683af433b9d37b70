//! Snapshots and clones that keep a volume from being deleted or reverted.

use std::fmt;

use crate::appliance::{List, LunSnapshot, Odd, ProjectRef};
use crate::driver::backend::Driver;
use crate::driver::naming::{TEMPORARY_SNAPSHOT, is_deferred};
use crate::error::Result;
use crate::scope::Scope;

/// A dependent that blocks the deletion of a volume. Prints its kind and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::driver) enum Blocker {
    /// A snapshot that is not deleted with its volume, or that cannot be read.
    Snapshot(String),
    /// A clone of a snapshot that would be deleted with its volume.
    Clone {
        /// Its name, if it can be read.
        name: Option<String>,
        /// As text.
        text: String,
    },
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Blocker::Snapshot(text) | Blocker::Clone { text, .. }) = self;
        f.write_str(text)
    }
}

impl Blocker {
    /// Whether it is a clone.
    pub(in crate::driver) fn is_clone(&self) -> bool {
        matches!(self, Blocker::Clone { .. })
    }

    /// The name of a clone, if it can be read.
    pub(in crate::driver) fn clone_name(&self) -> Option<&str> {
        match self {
            Blocker::Snapshot(_) => None,
            Blocker::Clone { name, .. } => name.as_deref(),
        }
    }
}

/// Several dependents as text.
pub(in crate::driver) fn described(blockers: &[Blocker]) -> String {
    let texts: Vec<String> = blockers.iter().map(Blocker::to_string).collect();
    texts.join(", ")
}

/// Dependents that block the deletion of a volume: its snapshots and their clones. Snapshots that
/// are deleted with their volume do not count, unless they have clones.
pub(in crate::driver) async fn blockers(
    driver: &Driver,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
    snapshots: List<LunSnapshot>,
) -> Result<Vec<Blocker>> {
    let (snapshots, odd) = snapshots.parts();
    // An unreadable object exists.
    let mut blockers: Vec<Blocker> = odd.iter().map(Odd::words).map(Blocker::Snapshot).collect();
    for snapshot in &snapshots {
        if !goes_with_volume(snapshot) {
            blockers.push(Blocker::Snapshot(format!("snapshot {}", snapshot.name)));
        } else if snapshot.may_have_clones() {
            let dependents = driver
                .appliance()
                .dependents(scope, place, name, &snapshot.name)
                .await;
            let dependents = match dependents {
                // It was deleted with its clone since the read.
                Err(error) if error.is_not_found() => continue,
                other => other?,
            };
            let names = dependents
                .names_or_none()
                .map(|name| name.map(str::to_owned));
            let clones = names.zip(dependents.described());
            blockers.extend(clones.map(|(name, text)| Blocker::Clone { name, text }));
        }
    }
    Ok(blockers)
}

/// Whether a snapshot is deleted with its volume: a temporary snapshot of this driver, a deleted
/// snapshot that waits for its clones, or one that the appliance made for itself.
pub(in crate::driver) fn goes_with_volume(snapshot: &LunSnapshot) -> bool {
    snapshot.name.starts_with(TEMPORARY_SNAPSHOT)
        || is_deferred(&snapshot.name)
        || (snapshot.is_automatic() && !canary!("scheduled-snapshot-kept"))
}
