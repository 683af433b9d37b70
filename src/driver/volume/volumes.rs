//! Volumes: create, delete, extend, look up.

use serde::Serialize;

use crate::appliance::{List, Lun, LunChange, NewLun, Odd, Presentation, ProjectRef, Snapshot};
use crate::config::LunProperties;
use crate::driver::age::since_now;
use crate::driver::contract::{Changes, Contract, Lock, budget};
use crate::driver::one_or_every::not_empty;
use crate::driver::volume::delete_flow::DeleteFlow;
use crate::driver::{Driver, Operation, bytes_of_gib};
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// The prefix of the snapshots that clones of volumes come from.
pub(in crate::driver) const TEMPORARY_SNAPSHOT: &str = "tmp-snapshot-";

/// Creates a volume: a LUN presented to nobody.
///
/// Idempotent: a volume of the same name, size and kind that is managed by this driver is
/// answered with [`Volume::created`] false; one that differs is an error.
#[derive(Clone, Debug, Default)]
pub struct CreateVolume {
    /// The LUN's name, such as `volume-<uuid>`.
    pub name: String,
    /// GiB, at least 1.
    pub size_gib: u64,
    /// The volume type's extra specs. `zfssa:*` keys override the backend's defaults; keys of
    /// other scopes are ignored.
    pub extra_specs: Vec<(String, String)>,
}

/// Deletes a volume. One that does not exist is deleted already: success.
///
/// A clone is deleted itself, then the temporary snapshot it came from; nothing is left to a
/// cascade. A volume with snapshots or clones is busy and stays untouched.
///
/// A deletion that was cut off between the two is finished by its journal. Where journals are not
/// kept, deleting the volume once more finishes it: every snapshot on the appliance is listed for
/// that, at the price of a request.
#[derive(Clone, Debug, Default)]
pub struct DeleteVolume {
    /// The LUN's name.
    pub name: String,
}

/// Grows a volume. A volume that is as large or larger already is left as it is: success.
#[derive(Clone, Debug, Default)]
pub struct ExtendVolume {
    /// The LUN's name.
    pub name: String,
    /// The new size in GiB. The volume is never shrunk.
    pub size_gib: u64,
}

/// Looks one volume up.
#[derive(Clone, Debug, Default)]
pub struct GetVolume {
    /// The LUN's name.
    pub name: String,
}

/// Lists the volumes of the backend's project.
#[derive(Clone, Debug, Default)]
pub struct ListVolumes {
    /// Only names that begin so; `None` for all. An empty text is refused.
    pub prefix: Option<String>,
}

/// A volume as the appliance shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Volume {
    /// The LUN's name.
    pub name: String,
    /// The pool it is in.
    pub pool: String,
    /// The project it is in.
    pub project: String,
    /// The LUN's globally unique id, 32 hexadecimal digits.
    pub guid: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Block size in bytes.
    pub block_size_bytes: u32,
    /// Thin provisioned.
    pub sparse: bool,
    /// Compression, in the appliance's words.
    pub compression: String,
    /// Synchronous write bias: `latency` or `throughput`.
    pub logbias: String,
    /// Bytes of data that the volume holds now, snapshots excluded.
    pub used_bytes: u64,
    /// The initiator groups it is presented to; empty when to nobody.
    pub initiator_groups: Vec<String>,
    /// The target group through which it is presented.
    pub target_group: String,
    /// What it was cloned from.
    pub origin: Option<Origin>,
    /// The `cinder_managed` property, when it is set.
    pub managed: Option<bool>,
    /// When it was made, UTC, in the appliance's form.
    pub created_at: String,
    /// Whether this very call made it. False where an earlier one did, and for look-ups.
    pub created: bool,
}

/// Where a clone came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The project of the source.
    pub project: String,
    /// The source volume.
    pub volume: String,
    /// The source's snapshot.
    pub snapshot: String,
}

/// The volumes found.
#[derive(Clone, Debug, Serialize)]
pub struct Volumes {
    /// In the order of their names.
    pub volumes: Vec<Volume>,
}

/// What became of a volume or snapshot that should be gone.
#[derive(Clone, Debug, Serialize)]
pub struct Deleted {
    /// False where it did not exist before the call.
    pub existed: bool,
}

impl Volume {
    pub(in crate::driver) fn of(lun: &Lun, created: bool) -> Volume {
        Volume {
            name: lun.name.clone(),
            pool: lun.pool.clone(),
            project: lun.project.clone(),
            guid: lun.guid.clone(),
            size_bytes: lun.size,
            block_size_bytes: u32::try_from(lun.block_size).unwrap_or(u32::MAX),
            sparse: lun.sparse,
            compression: lun.compression.clone(),
            logbias: lun.logbias.clone(),
            used_bytes: lun.used,
            initiator_groups: lun.presented_to().map(str::to_owned).collect(),
            target_group: lun.target_group.clone(),
            origin: lun.origin.as_ref().map(|origin| Origin {
                project: origin.project.clone(),
                volume: origin.share.clone(),
                snapshot: origin.snapshot.clone(),
            }),
            managed: lun.managed,
            created_at: lun.creation.clone(),
            created,
        }
    }
}

impl Operation for CreateVolume {
    const NAME: &'static str = "create_volume";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[Status::VolumeExists, Status::PoolNotOwned])
        .budgets(&[budget("", 1, 1)]);
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let size = bytes_of_gib(self.size_gib)?;
        let kind = driver.kind_of_volume(&self.extra_specs)?;
        let since = since_now();
        let new = NewLun {
            name: &self.name,
            size,
            block_size: kind.volblocksize,
            sparse: kind.sparse,
            compression: kind.compression.as_str(),
            logbias: kind.logbias.as_str(),
            target_group: &driver.config().target_group,
            initiator_groups: if canary!("mask-not-sent") {
                Presentation(vec!["default".to_owned()])
            } else {
                Presentation::masked()
            },
            managed: true,
            operation: scope.maker().mark(),
            since: Some(&since),
            image_id: None,
            updated_at: None,
        };
        let place = driver.place();
        match driver.appliance().create_lun(scope, place, &new).await {
            Ok(lun) => Ok(Volume::of(&lun, true)),
            Err(error) if error.status() == Status::Exists => {
                let lun = match driver.appliance().lun(scope, place, &self.name).await {
                    Ok(lun) => lun,
                    // It is gone again, or cannot be looked at.
                    Err(blind) => {
                        return Err(error.with_status(Status::StateChanged).joined_by(blind));
                    }
                };
                let error = must_be_twin(&lun, &new, error)?;
                let created = scope.maker().wrote(lun.operation.as_deref());
                match Box::pin(driver.adopt(scope, place, lun)).await {
                    Ok(lun) => Ok(Volume::of(&lun, created)),
                    Err(failure) => Err(failure.joined_by(error)),
                }
            }
            Err(error) if error.is_not_found() => Err(error.with_context(format!(
                "there is no project {} in pool {} to make the volume in; run do_setup",
                place.project, place.pool
            ))),
            Err(error) => Err(error),
        }
    }
}

/// A LUN of the wanted name exists: the volume that was asked for, made by an earlier call, or
/// something else, which is an error. Hands back the answer that said so.
fn must_be_twin(lun: &Lun, new: &NewLun<'_>, exists: Error) -> Result<Error> {
    let mut differences = Vec::new();
    if lun.size != new.size {
        differences.push(format!("it has {} bytes, not {}", lun.size, new.size));
    }
    if lun.block_size != u64::from(new.block_size) {
        let (has, wanted) = (lun.block_size, new.block_size);
        differences.push(format!("its block size is {has} bytes, not {wanted}"));
    }
    if lun.sparse != new.sparse {
        let words = |sparse| if sparse { "thin" } else { "thick" };
        differences.push(format!("it is {}", words(lun.sparse)));
    }
    if let Some(origin) = &lun.origin {
        differences.push(format!(
            "it is a clone of {}@{}",
            origin.share, origin.snapshot
        ));
    }
    if lun.managed != Some(true) {
        differences.push("it is not managed (custom:cinder_managed)".to_owned());
    }
    if differences.is_empty() {
        return Ok(exists);
    }
    Err(exists
        .with_status(Status::VolumeExists)
        .with_context(format!(
            "a volume {} exists and differs: {}",
            new.name,
            differences.join("; ")
        )))
}

impl Driver {
    /// What a new LUN is like: the backend's defaults, and what the volume type says instead.
    pub(in crate::driver) fn kind_of_volume(
        &self,
        specs: &[(String, String)],
    ) -> Result<LunProperties> {
        let kind = self.config().lun.with_extra_specs(specs);
        kind.map_err(|errors| Error::new(Status::InvalidArgument, errors.to_string()))
    }

    /// Looks a volume up; its absence is believed only when the project is served here.
    pub(in crate::driver) async fn volume(&self, scope: &Scope, name: &str) -> Result<Lun> {
        self.volume_in(scope, self.place(), name).await
    }

    /// The same, in another project of the pool.
    pub(in crate::driver) async fn volume_in(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
    ) -> Result<Lun> {
        let found = self.appliance().find_lun_proven(scope, place, name).await?;
        found.ok_or_else(|| self.no_such_volume(name))
    }

    /// Grows a LUN, and makes sure that it grew.
    pub(in crate::driver) async fn grow(
        &self,
        scope: &Scope,
        name: &str,
        size: u64,
    ) -> Result<Lun> {
        let change = LunChange {
            size: Some(size),
            ..LunChange::default()
        };
        let place = self.place();
        let lun = self
            .appliance()
            .change_lun(scope, place, name, &change)
            .await?;
        if lun.size >= size {
            return Ok(lun);
        }
        Err(Error::new(
            Status::Protocol,
            format!("{name} was to grow to {size} bytes and has {}", lun.size),
        )
        .with_outcome(Outcome::Unknown))
    }

    /// What keeps a volume from being deleted: its snapshots, and the clones of those. Snapshots
    /// that go with their volume do not, unless something was cloned from them.
    pub(in crate::driver) async fn blockers(
        &self,
        scope: &Scope,
        place: ProjectRef<'_>,
        name: &str,
        snapshots: List<Snapshot>,
    ) -> Result<Vec<String>> {
        let (snapshots, odd) = snapshots.parts();
        // What cannot be read is there.
        let mut blockers: Vec<String> = odd.iter().map(Odd::words).collect();
        for snapshot in &snapshots {
            if !goes_with_volume(snapshot) {
                blockers.push(format!("snapshot {}", snapshot.name));
            } else if snapshot.may_have_clones() {
                let dependents = self
                    .appliance()
                    .dependents(scope, place, name, &snapshot.name)
                    .await;
                let dependents = match dependents {
                    // It went with its clone since the look.
                    Err(error) if error.is_not_found() => continue,
                    other => other?,
                };
                blockers.extend(dependents.described());
            }
        }
        Ok(blockers)
    }
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
        ]);
    type Output = Deleted;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Deleted> {
        driver.delete_volume_if(scope, &self.name, |_| Ok(())).await
    }
}

impl Driver {
    /// Deletes a volume if it is still one that may go, by a look under its lock.
    pub(in crate::driver) async fn delete_volume_if(
        &self,
        scope: &Scope,
        name: &str,
        may_go: impl Fn(&Lun) -> Result<()> + Send + Sync,
    ) -> Result<Deleted> {
        let (appliance, place) = (self.appliance(), self.place());
        let _held = self.lock_settled(scope, name).await?;
        let (lun, snapshots) = tokio::join!(
            appliance.find_lun_to_delete(scope, place, name),
            appliance.snapshots(scope, place, name),
        );
        let Some(lun) = lun? else {
            return self.finish_deletion(scope, name).await;
        };
        may_go(&lun)?;
        let snapshots = match snapshots {
            // Another host deleted the volume between the two answers, or a head answered that
            // did not serve it yet. No list is no proof that there are no snapshots.
            Err(error) if error.is_not_found() => {
                let look = || appliance.snapshots(scope, place, name);
                match appliance.proven(scope, place, look).await? {
                    Some(snapshots) => snapshots,
                    None => return self.finish_deletion(scope, name).await,
                }
            }
            other => other?,
        };
        let blockers = self.blockers(scope, self.place(), name, snapshots).await?;
        if !blockers.is_empty() && !canary!("dependents-not-looked-at") {
            return Err(Error::new(
                Status::VolumeBusy,
                format!(
                    "volume {name} is kept by {}; delete them first",
                    blockers.join(", ")
                ),
            ));
        }

        if let Some(flow) = self.deletion_of_clone(&lun) {
            self.delete_clone(scope, flow).await?;
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
}

/// Whether a snapshot goes with its volume, since it was not made for its own sake: a temporary one
/// of this driver, or one that the appliance made for itself.
pub(in crate::driver) fn goes_with_volume(snapshot: &Snapshot) -> bool {
    snapshot.name.starts_with(TEMPORARY_SNAPSHOT) || snapshot.is_automatic()
}

/// The error of a volume that the appliance did not delete.
pub(in crate::driver) fn not_deleted(name: &str, error: Error) -> Error {
    if error.status() != Status::ConfirmRequired {
        return error;
    }
    error.with_status(Status::VolumeBusy).with_context(format!(
        "deleting volume {name} would destroy what depends on it; delete that first"
    ))
}

impl Driver {
    /// The flow that deletes a LUN, where one change alone does not do it.
    pub(in crate::driver) fn deletion_of_clone(&self, lun: &Lun) -> Option<DeleteFlow> {
        let origin = lun.origin.as_ref()?;
        let temporary = origin.snapshot.starts_with(TEMPORARY_SNAPSHOT);
        // The driver protects clones, so it may take the protection away. On any other LUN an
        // administrator set it.
        let image = self.image_of_clone(lun);
        if !temporary && !lun.nodestroy && image.is_none() {
            return None;
        }
        let origin_project = if origin.project.is_empty() {
            self.place().project
        } else {
            origin.project.as_str()
        };
        Some(DeleteFlow {
            name: lun.name.clone(),
            guid: lun.guid.clone(),
            protected: lun.nodestroy,
            origin_project: origin_project.to_owned(),
            origin: origin.share.clone(),
            snapshot: origin.snapshot.clone(),
            temporary,
            image,
            entry: None,
            mark: lun.operation.clone(),
            outlived: false,
        })
    }

    async fn delete_clone(&self, scope: &Scope, mut flow: DeleteFlow) -> Result<()> {
        if !flow.protected {
            let (outlived, entry) = tokio::join!(
                flow.is_outlived(self, scope),
                flow.guid_of_entry(self, scope),
            );
            flow.outlived = outlived?;
            flow.entry = entry;
        }
        self.run_flow(scope, flow).await?;
        Ok(())
    }

    /// Answers for a volume that does not exist. A call that died may have deleted the volume and
    /// left its temporary snapshot. The journal of that call finishes the deletion; without
    /// journals this call has to, and can find the snapshot only among all of the appliance.
    async fn finish_deletion(&self, scope: &Scope, name: &str) -> Result<Deleted> {
        const GONE: Deleted = Deleted { existed: false };
        if self.config().state_dir.is_some() {
            return Ok(GONE);
        }
        let place = self.place();
        let snapshot = format!("{TEMPORARY_SNAPSHOT}{}", id_of(name));
        let left = self.appliance().all_snapshots(scope).await?.find(
            |found| found.name == snapshot && found.is_in(place),
            |odd| odd.name() == Some(&snapshot) && odd.may_be_in(place),
        )?;
        let Some(origin) = left.as_ref().and_then(Snapshot::lun) else {
            return Ok(GONE);
        };
        self.delete_unused_snapshot(scope, place, origin, &snapshot)
            .await?;
        Ok(GONE)
    }
}

/// Cinder's id of a volume, from its name.
pub(in crate::driver) fn id_of(name: &str) -> &str {
    name.strip_prefix("volume-").unwrap_or(name)
}

impl Operation for ExtendVolume {
    const NAME: &'static str = "extend_volume";
    const CONTRACT: Contract = Contract::of(Changes::One)
        .errors(&[
            Status::VolumeNotFound,
            Status::VolumeBusy,
            Status::PoolNotOwned,
        ])
        .locks(&[Lock::volume("the volume")])
        .budgets(&[budget("", 2, 2)]);
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let size = bytes_of_gib(self.size_gib)?;
        let _held = driver.lock_volume(scope, &self.name).await?;
        let lun = driver.volume(scope, &self.name).await?;
        if lun.size >= size {
            return Ok(Volume::of(&lun, false));
        }
        let hosts: Vec<&str> = lun.presented_to().collect();
        if !hosts.is_empty() && !driver.config().online_extend {
            return Err(Error::new(
                Status::VolumeBusy,
                format!(
                    "volume {} is presented to {}; the appliance's documentation warns of corrupt \
                     data when an exported LUN grows. Detach it first, or set zfssa_online_extend",
                    self.name,
                    hosts.join(", ")
                ),
            ));
        }
        let lun = driver.grow(scope, &self.name, size).await?;
        Ok(Volume::of(&lun, false))
    }
}

impl Operation for GetVolume {
    const NAME: &'static str = "get_volume";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::VolumeNotFound, Status::PoolNotOwned])
        .budgets(&[budget("", 1, 1)]);
    type Output = Volume;

    fn resource(&self) -> String {
        self.name.clone()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volume> {
        let lun = driver.volume(scope, &self.name).await?;
        Ok(Volume::of(&lun, false))
    }
}

impl Operation for ListVolumes {
    const NAME: &'static str = "list_volumes";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::PoolNotOwned])
        .budgets(&[budget("", 1, 1)]);
    type Output = Volumes;

    fn resource(&self) -> String {
        self.prefix.clone().unwrap_or_default()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<Volumes> {
        let prefix = not_empty(self.prefix.as_deref(), "prefix", "every volume")?;
        let luns = driver.appliance().luns(scope, driver.place()).await?;
        // A managed volume that is not listed looks lost.
        let luns = luns.unless(|odd| {
            let sought = |name: &str| prefix.is_none_or(|prefix| name.starts_with(prefix));
            odd.is_marked() && odd.name().is_none_or(sought)
        })?;
        let mut volumes: Vec<Volume> = luns
            .iter()
            .filter(|lun| prefix.is_none_or(|prefix| lun.name.starts_with(prefix)))
            .map(|lun| Volume::of(lun, false))
            .collect();
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Volumes { volumes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::GIB;

    #[test]
    fn sizes_are_whole_gib() {
        assert_eq!(bytes_of_gib(3).unwrap(), 3 * GIB);
        for bad in [0, u64::MAX] {
            let error = bytes_of_gib(bad).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument);
            assert!(error.message().contains("size_gib"), "{error}");
        }
    }
}
