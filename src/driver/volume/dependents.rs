//! Snapshots and clones that keep a volume from being deleted or reverted.

use crate::appliance::{List, LunSnapshot, Odd, ProjectRef};
use crate::driver::backend::Driver;
use crate::driver::naming::TEMPORARY_SNAPSHOT;
use crate::error::Result;
use crate::scope::Scope;

/// Dependents that block the deletion of a volume: its snapshots and their clones. Snapshots that
/// are deleted with their volume do not count, unless they have clones.
pub(in crate::driver) async fn blockers(
    driver: &Driver,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
    snapshots: List<LunSnapshot>,
) -> Result<Vec<String>> {
    let (snapshots, odd) = snapshots.parts();
    // An unreadable object exists.
    let mut blockers: Vec<String> = odd.iter().map(Odd::words).collect();
    for snapshot in &snapshots {
        if !goes_with_volume(snapshot) {
            blockers.push(format!("snapshot {}", snapshot.name));
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
            blockers.extend(dependents.described());
        }
    }
    Ok(blockers)
}

/// Whether a snapshot is deleted with its volume: a temporary snapshot of this driver, or one that
/// the appliance made for itself.
pub(in crate::driver) fn goes_with_volume(snapshot: &LunSnapshot) -> bool {
    snapshot.name.starts_with(TEMPORARY_SNAPSHOT) || snapshot.is_automatic()
}
