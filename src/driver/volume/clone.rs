//! Volumes from snapshots and from other volumes.

use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::journal;
use crate::driver::naming::{id_of, refuse_deferred, temporary_snapshot};
use crate::driver::operation::Operation;
use crate::driver::size::bytes_of_gib;
use crate::driver::volume::clone_flow::CloneFlow;
use crate::driver::volume::lookup::Volume;
use crate::driver::volume::properties::CloneProperties;
use crate::driver::volume::properties::properties_of_new_lun;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Creates a volume from a snapshot, and extends it if the requested size is larger.
#[derive(Clone, Debug, Default)]
pub struct CreateVolumeFromSnapshot {
    /// The new LUN's name.
    pub name: String,
    /// GiB, at least the snapshot's size.
    pub size_gib: u64,
    /// The snapshot's volume.
    pub source_volume: String,
    /// The snapshot's name.
    pub snapshot: String,
    /// The volume type's extra specs; see [`crate::driver::CreateVolume`]. Block size and
    /// encryption of a clone are its source's: another block size is ignored, and another
    /// encryption refused with [`Status::TypeMismatch`].
    pub extra_specs: Vec<(String, String)>,
}

/// Creates a volume from another volume, through a temporary snapshot that exists as long as the
/// new volume.
#[derive(Clone, Debug, Default)]
pub struct CreateClonedVolume {
    /// The new LUN's name.
    pub name: String,
    /// The new volume's Cinder id, which names the temporary snapshot `tmp-snapshot-<id>`.
    /// Empty: taken from the name, without the prefix `volume-`.
    pub id: String,
    /// GiB, at least the source's size.
    pub size_gib: u64,
    /// The source LUN's name.
    pub source_volume: String,
    /// The volume type's extra specs; see [`CreateVolumeFromSnapshot::extra_specs`].
    pub extra_specs: Vec<(String, String)>,
}

impl Operation for CreateVolumeFromSnapshot {
    const NAME: &'static str = "create_volume_from_snapshot";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::SnapshotNotFound,
            Status::VolumeExists,
            Status::InvalidSize,
            Status::TypeMismatch,
            Status::VolumeBusy,
            Status::PoolNotOwned,
        ])
        .locks(&[
            Lock::volume("the new volume"),
            Lock::volume("the source").shared(),
        ])
        .journalled("all of it")
        .budgets(&[budget("", 1, 1)]);
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let flow = CloneFlow {
            name: self.name,
            size: bytes_of_gib(self.size_gib)?,
            source_project: driver.place().project.to_owned(),
            source: self.source_volume,
            snapshot: self.snapshot,
            extra_specs: self.extra_specs,
            ..CloneFlow::default()
        };
        flow.check_source(driver, scope).await?;
        flow.make(driver, scope).await
    }
}

impl Operation for CreateClonedVolume {
    const NAME: &'static str = "create_cloned_volume";
    const CONTRACT: Contract = Contract::of(Changes::Several)
        .errors(&[
            Status::VolumeNotFound,
            Status::SnapshotNotFound,
            Status::VolumeExists,
            Status::SnapshotExists,
            Status::InvalidSize,
            Status::TypeMismatch,
            Status::VolumeBusy,
            Status::PoolNotOwned,
        ])
        .locks(&[
            Lock::volume("the new volume"),
            Lock::volume("the source").shared(),
            Lock::volume("each deferred volume that had the name of the new volume")
                .shared()
                .released_at_once(),
        ])
        .journalled("all of it")
        .budgets(&[budget("larger", 3, 3)])
        .depth_reason(
            "a clone needs its snapshot, and is as large as its source until it is extended",
        );
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let id = if self.id.is_empty() {
            id_of(&self.name)
        } else {
            &self.id
        };
        let flow = CloneFlow {
            snapshot: temporary_snapshot(id),
            temporary: true,
            name: self.name,
            size: bytes_of_gib(self.size_gib)?,
            source_project: driver.place().project.to_owned(),
            source: self.source_volume,
            extra_specs: self.extra_specs,
            ..CloneFlow::default()
        };
        flow.check_source(driver, scope).await?;
        flow.make(driver, scope).await
    }
}

impl CloneFlow {
    /// Refuses extra specs that a clone of the source cannot have, before anything is made.
    pub(in crate::driver) async fn check_source(
        &self,
        driver: &Driver,
        scope: &Scope,
    ) -> Result<()> {
        let kind = CloneProperties::of(driver, &self.extra_specs)?;
        let source = (self.source_place(driver), self.source.as_str());
        kind.check_source(driver, scope, source).await
    }

    /// Makes the clone. Its source cannot be deleted meanwhile, but may have other clones made.
    pub(in crate::driver) async fn make(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        refuse_deferred(&self.source)?;
        refuse_deferred(&self.snapshot)?;
        // Invalid specs are refused before the first step.
        properties_of_new_lun(driver, &self.extra_specs)?;
        journal::settle_left(driver, scope, &self.name).await?;
        let _held = driver.0.locks.all(scope, self.keys()).await?;
        let flow = journal::run(driver, scope, self).await?;
        match &flow.lun {
            Some(lun) => Ok(Volume::of(lun, flow.own)),
            None => Err(Error::new(
                Status::Internal,
                format!("the clone {} was created but does not show", flow.name),
            )),
        }
    }
}
