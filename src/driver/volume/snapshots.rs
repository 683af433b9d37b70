//! Snapshots of volumes: create, delete, list.

use serde::Serialize;

use crate::appliance;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::naming::CINDER_SNAPSHOT;
use crate::driver::one_or_every::OneOrEvery;
use crate::driver::operation::Operation;
use crate::driver::volume::delete_flow::Deleted;
use crate::error::{Error, Result, Status};
use crate::lock::Key;
use crate::scope::Scope;

/// Takes a snapshot of a volume.
///
/// Idempotent: for an existing snapshot of this name on this volume, [`Snapshot::created`] is
/// false.
#[derive(Clone, Debug, Default)]
pub struct CreateSnapshot {
    /// The LUN's name.
    pub volume: String,
    /// The snapshot's name, such as `snapshot-<uuid>`.
    pub name: String,
}

/// Deletes a snapshot. Success if it does not exist. A snapshot with clones is busy and stays
/// unchanged.
#[derive(Clone, Debug, Default)]
pub struct DeleteSnapshot {
    /// The LUN's name.
    pub volume: String,
    /// The snapshot's name.
    pub name: String,
}

/// Lists the snapshots of one volume, or of all of the backend's project.
#[derive(Clone, Debug, Default)]
pub struct ListSnapshots {
    /// The LUN's name; or every volume of the project, with one request.
    pub volume: OneOrEvery,
}

/// A snapshot as the appliance shows it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The snapshot's name.
    pub name: String,
    /// The volume it was taken of.
    pub volume: String,
    /// The pool it is in.
    pub pool: String,
    /// The project it is in.
    pub project: String,
    /// Time of creation, UTC, in the appliance's format.
    pub created_at: String,
    /// Number of clones by the appliance's count, which may lag behind deletions.
    pub clones: u64,
    /// Bytes held by this snapshot alone.
    pub unique_bytes: u64,
    /// Whether this call took it.
    pub created: bool,
}

/// The snapshots found.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Snapshots {
    /// In the order in which they were taken.
    pub snapshots: Vec<Snapshot>,
}

impl Snapshot {
    pub(in crate::driver) fn of(
        driver: &Driver,
        volume: &str,
        found: appliance::LunSnapshot,
        created: bool,
    ) -> Snapshot {
        let place = driver.place();
        Snapshot {
            name: found.name,
            volume: volume.to_owned(),
            pool: place.pool.to_owned(),
            project: place.project.to_owned(),
            created_at: found.creation,
            clones: found.clones.unwrap_or(0),
            unique_bytes: found.unique,
            created,
        }
    }
}

impl Operation for CreateSnapshot {
    const NAME: &'static str = "create_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .locks(&[Lock::volume("the volume").shared()])
        .budgets(&[budget("", 1, 1)]);
    type Output = Snapshot;

    fn resource(&self) -> String {
        format!("{}@{}", self.volume, self.name)
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Snapshot> {
        let (appliance, place) = (driver.appliance(), driver.place());
        // A concurrent deletion that read the volume before this snapshot existed would destroy it.
        let key = Key::Lun(self.volume.clone());
        let _held = driver.0.locks.share(scope, key).await?;
        let taken = appliance
            .create_snapshot(scope, place, &self.volume, &self.name)
            .await;
        match taken {
            Ok(snapshot) => Ok(Snapshot::of(driver, &self.volume, snapshot, true)),
            Err(error) if error.status() == Status::Exists => {
                match appliance
                    .snapshot(scope, place, &self.volume, &self.name)
                    .await
                {
                    Ok(found) => Ok(Snapshot::of(driver, &self.volume, found, false)),
                    // It is gone again, or cannot be read.
                    Err(blind) => Err(error.with_status(Status::StateChanged).joined_by(blind)),
                }
            }
            Err(error) if error.is_not_found() => Err(driver
                .absence(scope, place, &self.volume, error, |answer| {
                    moved(&self.volume, answer)
                })
                .await),
            Err(error) => Err(error),
        }
    }
}

/// Error of a request that was answered with 404 although the volume exists.
fn moved(volume: &str, answer: Error) -> Error {
    answer
        .with_status(Status::PoolNotOwned)
        .with_context(format!(
            "volume {volume} was not served a moment ago and is now: its pool moves between the \
             cluster heads; call again"
        ))
}

impl Operation for DeleteSnapshot {
    const NAME: &'static str = "delete_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[Status::SnapshotBusy, Status::PoolNotOwned])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 2, 2)]);
    type Output = Deleted;

    fn resource(&self) -> String {
        format!("{}@{}", self.volume, self.name)
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Deleted> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let (volume, name) = (self.volume.as_str(), self.name.as_str());
        let _held = driver.lock_volume(scope, volume).await?;
        let found = appliance.find_snapshot_to_delete(scope, place, volume, name);
        let Some(snapshot) = found.await? else {
            return Ok(Deleted { existed: false });
        };
        if snapshot.may_have_clones() {
            let dependents = appliance.dependents(scope, place, volume, name).await?;
            if !dependents.is_empty() {
                let clones: Vec<String> = dependents.described().collect();
                return Err(Error::new(
                    Status::SnapshotBusy,
                    format!(
                        "snapshot {name} of volume {volume} is the origin of {}; delete these first",
                        clones.join(", ")
                    ),
                ));
            }
        }
        let deleted = appliance.delete_snapshot(scope, place, volume, name).await;
        match deleted {
            Ok(existed) => Ok(Deleted { existed }),
            // A concurrent clone: the appliance needs a confirmation before it destroys it, or the
            // clone is protected.
            Err(error) if matches!(error.status(), Status::ConfirmRequired | Status::Denied) => {
                let dependents = match appliance.dependents(scope, place, volume, name).await {
                    Ok(dependents) => dependents,
                    Err(blind) => return Err(error.joined_by(blind)),
                };
                if dependents.is_empty() {
                    return Err(error);
                }
                Err(error
                    .with_status(Status::SnapshotBusy)
                    .with_context(format!(
                        "snapshot {name} of volume {volume} has clones; delete them first"
                    )))
            }
            Err(error) => Err(error),
        }
    }
}

impl Operation for ListSnapshots {
    const NAME: &'static str = "list_snapshots";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .budgets(&[budget("of one volume", 1, 1)]);
    type Output = Snapshots;

    fn resource(&self) -> String {
        self.volume.to_string()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Snapshots> {
        let place = driver.place();
        let Some(volume) = self.volume.name("volume", "every volume")? else {
            let all = driver.appliance().all_snapshots(scope).await?;
            // A snapshot that is missing in the list would look lost to the host.
            let all = all.unless(|odd| {
                let of_host = odd
                    .name()
                    .is_some_and(|name| name.starts_with(CINDER_SNAPSHOT));
                of_host && odd.may_be_in(place)
            })?;
            let mut snapshots: Vec<Snapshot> = all
                .into_iter()
                .filter(|found| found.is_in(place))
                .filter_map(|found| {
                    let volume = found.lun()?.to_owned();
                    Some(Snapshot::of(driver, &volume, found, false))
                })
                .collect();
            snapshots.sort_by(|a, b| {
                (&a.created_at, &a.volume, &a.name).cmp(&(&b.created_at, &b.volume, &b.name))
            });
            return Ok(Snapshots { snapshots });
        };
        let appliance = driver.appliance();
        let look = || appliance.snapshots(scope, place, volume);
        let found = appliance.proven(scope, place, look).await?;
        let found = found.ok_or_else(|| driver.no_such_volume(volume))?;
        let mut snapshots: Vec<Snapshot> = found
            .whole()?
            .into_iter()
            .map(|snapshot| Snapshot::of(driver, volume, snapshot, false))
            .collect();
        snapshots.sort_by(|a, b| (&a.created_at, &a.name).cmp(&(&b.created_at, &b.name)));
        Ok(Snapshots { snapshots })
    }
}
