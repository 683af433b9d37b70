//! Deletion of a volume.

use crate::appliance::{Lun, LunSnapshot};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::journal;
use crate::driver::naming::{id_of, temporary_snapshot};
use crate::driver::operation::Operation;
use crate::driver::rollback::delete_unused_snapshot;
use crate::driver::volume::delete_flow::{DeleteFlow, Deleted, not_deleted};
use crate::driver::volume::dependents::blockers;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Deletes a volume. Success if it does not exist.
///
/// A clone is deleted first, then its temporary snapshot; no cascade is used. A volume with
/// snapshots or clones is busy and stays unchanged.
///
/// The journal finishes a deletion that was interrupted between the two. Without journals, deleting
/// the volume once more finishes it; this lists every snapshot on the appliance, with one more
/// request.
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
        ])
        .journalled("the deletion of a clone")
        .budgets(&[
            budget("", 3, 2),
            budget("one that does not exist", 4, 3),
            budget("one that does not exist, without journals", 5, 4),
            budget("a clone", 4, 3),
            budget("a clone with its temporary snapshot", 6, 4),
        ])
        .depth_reason(
            "the appliance may delete dependents with a LUN or a snapshot, so they are read \
             first; a clone is protected by `nodestroy` until its own deletion clears that, and \
             its temporary snapshot outlives it; absence is proven by a read of the project \
             between two of the LUN",
        );
    type Output = Deleted;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Deleted> {
        delete_volume_if(driver, scope, &self.name, |_| Ok(())).await
    }
}

/// Deletes a volume if a read under its lock still allows it.
pub(in crate::driver) async fn delete_volume_if(
    driver: &Driver,
    scope: &Scope,
    name: &str,
    may_go: impl Fn(&Lun) -> Result<()> + Send + Sync,
) -> Result<Deleted> {
    let (appliance, place) = (driver.appliance(), driver.place());
    let _held = journal::lock_settled(driver, scope, name).await?;
    let (lun, snapshots) = tokio::join!(
        appliance.find_lun_to_delete(scope, place, name),
        appliance.snapshots(scope, place, name),
    );
    let Some(lun) = lun? else {
        return finish_deletion(driver, scope, name).await;
    };
    may_go(&lun)?;
    let snapshots = match snapshots {
        // Another host deleted the volume between the two answers, or the answering head did not
        // serve it yet. A missing list does not prove that there are no snapshots.
        Err(error) if error.is_not_found() => {
            let look = || appliance.snapshots(scope, place, name);
            match appliance.proven(scope, place, look).await? {
                Some(snapshots) => snapshots,
                None => return finish_deletion(driver, scope, name).await,
            }
        }
        other => other?,
    };
    let blockers = blockers(driver, scope, place, name, snapshots).await?;
    if !blockers.is_empty() && !canary!("dependents-not-looked-at") {
        return Err(Error::new(
            Status::VolumeBusy,
            format!(
                "volume {name} has dependents: {}; delete them first",
                blockers.join(", ")
            ),
        ));
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
    Ok(Deleted { existed: true })
}
async fn delete_clone(driver: &Driver, scope: &Scope, mut flow: DeleteFlow) -> Result<()> {
    if !flow.protected {
        let (outlived, entry) = tokio::join!(
            flow.is_outlived(driver, scope),
            flow.guid_of_entry(driver, scope),
        );
        flow.outlived = outlived?;
        flow.entry = entry;
    }
    journal::run(driver, scope, flow).await?;
    Ok(())
}

/// Result for a volume that does not exist. An interrupted call may have deleted the volume and
/// left its temporary snapshot. The journal of that call finishes the deletion; without journals
/// this call does, and finds the snapshot only in the list of all snapshots on the appliance.
async fn finish_deletion(driver: &Driver, scope: &Scope, name: &str) -> Result<Deleted> {
    const GONE: Deleted = Deleted { existed: false };
    if driver.config().state_dir.is_some() {
        return Ok(GONE);
    }
    let place = driver.place();
    let snapshot = temporary_snapshot(id_of(name));
    let left = driver.appliance().all_snapshots(scope).await?.find(
        |found| found.name == snapshot && found.is_in(place),
        |odd| odd.name() == Some(&snapshot) && odd.may_be_in(place),
    )?;
    let Some(origin) = left.as_ref().and_then(LunSnapshot::lun) else {
        return Ok(GONE);
    };
    delete_unused_snapshot(driver, scope, place, origin, &snapshot).await?;
    Ok(GONE)
}
