//! Snapshots of several volumes at one instant.
//!
//! The appliance takes a snapshot of a whole project at once, and of nothing smaller but one
//! LUN. Snapshots that are taken one after another, or side by side, are not of one instant, and
//! a group must not pretend that they are. A project for each group would do, but then every
//! other operation would have to find out in which project a volume is.
//!
//! So the volumes stay where they are, and the backend's project is taken as a whole:
//!
//! 1. `POST …/projects/<project>/snapshots`: a temporary snapshot of every LUN, at one instant.
//! 2. On each member it gets the name that is wanted, all side by side.
//! 3. `DELETE …/projects/<project>/snapshots/<name>`: what is still called so goes, which is
//!    that of every LUN that is no member.
//!
//! That costs two requests more than one for each member, at a depth of three, whatever the
//! number of LUNs. Until the third step every LUN of the project has a snapshot more. It is
//! called `tmp-snapshot-…`, so it keeps no volume from being deleted or set back, and an audit
//! finds it should it ever stay. On thick LUNs a snapshot wants room for what is overwritten:
//! where a LUN that is no member lacks it, the appliance refuses and so does the operation.
//!
//! That a project's snapshot can be renamed on one LUN is how ZFS works, and not documented for
//! the appliance. Should a release refuse it, everything is undone and the refusal reported.

use std::collections::HashSet;

use crate::appliance::Snapshot;
use crate::driver::backend::Driver;
use crate::driver::naming::temporary_snapshot;
use crate::driver::rollback::UndoStep;
use crate::driver::together::all;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// A volume, and the name that its snapshot gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::driver) struct Member {
    pub(in crate::driver) volume: String,
    pub(in crate::driver) snapshot: String,
}

/// How one member fared.
enum Renamed {
    /// It has its name now.
    Now(Snapshot),
    /// An earlier call gave it its name.
    Earlier(Snapshot),
    /// It has another snapshot of that name beside the new one.
    Taken(Snapshot),
}

/// Takes a snapshot of the members at one instant. `id` tells this snapshot from others, and
/// the same id finds again what an earlier call left. What would have to be undone is noted
/// in `steps`. Answers with the snapshots in the order of their members, and whether this very
/// call gave each its name.
pub(in crate::driver) async fn snapshot_together(
    driver: &Driver,
    scope: &Scope,
    id: &str,
    members: &[Member],
    steps: &mut Vec<UndoStep>,
) -> Result<Vec<(Snapshot, bool)>> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let mut volumes = HashSet::new();
    if let Some(twice) = members.iter().find(|m| !volumes.insert(&m.volume)) {
        let volume = &twice.volume;
        return Err(Error::invalid_argument("volume", volume, "name it once"));
    }
    let temporary = temporary_snapshot(id);
    let step = UndoStep::ProjectSnapshot {
        name: temporary.clone(),
    };
    let taken = appliance.create_project_snapshot(scope, place, &temporary);
    let resumed = match taken.await {
        Ok(()) => false,
        // An earlier call was cut off after the instant.
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
    for (member, renamed) in members.iter().zip(all(renamed).await) {
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
    // Where all have it, an earlier call was done, and what was taken now is not needed.
    if taken.len() < members.len()
        && let Some(member) = taken.first()
    {
        return Err(Error::new(
            Status::SnapshotExists,
            format!(
                "volume {} has a snapshot {} of another instant",
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
            format!("snapshot {temporary} of the project is there and cannot be deleted"),
        ));
    }
    steps.retain(|step| !matches!(step, UndoStep::ProjectSnapshot { .. }));
    Ok(snapshots)
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
            // The project was taken as a whole, so a LUN without the snapshot was not in it.
            driver.volume(scope, volume).await?;
            Err(error.with_status(Status::StateChanged))
        }
        _ => Err(error),
    }
}

impl Member {
    fn step(&self, renamed_from: Option<&str>) -> UndoStep {
        UndoStep::Snapshot {
            volume: self.volume.clone(),
            name: self.snapshot.clone(),
            renamed_from: renamed_from.map(str::to_owned),
        }
    }
}
