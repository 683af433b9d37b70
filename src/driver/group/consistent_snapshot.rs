//! Consistent snapshots of several volumes at one instant.
//!
//! The appliance takes an atomic snapshot of a whole project or of one LUN. Snapshots that are
//! taken one after another, or concurrently, are not of one instant, and a group must not report
//! them as consistent. A project for each group would help, but then every other operation would
//! have to find the project of a volume.
//!
//! So the volumes stay in the backend's project, and the snapshot covers the whole project:
//!
//! 1. `POST …/projects/<project>/snapshots`: a temporary snapshot of every LUN, at one instant.
//! 2. On each member, concurrently, it is renamed to the wanted name.
//! 3. `DELETE …/projects/<project>/snapshots/<name>`: deletes the remaining ones of that name,
//!    those of the LUNs that are not members.
//!
//! That takes one request for each member and two more, at a depth of three, whatever the number of
//! LUNs. Until the third step every LUN of the project has an additional snapshot. Its name is
//! `tmp-snapshot-…`, so it blocks no deletion or revert, and an audit finds it if it is left. On
//! thick LUNs a snapshot reserves space for overwritten data: if a LUN that is not a member lacks
//! it, the appliance refuses the snapshot and the operation fails.
//!
//! Renaming a project's snapshot on one LUN works in ZFS, but is not documented for the appliance.
//! If a release refuses it, all steps are rolled back and the refusal is reported.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::appliance::LunSnapshot;
use crate::driver::backend::Driver;
use crate::driver::naming::temporary_snapshot;
use crate::driver::rollback::RollbackStep;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// A volume, and the name that its snapshot gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::driver) struct Member {
    pub(in crate::driver) volume: String,
    pub(in crate::driver) snapshot: String,
}

/// Result for one member.
enum Renamed {
    /// It was renamed now.
    Now(LunSnapshot),
    /// An earlier call renamed it.
    Earlier(LunSnapshot),
    /// The LUN has another snapshot of that name in addition to the new one.
    Taken(LunSnapshot),
}

/// Takes a snapshot of the members at one instant.
/// `id` distinguishes this snapshot from others, and the same id finds the snapshot of an earlier
/// call again. Steps to roll back are noted in `steps`. Returns the snapshots in the order of their
/// members, and whether this call named each.
pub(in crate::driver) async fn snapshot_together(
    driver: &Driver,
    scope: &Scope,
    id: &str,
    members: &[Member],
    steps: &mut Vec<RollbackStep>,
) -> Result<Vec<(LunSnapshot, bool)>> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let mut volumes = HashSet::new();
    if let Some(twice) = members.iter().find(|m| !volumes.insert(&m.volume)) {
        let volume = &twice.volume;
        return Err(Error::invalid_argument("volume", volume, "name it once"));
    }
    let temporary = temporary_snapshot(id);
    let step = RollbackStep::ProjectSnapshot {
        name: temporary.clone(),
    };
    let taken = appliance.create_project_snapshot(scope, place, &temporary);
    let resumed = match taken.await {
        Ok(()) => false,
        // An earlier call was interrupted after the project's snapshot.
        Err(error) if error.status() == Status::Exists => {
            if !appliance
                .has_project_snapshot(scope, place, &temporary)
                .await?
            {
                return Err(error);
            }
            true
        }
        Err(error) => {
            if error.outcome() == Outcome::Unknown {
                steps.push(step);
            }
            return Err(error);
        }
    };
    steps.push(step);
    let renamed = members
        .iter()
        .map(|member| rename_member(driver, scope, &temporary, member, resumed));
    let mut snapshots = Vec::with_capacity(members.len());
    let (mut taken, mut failed) = (Vec::new(), None::<Error>);
    for (member, renamed) in members.iter().zip(join_all(renamed).await) {
        match renamed {
            Ok(Renamed::Now(snapshot)) => {
                steps.push(member.step(None));
                snapshots.push((snapshot, true));
            }
            Ok(Renamed::Earlier(snapshot)) => snapshots.push((snapshot, false)),
            Ok(Renamed::Taken(snapshot)) => {
                taken.push(member);
                snapshots.push((snapshot, false));
            }
            Err(error) => {
                if error.outcome() == Outcome::Unknown {
                    steps.push(member.step(Some(&temporary)));
                }
                failed = Some(match failed {
                    Some(first) => first.joined_by(error),
                    None => error,
                });
            }
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    // If all members have it, an earlier call was complete, and the new snapshot is not needed.
    if taken.len() < members.len()
        && let Some(member) = taken.first()
    {
        return Err(Error::new(
            Status::SnapshotExists,
            format!(
                "volume {} has a snapshot {} of another instant; delete it, or give the \
                 snapshot of the group another name",
                member.volume, member.snapshot
            ),
        ));
    }
    let deleted = appliance
        .delete_project_snapshot(scope, place, &temporary)
        .await?;
    if !deleted
        && appliance
            .has_project_snapshot(scope, place, &temporary)
            .await?
    {
        return Err(Error::new(
            Status::StateChanged,
            format!(
                "snapshot {temporary} of the project cannot be deleted; delete it on the appliance"
            ),
        ));
    }
    steps.retain(|step| !matches!(step, RollbackStep::ProjectSnapshot { .. }));
    Ok(snapshots)
}

/// Deletes the temporary snapshot of the project that an interrupted [`snapshot_together`] left,
/// with those of its name on the LUNs. Only that function makes a snapshot of the project with
/// this name. A clone that another program made of it keeps it; an audit finds it.
pub(in crate::driver) async fn delete_left_snapshot(
    driver: &Driver,
    scope: &Scope,
    id: &str,
) -> Result<()> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let temporary = temporary_snapshot(id);
    let left = appliance.find_project_snapshot_to_delete(scope, place, &temporary);
    if left.await?.is_none() {
        return Ok(());
    }
    match appliance
        .delete_project_snapshot(scope, place, &temporary)
        .await
    {
        Err(error) if matches!(error.status(), Status::ConfirmRequired | Status::Denied) => {
            tracing::warn!(snapshot = temporary, %error, "snapshot of the project not deleted");
            Ok(())
        }
        Err(error) => Err(error.with_left_behind([format!("snapshot {temporary} of the project")])),
        Ok(_) => Ok(()),
    }
}

async fn rename_member(
    driver: &Driver,
    scope: &Scope,
    temporary: &str,
    member: &Member,
    resumed: bool,
) -> Result<Renamed> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let (volume, name) = (member.volume.as_str(), member.snapshot.as_str());
    let renamed = appliance
        .rename_snapshot(scope, place, volume, temporary, name)
        .await;
    let error = match renamed {
        Ok(snapshot) => return Ok(Renamed::Now(snapshot)),
        Err(error) => error,
    };
    let there = async || appliance.find_snapshot(scope, place, volume, name).await;
    match error.status() {
        Status::Exists => match there().await? {
            Some(snapshot) => Ok(Renamed::Taken(snapshot)),
            None => Err(error),
        },
        Status::NotFound => {
            if resumed && let Some(snapshot) = there().await? {
                return Ok(Renamed::Earlier(snapshot));
            }
            // The snapshot covers the whole project, so a LUN without it was not in the project.
            driver.volume(scope, volume).await?;
            Err(error.with_status(Status::StateChanged))
        }
        _ => Err(error),
    }
}

impl Member {
    fn step(&self, renamed_from: Option<&str>) -> RollbackStep {
        RollbackStep::Snapshot {
            volume: self.volume.clone(),
            name: self.snapshot.clone(),
            renamed_from: renamed_from.map(str::to_owned),
        }
    }
}
