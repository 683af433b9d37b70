//! Volumes made from snapshots and from other volumes.

use crate::appliance::{Groups, Lun, NewClone};
use crate::driver::undo::Step;
use crate::driver::volumes::{TEMPORARY_SNAPSHOT, id_of};
use crate::driver::{Driver, Operation, Volume, bytes_of_gib};
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Makes a volume from a snapshot, grown to its size where that is larger.
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
    /// The volume type's extra specs; see [`crate::driver::CreateVolume`]. The block size of a
    /// clone is its source's and cannot be chosen.
    pub extra_specs: Vec<(String, String)>,
}

/// Makes a volume from another volume, by way of a temporary snapshot that lives as long as
/// the new volume does.
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
    /// The volume type's extra specs; see [`crate::driver::CreateVolume`].
    pub extra_specs: Vec<(String, String)>,
}

impl Operation for CreateVolumeFromSnapshot {
    const NAME: &'static str = "create_volume_from_snapshot";
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let wanted = Wanted {
            name: &self.name,
            size: bytes_of_gib(self.size_gib)?,
            source: &self.source_volume,
            snapshot: &self.snapshot,
            extra_specs: &self.extra_specs,
        };
        let _kept = driver.keep_volume(scope, &self.source_volume).await?;
        let mut steps = Vec::new();
        match driver.make_clone(scope, &wanted, &mut steps).await {
            Ok(volume) => Ok(volume),
            Err(error) => Err(driver.roll_back(scope, &steps, error).await),
        }
    }
}

impl Operation for CreateClonedVolume {
    const NAME: &'static str = "create_cloned_volume";
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
        let snapshot = format!("{TEMPORARY_SNAPSHOT}{id}");
        let wanted = Wanted {
            name: &self.name,
            size: bytes_of_gib(self.size_gib)?,
            source: &self.source_volume,
            snapshot: &snapshot,
            extra_specs: &self.extra_specs,
        };
        let _kept = driver.keep_volume(scope, &self.source_volume).await?;
        let mut steps = vec![Step::Snapshot {
            volume: self.source_volume.clone(),
            name: snapshot.clone(),
        }];
        match driver.take_temporary_snapshot(scope, &wanted).await {
            Ok(None) => {}
            Ok(Some(made)) => return driver.finish_earlier_clone(scope, &wanted, made).await,
            // It may have been taken; undoing looks for it.
            Err(error) if error.outcome() == Outcome::Unknown => {
                return Err(driver.roll_back(scope, &steps, error).await);
            }
            Err(error) => return Err(error),
        }
        match driver.make_clone(scope, &wanted, &mut steps).await {
            Ok(volume) => Ok(volume),
            Err(error) => Err(driver.roll_back(scope, &steps, error).await),
        }
    }
}

/// The clone that is asked for.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) size: u64,
    pub(super) source: &'a str,
    pub(super) snapshot: &'a str,
    pub(super) extra_specs: &'a [(String, String)],
}

impl Wanted<'_> {
    /// Whether a LUN is a clone of the wanted snapshot.
    fn is_origin_of(&self, lun: &Lun) -> bool {
        lun.origin
            .as_ref()
            .is_some_and(|origin| origin.share == self.source && origin.snapshot == self.snapshot)
    }
}

impl Driver {
    /// Takes the temporary snapshot of a clone, or answers with the clone that an earlier call
    /// made from it. A snapshot that an earlier call left without a clone is taken anew: the
    /// source may have changed since.
    async fn take_temporary_snapshot(
        &self,
        scope: &Scope,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Lun>> {
        let (appliance, place) = (self.appliance(), self.place());
        let take = || appliance.create_snapshot(scope, place, wanted.source, wanted.snapshot);
        let exists = match take().await {
            Ok(_) => return Ok(None),
            Err(error) if error.status() == Status::Exists => error,
            Err(error) if error.is_not_found() => {
                self.confirm_absence(scope).await?;
                return Err(self.no_such_volume(wanted.source));
            }
            Err(error) => return Err(error),
        };
        if let Some(lun) = appliance.find_lun(scope, place, wanted.name).await? {
            return if wanted.is_origin_of(&lun) {
                Ok(Some(lun))
            } else {
                Err(other_volume(wanted, exists))
            };
        }
        let dependents = appliance
            .dependents(scope, place, wanted.source, wanted.snapshot)
            .await?;
        if let Some(clone) = dependents.first() {
            return Err(exists
                .with_status(Status::SnapshotExists)
                .with_context(format!(
                    "snapshot {} of volume {} is the origin of another volume, {}",
                    wanted.snapshot, wanted.source, clone.share
                )));
        }
        appliance
            .delete_snapshot(scope, place, wanted.source, wanted.snapshot)
            .await?;
        take().await.map(|_| None)
    }

    /// Makes the clone and grows it, noting each step that would have to be undone.
    pub(super) async fn make_clone(
        &self,
        scope: &Scope,
        wanted: &Wanted<'_>,
        steps: &mut Vec<Step>,
    ) -> Result<Volume> {
        let kind = self.kind_of_volume(wanted.extra_specs)?;
        let place = self.place();
        let clone = NewClone {
            share: wanted.name,
            project: place.project,
            sparse: kind.sparse,
            compression: kind.compression.as_str(),
            logbias: kind.logbias.as_str(),
            nodestroy: true,
            target_group: &self.config().target_group,
            initiator_groups: Groups::masked(),
            managed: true,
            operation: scope.id(),
        };
        let step = Step::Lun {
            name: wanted.name.to_owned(),
        };
        let made = self
            .appliance()
            .clone_snapshot(scope, place, wanted.source, wanted.snapshot, &clone)
            .await;
        let lun = match made {
            Ok(lun) => lun,
            Err(error) if error.status() == Status::Exists => {
                let lun = self.appliance().lun(scope, place, wanted.name).await?;
                if !wanted.is_origin_of(&lun) || lun.managed != Some(true) {
                    return Err(other_volume(wanted, error));
                }
                return self.finish_earlier_clone(scope, wanted, lun).await;
            }
            Err(error) if error.is_not_found() => {
                return Err(self.no_such_snapshot(scope, wanted, error).await);
            }
            Err(error) => {
                // It may have been made; undoing looks for it.
                if error.outcome() == Outcome::Unknown {
                    steps.push(step);
                }
                return Err(error);
            }
        };
        steps.push(step);
        let lun = self.fit(scope, wanted, lun).await?;
        Ok(Volume::of(&lun, true))
    }

    /// An earlier call made the clone; what may be missing is its growth.
    async fn finish_earlier_clone(
        &self,
        scope: &Scope,
        wanted: &Wanted<'_>,
        lun: Lun,
    ) -> Result<Volume> {
        let own = lun.operation.as_deref() == Some(scope.id());
        let lun = self.fit(scope, wanted, lun).await?;
        Ok(Volume::of(&lun, own))
    }

    async fn fit(&self, scope: &Scope, wanted: &Wanted<'_>, lun: Lun) -> Result<Lun> {
        if lun.size > wanted.size {
            return Err(Error::new(
                Status::InvalidSize,
                format!(
                    "volume {} was to have {} bytes, and its source {}@{} has {}; ask for at \
                     least as much",
                    wanted.name, wanted.size, wanted.source, wanted.snapshot, lun.size
                ),
            ));
        }
        if lun.size < wanted.size {
            return self.grow(scope, wanted.name, wanted.size).await;
        }
        Ok(lun)
    }

    async fn no_such_snapshot(&self, scope: &Scope, wanted: &Wanted<'_>, error: Error) -> Error {
        let source = self.volume(scope, wanted.source).await;
        match source {
            Ok(_) => error
                .with_status(Status::SnapshotNotFound)
                .with_context(format!(
                    "volume {} has no snapshot {}",
                    wanted.source, wanted.snapshot
                )),
            Err(absent) => absent,
        }
    }
}

fn other_volume(wanted: &Wanted<'_>, exists: Error) -> Error {
    exists
        .with_status(Status::VolumeExists)
        .with_context(format!(
            "a volume {} exists and is not a clone of {}@{}",
            wanted.name, wanted.source, wanted.snapshot
        ))
}
