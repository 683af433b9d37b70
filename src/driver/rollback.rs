//! Rollback of an operation's own snapshots and LUNs.

use crate::appliance::ProjectRef;
use crate::driver::backend::Driver;
use crate::driver::deferred::origins::delete_deferred_origins;
use crate::driver::volume::dependents::blockers;
use crate::driver::volume::protection::protect;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// A step that was made, or may have been made, and its name in messages.
#[derive(Clone, Debug)]
pub(super) enum RollbackStep {
    /// A snapshot was named. It is deleted unless it has clones.
    Snapshot {
        /// Of this volume.
        volume: String,
        /// Its name.
        name: String,
        /// Its former name, if it is not known whether it was renamed. While it has the former
        /// name, a snapshot with the new name belongs to an earlier call. Otherwise both go.
        renamed_from: Option<String>,
    },
    /// A snapshot of the whole project was taken.
    ProjectSnapshot {
        /// Its name.
        name: String,
    },
    /// A LUN was created. It is deleted only if it carries this attempt's marker.
    Lun {
        /// Its name.
        name: String,
    },
}

impl RollbackStep {
    fn left_behind(&self) -> String {
        match self {
            RollbackStep::Snapshot { volume, name, .. } => format!("snapshot {volume}@{name}"),
            RollbackStep::ProjectSnapshot { name } => format!("snapshot {name} of the project"),
            RollbackStep::Lun { name } => format!("volume {name}"),
        }
    }
}

/// Rolls the steps back, last first, with a separate time limit, and adds to the error what is
/// left.
pub(super) async fn roll_back(
    driver: &Driver,
    scope: &Scope,
    steps: &[RollbackStep],
    error: Error,
) -> Error {
    if steps.is_empty() {
        return error;
    }
    let scope = scope.for_rollback();
    scope.count_rollback();
    let mut left = Vec::new();
    let mut error = error;
    for step in steps.iter().rev() {
        if let Err(failure) = roll_back_step(driver, &scope, step).await {
            tracing::warn!(step = step.left_behind(), %failure, "step not rolled back");
            left.push(step.left_behind());
            let failure =
                failure.with_context(format!("rolling back {} failed", step.left_behind()));
            error = error.joined_by(failure);
        }
    }
    // A doubt stays: a late request may create an object that the rollback did not find.
    let outcome = error.outcome().worse(Outcome::RolledBack);
    error.with_outcome(outcome).with_left_behind(left)
}

async fn roll_back_step(driver: &Driver, scope: &Scope, step: &RollbackStep) -> Result<()> {
    let (appliance, place) = (driver.appliance(), driver.place());
    match step {
        RollbackStep::Snapshot {
            volume,
            name,
            renamed_from,
        } => {
            let find = async |name| appliance.find_snapshot(scope, place, volume, name).await;
            if let Some(before) = renamed_from
                && let Some(former) = find(before).await?
            {
                match find(name).await? {
                    // The rename may be carried out until the snapshot with the former name is gone.
                    None => {
                        delete_unused_snapshot(driver, scope, place, volume, before).await?;
                    }
                    // It is that of an earlier call unless the rename was carried out just now.
                    Some(named) => {
                        let is_same = named.creation == former.creation;
                        if !is_same || find(before).await?.is_some() {
                            return Ok(());
                        }
                    }
                }
            }
            let deleted = delete_unused_snapshot(driver, scope, place, volume, name).await;
            deleted.map(drop)
        }
        RollbackStep::ProjectSnapshot { name } => {
            appliance
                .delete_project_snapshot(scope, place, name)
                .await?;
            Ok(())
        }
        RollbackStep::Lun { name } => delete_own_lun(driver, scope, place, name).await,
    }
}

/// Deletes a LUN if the scope's attempt made it. A LUN that was presented meanwhile, or that has
/// a snapshot which would keep a volume from being deleted, is in use: it is kept, and its
/// deletion has failed.
pub(super) async fn delete_own_lun(
    driver: &Driver,
    scope: &Scope,
    place: ProjectRef<'_>,
    name: &str,
) -> Result<()> {
    let appliance = driver.appliance();
    let Some(lun) = appliance.find_lun_to_delete(scope, place, name).await? else {
        return Ok(());
    };
    if !lun.is_made_by(scope.maker()) {
        return Ok(());
    }
    let hosts = lun.presentation();
    if !hosts.is_masked() && !canary!("undone-although-presented") {
        return Err(Error::new(
            Status::VolumeBusy,
            format!("volume {name} is presented to {hosts} already"),
        ));
    }
    let snapshots = appliance.snapshots(scope, place, name).await?;
    let blockers = blockers(driver, scope, place, name, snapshots).await?;
    if let Some(blocker) = blockers.first()
        && !canary!("undone-with-its-snapshots")
    {
        return Err(Error::new(
            Status::VolumeBusy,
            format!("volume {name} has {blocker} already"),
        ));
    }
    if lun.nodestroy {
        protect(appliance, scope, place, name, false).await?;
    }
    appliance.delete_lun(scope, place, name).await?;
    // Its source may have been deleted meanwhile, and have waited for it.
    Box::pin(delete_deferred_origins(driver, scope, &lun)).await;
    Ok(())
}

/// Result of [`delete_unused_snapshot`].
pub(super) struct Unused {
    /// Whether it was deleted.
    pub(super) deleted: bool,
    /// The clones that keep it, as far as their names can be read.
    pub(super) clones: Vec<String>,
}

/// Deletes a snapshot that the host did not ask for, unless something was cloned from it.
pub(super) async fn delete_unused_snapshot(
    driver: &Driver,
    scope: &Scope,
    place: ProjectRef<'_>,
    volume: &str,
    name: &str,
) -> Result<Unused> {
    let appliance = driver.appliance();
    let absent = Unused {
        deleted: false,
        clones: Vec::new(),
    };
    let found = appliance.find_snapshot_to_delete(scope, place, volume, name);
    if found.await?.is_none() {
        return Ok(absent);
    }
    let look = || appliance.dependents(scope, place, volume, name);
    let Some(clones) = appliance.proven(scope, place, look).await? else {
        return Ok(absent);
    };
    let deleted = clones.is_empty()
        && appliance
            .delete_snapshot(scope, place, volume, name)
            .await?;
    Ok(Unused {
        deleted,
        clones: clones.names().map(str::to_owned).collect(),
    })
}
