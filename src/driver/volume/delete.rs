//! Deletion of a volume.

use crate::appliance::{Lun, LunSnapshot, Odd};
use crate::config::DeleteWithClones;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::deferred::needless::Needless;
use crate::driver::deferred::origins::is_unused;
use crate::driver::deferred::policy::policy_of;
use crate::driver::deferred::rename::{ClonesInUse, rename_volume};
use crate::driver::journal;
use crate::driver::naming::{id_of, refuse_deferred, temporary_snapshot};
use crate::driver::operation::Operation;
use crate::driver::rollback::delete_unused_snapshot;
use crate::driver::volume::delete_flow::{DeleteFlow, Deleted, not_deleted};
use crate::driver::volume::dependents::{Blocker, blockers, described};
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Deletes a volume. Success if it does not exist.
///
/// A clone is deleted first, then its temporary snapshot; no cascade is used. A volume with
/// snapshots is busy and stays unchanged.
///
/// A volume with clones is busy, too, unless its policy is `defer`: the extra spec
/// `zfssa:delete_with_clones` of its type, which its LUN carries, or else the option
/// `zfssa_delete_with_clones`. Then one request renames it to a reserved name, masks it and marks
/// it as deleted: it is in no list, and its name is free. It is deleted with its last clone, by the
/// operation that deletes that. A volume that migrates, or that an administrator protected
/// (`nodestroy`), is busy then.
///
/// The journal finishes a deletion that was interrupted between the two. Without journals, deleting
/// the volume once more finishes it; this lists every snapshot on the appliance and every LUN of
/// the project, with two more requests.
#[derive(Clone, Debug, Default)]
pub struct DeleteVolume {
    /// The LUN's name.
    pub name: String,
}

impl Operation for DeleteVolume {
    const NAME: &'static str = "delete_volume";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[Status::VolumeBusy, Status::PoolNotOwned])
        .locks(&[
            Lock::volume("the volume"),
            Lock::image("the image of a cache entry that loses its last clone").shared(),
            Lock::volume("each clone of a volume that is deferred")
                .shared()
                .released_at_once(),
            Lock::volume("each deferred volume that may have lost its last clone"),
        ])
        .journalled("the deletion of a clone")
        .budgets(&[
            budget("", 3, 2),
            budget("one that does not exist", 4, 3),
            budget("one that does not exist, without journals", 6, 4),
            budget("a clone", 4, 3),
            budget("a clone with its temporary snapshot", 6, 4),
            budget("one with a clone, deferred", 7, 5),
            budget("the last clone of a deferred snapshot and volume", 11, 8),
        ])
        .depth_reason(
            "the appliance may delete dependents with a LUN or a snapshot, so they are read \
             first; a clone is protected by `nodestroy` until its own deletion clears that, and \
             its temporary snapshot outlives it; absence is proven by a read of the project \
             between two of the LUN; a deferred volume is read again after its rename, and after \
             its last clone",
        );
    type Output = Deleted;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Deleted> {
        delete_volume(driver, scope, &self.name).await
    }
}

/// Deletes a volume, or defers its deletion by its policy.
pub(in crate::driver) async fn delete_volume(
    driver: &Driver,
    scope: &Scope,
    name: &str,
) -> Result<Deleted> {
    refuse_deferred(name)?;
    match delete_or_rename(driver, scope, name, Deferral::ByPolicy, &|_| Ok(())).await? {
        Gone::Deleted(deleted) => Ok(deleted),
        Gone::Absent(needless) => {
            Box::pin(delete_needless(driver, scope, &needless)).await?;
            Ok(GONE)
        }
        Gone::Kept { busy, .. } => Err(busy),
        Gone::Renamed { name, clones } => {
            match Box::pin(delete_unless_needed(driver, scope, &name, clones)).await {
                Err(error) if error.status() == Status::VolumeBusy => {
                    tracing::info!(volume = name, %error, "the deletion waits");
                }
                Err(error) => tracing::warn!(volume = name, %error, "deleted volume not deleted"),
                Ok(()) => {}
            }
            Ok(Deleted { existed: true })
        }
    }
}

/// Deletes a volume that was renamed a moment ago if its clones were deleted meanwhile.
async fn delete_unless_needed(
    driver: &Driver,
    scope: &Scope,
    name: &str,
    clones: Vec<Blocker>,
) -> Result<()> {
    let mut in_use = ClonesInUse::now();
    in_use.outlast(driver, scope, clone_names(&clones)).await;
    if canary!("deferred-not-checked-again") {
        return Ok(());
    }
    loop {
        let may_go = |lun: &Lun| must_be_unused(name, lun);
        match delete_or_rename(driver, scope, name, Deferral::Never, &may_go).await? {
            Gone::Kept { busy, blockers, .. } => {
                let clones = clone_names(&blockers);
                if canary!("deferred-clones-read-once")
                    || !in_use.outlast(driver, scope, clones).await
                {
                    return Err(busy);
                }
            }
            Gone::Deleted(_) | Gone::Absent(_) | Gone::Renamed { .. } => return Ok(()),
        }
    }
}

fn clone_names(blockers: &[Blocker]) -> Vec<String> {
    let names = blockers.iter().filter_map(Blocker::clone_name);
    names.map(str::to_owned).collect()
}

/// Result of an attempt to delete a volume of a group.
pub(in crate::driver) enum OfGroup {
    /// The volume does not exist.
    Deleted(Deleted),
    /// It is busy.
    Busy {
        error: Error,
        /// Whether [`delete_volume`] would defer its deletion.
        deferrable: bool,
    },
}

/// Deletes a volume of a group, and defers nothing: other volumes of the group may be its clones.
pub(in crate::driver) async fn delete_in_group(
    driver: &Driver,
    scope: &Scope,
    name: &str,
) -> Result<OfGroup> {
    refuse_deferred(name)?;
    match delete_or_rename(driver, scope, name, Deferral::Never, &|_| Ok(())).await? {
        Gone::Deleted(deleted) => Ok(OfGroup::Deleted(deleted)),
        Gone::Absent(needless) => {
            Box::pin(delete_needless(driver, scope, &needless)).await?;
            Ok(OfGroup::Deleted(GONE))
        }
        Gone::Renamed { .. } => Ok(OfGroup::Deleted(Deleted { existed: true })),
        Gone::Kept {
            busy, deferrable, ..
        } => Ok(OfGroup::Busy {
            error: busy,
            deferrable,
        }),
    }
}

/// Deletes a deleted volume that waits for nothing.
///
/// # Errors
///
/// `VolumeBusy` as long as it has dependents or is presented to a host.
pub(in crate::driver) async fn delete_deferred(
    driver: &Driver,
    scope: &Scope,
    name: &str,
) -> Result<Deleted> {
    delete_volume_if(driver, scope, name, |lun| must_be_unused(name, lun)).await
}

/// Fails for a LUN that is no deleted volume, or is in use.
fn must_be_unused(name: &str, lun: &Lun) -> Result<()> {
    if is_unused(lun) {
        return Ok(());
    }
    Err(Error::new(
        Status::VolumeBusy,
        format!(
            "deleted volume {name} is presented to a host, protected by its property nodestroy, \
             or has lost the marker of its deletion; an administrator has to delete it"
        ),
    ))
}

/// Deletes a volume without dependents if a read under its lock still allows it.
pub(in crate::driver) async fn delete_volume_if(
    driver: &Driver,
    scope: &Scope,
    name: &str,
    may_go: impl Fn(&Lun) -> Result<()> + Send + Sync,
) -> Result<Deleted> {
    match delete_or_rename(driver, scope, name, Deferral::Never, &may_go).await? {
        Gone::Deleted(deleted) => Ok(deleted),
        Gone::Absent(_) => Ok(GONE),
        Gone::Renamed { .. } => Ok(Deleted { existed: true }),
        Gone::Kept { busy, .. } => Err(busy),
    }
}

/// Handling of a volume that only its clones keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deferral {
    /// It is busy.
    Never,
    /// Its policy decides.
    ByPolicy,
}

/// Result for a volume that did not exist.
const GONE: Deleted = Deleted { existed: false };

/// Result of a deletion.
enum Gone {
    /// It was deleted.
    Deleted(Deleted),
    /// It did not exist. An interrupted deletion of it may have left deferred objects.
    Absent(Needless),
    /// Its deletion waits for its clones.
    Renamed {
        /// The name that it has now.
        name: String,
        /// The clones.
        clones: Vec<Blocker>,
    },
    /// It has dependents and was not changed.
    Kept {
        /// The error `VolumeBusy`, with the dependents.
        busy: Error,
        /// Whether only its clones keep it and its policy defers its deletion.
        deferrable: bool,
        /// The dependents.
        blockers: Vec<Blocker>,
    },
}

async fn delete_or_rename(
    driver: &Driver,
    scope: &Scope,
    name: &str,
    deferral: Deferral,
    may_go: &(dyn Fn(&Lun) -> Result<()> + Send + Sync),
) -> Result<Gone> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let held = journal::lock_settled(driver, scope, name).await?;
    let (lun, snapshots) = tokio::join!(
        appliance.find_lun_to_delete(scope, place, name),
        appliance.snapshots(scope, place, name),
    );
    let Some(lun) = lun? else {
        return finish_deletion(driver, scope, name).await.map(Gone::Absent);
    };
    may_go(&lun)?;
    let snapshots = match snapshots {
        // Another host deleted the volume between the two answers, or the answering head did not
        // serve it yet. A missing list does not prove that there are no snapshots.
        Err(error) if error.is_not_found() => {
            let look = || appliance.snapshots(scope, place, name);
            match appliance.proven(scope, place, look).await? {
                Some(snapshots) => snapshots,
                None => return finish_deletion(driver, scope, name).await.map(Gone::Absent),
            }
        }
        other => other?,
    };
    let blockers = blockers(driver, scope, place, name, snapshots).await?;
    let only_clones = !blockers.is_empty() && blockers.iter().all(Blocker::is_clone);
    let deferrable = only_clones && policy_of(driver, &lun) == DeleteWithClones::Defer;
    if deferrable && deferral == Deferral::ByPolicy {
        let renamed = rename_volume(driver, scope, &lun).await;
        return match renamed {
            Ok(Some(name)) => Ok(Gone::Renamed {
                name,
                clones: blockers,
            }),
            Ok(None) => Ok(Gone::Deleted(Deleted { existed: true })),
            Err(error) => {
                driver.keep_in_doubt(held, &error);
                Err(error)
            }
        };
    }
    if !blockers.is_empty() && !canary!("dependents-not-looked-at") {
        let busy = Error::new(
            Status::VolumeBusy,
            format!(
                "volume {name} has dependents: {}; delete them first",
                described(&blockers)
            ),
        );
        return Ok(Gone::Kept {
            busy,
            deferrable,
            blockers,
        });
    }

    if let Some(flow) = DeleteFlow::of_clone(driver, &lun) {
        delete_clone(driver, scope, flow).await?;
    } else {
        let deleted = appliance
            .delete_lun_of(scope, place, name, (&lun.guid, lun.operation.as_deref()))
            .await;
        deleted.map_err(|error| {
            if error.status() == Status::Denied && lun.nodestroy {
                return error.with_context(format!(
                    "volume {name} is protected by its property nodestroy, which this \
                     driver did not set; clear it on the appliance to delete the volume"
                ));
            }
            not_deleted(name, error)
        })?;
    }
    Ok(Gone::Deleted(Deleted { existed: true }))
}

async fn delete_clone(driver: &Driver, scope: &Scope, mut flow: DeleteFlow) -> Result<()> {
    if !flow.protected {
        flow.read_origin(driver, scope).await?;
    }
    journal::run(driver, scope, flow).await?;
    Ok(())
}

/// Completes the deletion of a volume that does not exist. An interrupted call may have deleted the
/// volume and left its temporary snapshot, or a deferred object that waited for it. The journal of
/// that call finishes the deletion; without journals this call does. It finds the snapshot only in
/// the list of all snapshots on the appliance, and returns the deferred objects that may be deleted
/// when the lock of the volume is released.
async fn finish_deletion(driver: &Driver, scope: &Scope, name: &str) -> Result<Needless> {
    if driver.0.flows.are_kept() {
        return Ok(Needless::default());
    }
    let place = driver.place();
    let (luns, snapshots) = tokio::join!(
        driver.luns_of_project(scope),
        driver
            .appliance()
            .all_snapshots_as(scope, |one| one.is_in(place).then_some(one)),
    );
    let snapshot = temporary_snapshot(id_of(name));
    let matters = |odd: &Odd| odd.name() == Some(&snapshot) && odd.may_be_in(place);
    let snapshots = snapshots?.unless(matters)?;
    let mut needless = Needless::among(driver, luns?, &snapshots);
    let mut left = snapshots.iter().filter(|found| found.name == snapshot);
    if let Some(origin) = left.next().and_then(LunSnapshot::lun) {
        let unused = delete_unused_snapshot(driver, scope, place, origin, &snapshot).await?;
        needless.changed = unused.deleted;
    }
    Ok(needless)
}

/// Deletes the deferred objects that nothing needs. Each is checked once more under its lock. No
/// lock may be held.
///
/// # Errors
///
/// Those of the end of the scope, after which the caller repeats its call; the outcome is that of
/// all deletions before it, too. Any other failure is logged and does not fail the call: the
/// caller's volume is deleted, and an audit finds the deferred objects that stay.
async fn delete_needless(driver: &Driver, scope: &Scope, needless: &Needless) -> Result<()> {
    let mut outcome = outcome_of(needless.changed);
    for (volume, snapshot) in &needless.snapshots {
        let deleted = async {
            let _held = driver.lock_volume(scope, volume).await?;
            delete_unused_snapshot(driver, scope, driver.place(), volume, snapshot).await
        };
        let deleted = deleted.await.map(|unused| unused.deleted);
        outcome = unless_stopped(scope, snapshot, deleted, outcome)?;
    }
    for volume in &needless.volumes {
        let deleted = delete_deferred(driver, scope, volume).await;
        let deleted = deleted.map(|deleted| deleted.existed);
        outcome = unless_stopped(scope, volume, deleted, outcome)?;
    }
    Ok(())
}

/// The outcome of a deletion and of those before it, or the error if the end of the scope stopped
/// it. Other errors are logged.
fn unless_stopped(
    scope: &Scope,
    object: &str,
    deleted: Result<bool>,
    before: Outcome,
) -> Result<Outcome> {
    let error = match deleted {
        Ok(deleted) => return Ok(before.worse(outcome_of(deleted))),
        Err(error) => error,
    };
    let outcome = before.worse(error.outcome());
    if scope.stopped().is_some() {
        return Err(error.with_outcome(outcome));
    }
    if error.status() != Status::VolumeBusy {
        tracing::warn!(object, %error, "deleted object not deleted");
    }
    Ok(outcome)
}

fn outcome_of(deleted: bool) -> Outcome {
    match deleted {
        true => Outcome::Applied,
        false => Outcome::None,
    }
}
