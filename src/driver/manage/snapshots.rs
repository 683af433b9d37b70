//! Adoption and release of snapshots.
//!
//! A snapshot has no custom properties on the appliance; only its name shows whether it is managed.

use serde::Serialize;

use crate::appliance::{self, is_automatic_name};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::manage::adopt::ExistingSize;
use crate::driver::manage::release::Unmanaged;
use crate::driver::naming::{
    CINDER_SNAPSHOT, Family, IMAGE_SNAPSHOT, TEMPORARY_SNAPSHOT, TRIES, is_deferred, unmanaged,
};
use crate::driver::operation::Operation;
use crate::driver::volume::snapshots::Snapshot;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Takes an existing snapshot of a volume under management: it is renamed to Cinder's name.
///
/// Refuses a snapshot whose name shows that it belongs to Cinder (`snapshot-…`), to a clone
/// (`tmp-snapshot-…`, `image-…`) or to the appliance itself (`.auto-…`, `.rr-…`), and a deleted one
/// that waits for its clones (`deleted-…`). Idempotent: if the source's name is gone and the new one
/// exists, [`ManagedSnapshot::changed`] is false.
#[derive(Clone, Debug, Default)]
pub struct ManageExistingSnapshot {
    /// The LUN's name.
    pub volume: String,
    /// The name that it gets, such as `snapshot-<uuid>`.
    pub name: String,
    /// Cinder's `source-name`: the name that it has.
    pub source_name: String,
}

/// Former and present state of a snapshot.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ManagedSnapshot {
    /// The snapshot as it is now.
    pub snapshot: Snapshot,
    /// The name that it had.
    pub previous_name: String,
    /// Whether this call renamed it.
    pub changed: bool,
}

/// Size of a volume made from an existing snapshot. The appliance does not show a snapshot's size,
/// so this is the present size of its volume, which is never too small.
#[derive(Clone, Debug, Default)]
pub struct ManageExistingSnapshotGetSize {
    /// The LUN's name.
    pub volume: String,
    /// Cinder's `source-name`.
    pub source_name: String,
}

/// Releases a snapshot from management: it is renamed to `unmanaged-<name>` then. See
/// [`crate::driver::Unmanage`].
#[derive(Clone, Debug, Default)]
pub struct UnmanageSnapshot {
    /// The LUN's name.
    pub volume: String,
    /// The snapshot's name.
    pub name: String,
}

/// Reason that a snapshot of this name may not be managed.
pub(in crate::driver) fn owner(name: &str) -> Option<&'static str> {
    if name.starts_with(TEMPORARY_SNAPSHOT) || name.starts_with(IMAGE_SNAPSHOT) {
        Some("it is the origin of clones")
    } else if name.starts_with(CINDER_SNAPSHOT) {
        Some("its name is that of a snapshot of Cinder")
    } else if is_deferred(name) {
        Some("it is deleted and waits for the deletion of its clones")
    } else if is_automatic_name(name) {
        Some("the appliance created it for itself and deletes it by itself; take another snapshot")
    } else {
        None
    }
}

/// Error of a missing snapshot, or of a missing volume.
async fn no_snapshot(
    driver: &Driver,
    scope: &Scope,
    volume: &str,
    name: &str,
    status: Status,
) -> Error {
    match driver.volume(scope, volume).await {
        Ok(_) => Error::new(status, format!("volume {volume} has no snapshot {name}")),
        Err(error) => error,
    }
}

impl Operation for ManageExistingSnapshot {
    const NAME: &'static str = "manage_existing_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[
            Status::VolumeNotFound,
            Status::InvalidReference,
            Status::AlreadyManaged,
            Status::SnapshotExists,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 1, 1)]);
    type Output = ManagedSnapshot;

    fn resource(&self) -> String {
        format!("{}@{}", self.volume, self.name)
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<ManagedSnapshot> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let (volume, name, source) = (&self.volume, &self.name, &self.source_name);
        check(source)?;
        if let Some(reason) = owner(source).filter(|_| source != name) {
            return Err(Error::new(
                Status::AlreadyManaged,
                format!(
                    "snapshot {source} of volume {volume} cannot be managed: {reason}. If that is \
                     not so, rename it on the appliance first"
                ),
            ));
        }
        let _held = driver.lock_volume(scope, volume).await?;
        let managed = |found: appliance::LunSnapshot, changed| ManagedSnapshot {
            snapshot: Snapshot::of(driver, volume, found, false),
            previous_name: source.clone(),
            changed,
        };
        if source != name {
            let renamed = appliance.rename_snapshot(scope, place, volume, source, name);
            match renamed.await {
                Ok(snapshot) => return Ok(managed(snapshot, true)),
                Err(error) if error.is_not_found() => {}
                Err(error) if error.status() == Status::Exists => {
                    let message = format!(
                        "volume {volume} has another snapshot {name}; delete or rename that one \
                         first"
                    );
                    return Err(error
                        .with_status(Status::SnapshotExists)
                        .with_context(message));
                }
                Err(error) => return Err(error),
            }
        }
        // Perhaps an earlier call renamed it.
        match appliance.find_snapshot(scope, place, volume, name).await? {
            Some(snapshot) => Ok(managed(snapshot, false)),
            None => {
                let status = Status::InvalidReference;
                Err(no_snapshot(driver, scope, volume, source, status).await)
            }
        }
    }
}

fn check(source: &str) -> Result<()> {
    if source.is_empty() {
        return Err(Error::new(
            Status::InvalidReference,
            "the reference names no snapshot; give source-name",
        ));
    }
    Ok(())
}

impl Operation for ManageExistingSnapshotGetSize {
    const NAME: &'static str = "manage_existing_snapshot_get_size";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[
            Status::VolumeNotFound,
            Status::InvalidReference,
            Status::PoolNotOwned,
        ])
        .budgets(&[budget("", 2, 1)]);
    type Output = ExistingSize;

    fn resource(&self) -> String {
        format!("{}@{}", self.volume, self.source_name)
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<ExistingSize> {
        check(&self.source_name)?;
        let (appliance, place) = (driver.appliance(), driver.place());
        let (lun, snapshot) = tokio::join!(
            driver.volume(scope, &self.volume),
            appliance.find_snapshot(scope, place, &self.volume, &self.source_name),
        );
        let lun = lun?;
        match snapshot? {
            Some(_) => Ok(ExistingSize::of(lun.size)),
            None => Err(Error::new(
                Status::InvalidReference,
                format!(
                    "volume {} has no snapshot {}",
                    self.volume, self.source_name
                ),
            )),
        }
    }
}

impl Operation for UnmanageSnapshot {
    const NAME: &'static str = "unmanage_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[
            Status::VolumeNotFound,
            Status::SnapshotNotFound,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 1, 1)]);
    type Output = Unmanaged;

    fn resource(&self) -> String {
        format!("{}@{}", self.volume, self.name)
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Unmanaged> {
        let (appliance, place) = (driver.appliance(), driver.place());
        let _held = driver.lock_volume(scope, &self.volume).await?;
        let mut new_name = unmanaged(&self.name, 1);
        let family = async || {
            let found = appliance.snapshots(scope, place, &self.volume).await?;
            let there = found.has(&self.name)?;
            Ok::<_, Error>((Family::among(&self.name, found.names()), there))
        };
        for round in 1..=TRIES {
            let renamed =
                appliance.rename_snapshot(scope, place, &self.volume, &self.name, &new_name);
            match renamed.await {
                Ok(_) => {
                    return Ok(Unmanaged {
                        name: self.name,
                        new_name,
                        changed: true,
                    });
                }
                Err(error) if error.status() == Status::Exists && round < TRIES => {
                    new_name = family().await?.0.free;
                }
                Err(error) if error.is_not_found() => {
                    let earlier = match family().await {
                        Ok((_, true)) => return Err(error.with_status(Status::StateChanged)),
                        Ok((family, false)) => family.last,
                        Err(error) if error.is_not_found() => None,
                        Err(error) => return Err(error),
                    };
                    return match earlier {
                        Some(new_name) => Ok(Unmanaged {
                            name: self.name,
                            new_name,
                            changed: false,
                        }),
                        None => {
                            let status = Status::SnapshotNotFound;
                            let absent =
                                no_snapshot(driver, scope, &self.volume, &self.name, status);
                            Err(absent.await)
                        }
                    };
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(
            Status::Exists,
            format!(
                "snapshot {}: every free name was taken by another process",
                self.name
            ),
        ))
    }
}
