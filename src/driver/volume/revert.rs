//! Revert of a volume to a snapshot.

use crate::appliance::{List, Lun, Odd, Snapshot};
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

/// Sets a volume back to what it was when a snapshot was taken. What was written since is lost.
///
/// The appliance destroys newer snapshots with that, and their clones too. So the snapshot must
/// be the newest: newer ones, and what was cloned from them, are named and stay untouched
/// (`REVERT_BLOCKED`). Temporary snapshots that no clone needs any more do not count. The
/// appliance gives the times of snapshots in seconds; one taken in the same second counts as
/// newer. For the same reason Cinder must not take a snapshot of its own first:
/// `snapshot_revert_use_temp_snapshot` is false for this driver.
///
/// A rollback also sets the size back. The volume keeps the size that it has, as Cinder asks: it
/// is grown again after the rollback. A volume that a host sees is busy.
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
        .budgets(&[budget("", 4, 3), budget("grown since", 5, 4)]);
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
        let hosts: Vec<&str> = lun.presented_to().collect();
        if !hosts.is_empty() {
            return Err(Error::new(
                Status::VolumeBusy,
                format!(
                    "volume {volume} is presented to {}; detach it before it is set back",
                    hosts.join(", ")
                ),
            ));
        }
        let unused = self.check_newer(driver, scope, snapshots).await?;
        self.roll_back(driver, scope, &unused).await?;

        // No way back from here.
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
    /// Refuses when newer snapshots stand in the way. Answers with the newer temporary ones that
    /// nobody needs.
    async fn check_newer(
        &self,
        driver: &Driver,
        scope: &Scope,
        snapshots: List<Snapshot>,
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
                    // One of a group's, or of a clone that is deleted: gone since the look.
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
                "volume {} cannot be set back to {name} while there are {}; delete them first",
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
            // The appliance asks before it destroys the newer snapshots. These are nobody's.
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
            // What came meanwhile: a newer snapshot, or a clone that is protected.
            Status::ConfirmRequired | Status::Denied => error
                .with_status(Status::RevertBlocked)
                .with_context(format!(
                    "setting volume {volume} back to {snapshot} would destroy what is newer"
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
            "volume {} is set back to {}, and whether it has its size again is not known",
            self.volume, self.snapshot
        ));
        if outcome == Outcome::Unknown {
            return error;
        }
        error.with_left_behind([format!(
            "volume {} set back, to be grown to {wanted} bytes",
            lun.name
        )])
    }
}
