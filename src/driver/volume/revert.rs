//! Revert of a volume to a snapshot.

use crate::appliance::{List, Lun, LunSnapshot, Odd};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::journal;
use crate::driver::operation::Operation;
use crate::driver::size::bytes_of_gib;
use crate::driver::volume::dependents::goes_with_volume;
use crate::driver::volume::extend::grow;
use crate::driver::volume::lookup::Volume;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Reverts a volume to a snapshot. Data written since is lost.
///
/// The appliance would destroy newer snapshots and their clones. So the snapshot must be the
/// newest: newer snapshots and their clones are named in the error and kept (`REVERT_BLOCKED`).
/// Temporary snapshots that no clone needs any more do not count. The appliance shows the times of
/// snapshots in seconds; a snapshot of the same second counts as newer. For the same reason Cinder
/// must not take a snapshot of its own first: `snapshot_revert_use_temp_snapshot` is false for this
/// driver.
///
/// The appliance also reverts the size. The volume keeps its present size, as Cinder requires: it
/// is extended again after the revert. A volume that is presented to a host is busy.
#[derive(Clone, Debug, Default)]
pub struct RevertToSnapshot {
    /// The LUN's name.
    pub volume: String,
    /// The snapshot's name.
    pub snapshot: String,
    /// The size in GiB that Cinder knows the volume by; 0: the size that it has. It matters when
    /// an earlier call was cut off between the rollback and the growth.
    pub size_gib: u64,
}

impl Operation for RevertToSnapshot {
    const NAME: &'static str = "revert_to_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::SnapshotNotFound,
            Status::VolumeBusy,
            Status::RevertBlocked,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 4, 3), budget("grown since", 5, 4)])
        .depth_reason(
            "newer snapshots, which a revert may destroy, and the presentation are read first; \
             the size that the volume has afterwards is read last, and extended if it shrank",
        );
    type Output = Volume;

    fn resource(&self) -> String {
        format!("{}@{}", self.volume, self.snapshot)
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let asked = match self.size_gib {
            0 => 0,
            size => bytes_of_gib(size)?,
        };
        let (appliance, place) = (driver.appliance(), driver.place());
        let volume = self.volume.as_str();
        let _held = journal::lock_settled(driver, scope, volume).await?;
        let (lun, snapshots) = tokio::join!(
            driver.volume(scope, volume),
            appliance.snapshots(scope, place, volume),
        );
        let (lun, snapshots) = (lun?, snapshots?);
        let hosts = lun.presentation();
        if !hosts.is_masked() {
            return Err(Error::new(
                Status::VolumeBusy,
                format!("volume {volume} is presented to {hosts}; detach it before the revert"),
            ));
        }
        let unused = self.check_newer(driver, scope, snapshots).await?;
        self.roll_back(driver, scope, &unused).await?;

        // Point of no return.
        let wanted = lun.size.max(asked);
        let restored = async {
            let lun = appliance.lun(scope, place, volume).await?;
            if lun.size < wanted {
                return grow(driver, scope, volume, wanted).await;
            }
            Ok(lun)
        };
        match restored.await {
            Ok(lun) => Ok(Volume::of(&lun, false)),
            Err(error) => Err(self.half_done(&lun, wanted, error)),
        }
    }
}

impl RevertToSnapshot {
    /// Fails if newer snapshots block the revert. Returns the newer temporary snapshots without
    /// clones.
    async fn check_newer(
        &self,
        driver: &Driver,
        scope: &Scope,
        snapshots: List<LunSnapshot>,
    ) -> Result<Vec<String>> {
        let name = self.snapshot.as_str();
        let (snapshots, odd) = snapshots.parts();
        let Some(target) = snapshots.iter().find(|snapshot| snapshot.name == name) else {
            if let Some(odd) = odd.iter().find(|odd| odd.may_be_called(name)) {
                return Err(odd.error());
            }
            return Err(Error::new(
                Status::SnapshotNotFound,
                format!("volume {} has no snapshot {name}", self.volume),
            ));
        };
        let newer = snapshots.iter().filter(|other| {
            other.name != name
                && (other.creation >= target.creation
                    || other.creation.is_empty()
                    || target.creation.is_empty())
        });
        let older = |odd: &&Odd| {
            let creation = odd.text("creation").unwrap_or_default();
            !creation.is_empty() && creation < target.creation.as_str()
        };
        let odd = odd.iter().filter(|odd| !older(odd));
        let mut blockers: Vec<String> = odd.map(Odd::words).collect();
        let mut unused = Vec::new();
        for snapshot in newer {
            let temporary = goes_with_volume(snapshot);
            let mut clones = List::default();
            if temporary || snapshot.may_have_clones() {
                let (place, of) = (driver.place(), &self.volume);
                let dependents = driver
                    .appliance()
                    .dependents(scope, place, of, &snapshot.name);
                clones = match dependents.await {
                    Ok(clones) => clones,
                    // A snapshot of a group, or of a deleted clone, that is gone since the read.
                    Err(error) if temporary && error.is_not_found() => continue,
                    Err(error) => return Err(error),
                };
            }
            match (temporary, clones.is_empty()) {
                (true, true) => unused.push(snapshot.name.clone()),
                (true, false) => {}
                (false, _) if snapshot.creation == target.creation => blockers.push(format!(
                    "snapshot {} (taken in the same second)",
                    snapshot.name
                )),
                (false, _) => blockers.push(format!("snapshot {}", snapshot.name)),
            }
            blockers.extend(clones.described());
        }
        if blockers.is_empty() {
            return Ok(unused);
        }
        Err(Error::new(
            Status::RevertBlocked,
            format!(
                "volume {} cannot be reverted to {name} while there are {}; delete them first",
                self.volume,
                blockers.join(", ")
            ),
        ))
    }

    async fn roll_back(&self, driver: &Driver, scope: &Scope, unused: &[String]) -> Result<()> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let (volume, snapshot) = (self.volume.as_str(), self.snapshot.as_str());
        let roll_back = || appliance.roll_back_lun(scope, place, volume, snapshot);
        let mut done = roll_back().await;
        if matches!(&done, Err(error) if error.status() == Status::ConfirmRequired)
            && !unused.is_empty()
        {
            // The appliance needs a confirmation to destroy newer snapshots. These have no owner.
            for name in unused {
                appliance
                    .delete_snapshot(scope, place, volume, name)
                    .await?;
            }
            let doubt = matches!(&done, Err(error) if error.outcome() == Outcome::Unknown);
            done = roll_back().await.map_err(|error| match doubt {
                true => error.with_outcome(Outcome::Unknown),
                false => error,
            });
        }
        done.map_err(|error| match error.status() {
            // A concurrent change: a newer snapshot, or a protected clone.
            Status::ConfirmRequired | Status::Denied => error
                .with_status(Status::RevertBlocked)
                .with_context(format!(
                    "reverting volume {volume} to {snapshot} would destroy newer snapshots; delete \
                     them first"
                )),
            Status::NotFound => error
                .with_status(Status::SnapshotNotFound)
                .with_context(format!("volume {volume} has no snapshot {snapshot}")),
            _ => error,
        })
    }

    fn half_done(&self, lun: &Lun, wanted: u64, error: Error) -> Error {
        let outcome = error.outcome();
        let error = error.with_context(format!(
            "volume {} was reverted to {}, and its size is not known",
            self.volume, self.snapshot
        ));
        if outcome == Outcome::Unknown {
            return error;
        }
        error.with_left_behind([format!(
            "volume {} reverted, to be extended to {wanted} bytes",
            lun.name
        )])
    }
}
