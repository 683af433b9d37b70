//! Snapshots of volumes: create, delete, list.

use serde::{Deserialize, Serialize};

use crate::appliance::{self, Dependent, List, LunSnapshot};
use crate::config::DeleteWithClones;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::deferred::policy::policy_of;
use crate::driver::deferred::rename::{delete_snapshot_unless_needed, rename_snapshot};
use crate::driver::naming::{CINDER_SNAPSHOT, is_deferred, refuse_deferred};
use crate::driver::operation::Operation;
use crate::driver::request::one_or_every::OneOrEvery;
use crate::driver::request::pages::{ByMarker, PackedEntry, PageRequest};
use crate::driver::volume::delete_flow::Deleted;
use crate::error::{Error, Result, Status};
use crate::lock::{Held, Key};
use crate::scope::Scope;
use crate::sorting::{sort_by, sort_by_cached_text};

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

/// Deletes a snapshot. Success if it does not exist.
///
/// A snapshot with clones is busy and stays unchanged, unless the policy of its volume is `defer`:
/// see [`crate::driver::DeleteVolume`]. Then it is renamed to a reserved name: it is in no list, and
/// its name is free. It is deleted with its last clone, by the operation that deletes that, and does
/// not keep its volume from being deleted in the same way.
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
    /// Begin after this marker, the [`Snapshots::next_marker`] of the page before; empty: at the
    /// beginning.
    pub marker: String,
    /// Largest number of snapshots; 0: all.
    pub limit: u32,
}

/// A snapshot as the appliance shows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// Marker of the next page; `None` after the last.
    pub next_marker: Option<String>,
}

impl From<Vec<Snapshot>> for Snapshots {
    fn from(snapshots: Vec<Snapshot>) -> Snapshots {
        Snapshots {
            snapshots,
            next_marker: None,
        }
    }
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

    /// Its place in a list, which is in the order of creation.
    fn marker(&self) -> String {
        format!("{} {}@{}", self.created_at, self.volume, self.name)
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
        .locks(&[
            Lock::volume("the volume"),
            Lock::volume("each clone of a snapshot that is deferred")
                .shared()
                .released_at_once(),
        ])
        .budgets(&[budget("", 2, 2), budget("one with a clone, deferred", 6, 6)])
        .depth_reason(
            "the appliance may delete clones with their snapshot, so they are read first, and \
             again after the rename of a deferred one; the volume, whose policy decides on that, \
             is read only if there are clones",
        );
    type Output = Deleted;

    fn resource(&self) -> String {
        format!("{}@{}", self.volume, self.name)
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Deleted> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let (volume, name) = (self.volume.as_str(), self.name.as_str());
        refuse_deferred(volume)?;
        refuse_deferred(name)?;
        let held = driver.lock_volume(scope, volume).await?;
        let found = appliance.find_snapshot_to_delete(scope, place, volume, name);
        let Some(snapshot) = found.await? else {
            return Ok(Deleted { existed: false });
        };
        if snapshot.may_have_clones() {
            let clones = appliance.dependents(scope, place, volume, name).await?;
            if !clones.is_empty() {
                let described: Vec<String> = clones.described().collect();
                let busy = Error::new(
                    Status::SnapshotBusy,
                    format!(
                        "snapshot {name} of volume {volume} is the origin of {}; delete these first",
                        described.join(", ")
                    ),
                );
                return self
                    .with_clones(driver, scope, held, &snapshot, &clones, busy)
                    .await;
            }
        }
        let deleted = appliance.delete_snapshot(scope, place, volume, name).await;
        match deleted {
            Ok(existed) => Ok(Deleted { existed }),
            // A concurrent clone: the appliance needs a confirmation before it destroys it, or the
            // clone is protected.
            Err(error) if matches!(error.status(), Status::ConfirmRequired | Status::Denied) => {
                let clones = match appliance.dependents(scope, place, volume, name).await {
                    Ok(clones) => clones,
                    Err(blind) => return Err(error.joined_by(blind)),
                };
                if clones.is_empty() {
                    return Err(error);
                }
                let busy = error
                    .with_status(Status::SnapshotBusy)
                    .with_context(format!(
                        "snapshot {name} of volume {volume} has clones; delete them first"
                    ));
                self.with_clones(driver, scope, held, &snapshot, &clones, busy)
                    .await
            }
            Err(error) => Err(error),
        }
    }
}

impl DeleteSnapshot {
    /// Defers the deletion of a snapshot with clones, or fails with `busy`. A snapshot has no
    /// properties, so the policy of its volume decides.
    async fn with_clones(
        &self,
        driver: &Driver,
        scope: &Scope,
        held: Held,
        snapshot: &LunSnapshot,
        clones: &List<Dependent>,
        busy: Error,
    ) -> Result<Deleted> {
        let (place, volume) = (driver.place(), self.volume.as_str());
        let policy = match driver.find_volume(scope, volume).await {
            Ok(Some(lun)) => policy_of(driver, &lun),
            Ok(None) => {
                let changed = busy.with_status(Status::StateChanged);
                return Err(changed.with_context(format!(
                    "volume {volume} was renamed or deleted by another process just now"
                )));
            }
            Err(blind) => return Err(blind.joined_by(busy)),
        };
        if policy == DeleteWithClones::Refuse {
            return Err(busy);
        }
        let renamed = match rename_snapshot(driver, scope, place, volume, snapshot).await {
            Ok(renamed) => renamed,
            Err(error) => {
                driver.keep_in_doubt(held, &error);
                return Err(error);
            }
        };
        drop(held);
        if let Some(name) = renamed {
            let clones = clones.names().map(str::to_owned).collect();
            let snapshot = (volume, name.as_str());
            delete_snapshot_unless_needed(driver, scope, place, snapshot, clones).await;
        }
        Ok(Deleted { existed: true })
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
        let part = PageRequest {
            marker: &self.marker,
            limit: self.limit,
            offset: 0,
        };
        let volume = self.volume.name("volume", "every volume")?;
        if part.is_everything() {
            let mut snapshots = snapshots_as(driver, scope, volume, |snapshot| snapshot).await?;
            sort_by_cached_text(&mut snapshots, Snapshot::marker);
            return Ok(snapshots.into());
        }
        let read = async {
            let pack = |snapshot: Snapshot| PackedEntry::new(snapshot.marker(), &snapshot);
            let mut snapshots = snapshots_as(driver, scope, volume, pack).await?;
            sort_by(&mut snapshots, |a, b| a.marker.cmp(&b.marker));
            Ok(snapshots)
        };
        let request = (Self::NAME, volume);
        let page = driver.0.pages.page(&request, part, ByMarker, read).await?;
        Ok(Snapshots {
            snapshots: page.entries,
            next_marker: page.next_marker,
        })
    }
}

/// What `keep` makes of each snapshot of one volume, or of all volumes of the project.
async fn snapshots_as<U: Send>(
    driver: &Driver,
    scope: &Scope,
    volume: Option<&str>,
    keep: impl Fn(Snapshot) -> U + Send + Sync,
) -> Result<Vec<U>> {
    let (appliance, place) = (driver.appliance(), driver.place());
    if let Some(volume) = volume {
        let look = || appliance.snapshots(scope, place, volume);
        let found = appliance.proven(scope, place, look).await?;
        let found = found
            .ok_or_else(|| driver.no_such_volume(volume))?
            .whole()?;
        let found = found.into_iter().filter(|found| !is_deferred(&found.name));
        return Ok(found
            .map(|snapshot| keep(Snapshot::of(driver, volume, snapshot, false)))
            .collect());
    }
    let one = |found: appliance::LunSnapshot| {
        let volume = found.is_in(place).then(|| found.lun())??.to_owned();
        // A deleted volume has only snapshots that are deleted with it.
        if is_deferred(&found.name) || is_deferred(&volume) {
            return None;
        }
        Some(keep(Snapshot::of(driver, &volume, found, false)))
    };
    // A snapshot that is missing in the list would look lost to the host.
    let is_of_host = |name: &str| name.starts_with(CINDER_SNAPSHOT);
    let all = appliance.all_snapshots_as(scope, one).await?;
    all.unless(|odd| odd.name().is_some_and(is_of_host) && odd.may_be_in(place))
}
