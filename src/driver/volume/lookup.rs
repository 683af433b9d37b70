//! Look-up of one volume, and the list of all.

use serde::{Deserialize, Serialize};

use crate::appliance::Lun;
use crate::config::{DeleteWithClones, LunProperty};
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::deferred::mark::Deferred;
use crate::driver::deferred::policy::own_policy;
use crate::driver::naming::{is_deferred, undeferred};
use crate::driver::operation::Operation;
use crate::driver::request::one_or_every::not_empty;
use crate::driver::request::pages::{ByMarker, PackedEntry, PageRequest};
use crate::error::{Result, Status};
use crate::scope::Scope;
use crate::sorting::sort_by;

/// Name of the policy for a volume with clones among [`Volume::properties`].
const POLICY: &str = "delete_with_clones";

/// Gets one volume.
#[derive(Clone, Debug, Default)]
pub struct GetVolume {
    /// The LUN's name.
    pub name: String,
}

/// Lists the volumes of the backend's project.
#[derive(Clone, Debug, Default)]
pub struct ListVolumes {
    /// Only names with this prefix; `None` for all. An empty text is refused.
    pub prefix: Option<String>,
    /// Begin after this marker, the [`Volumes::next_marker`] of the page before; empty: at the
    /// beginning.
    pub marker: String,
    /// Largest number of volumes; 0: all.
    pub limit: u32,
}

/// A volume as the appliance shows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
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
    /// The initiator groups it is presented to; empty if it is masked.
    pub initiator_groups: Vec<String>,
    /// The target group through which it is presented.
    pub target_group: String,
    /// Origin of a clone.
    pub origin: Option<Origin>,
    /// The `cinder_managed` property, when it is set.
    pub managed: Option<bool>,
    /// Time of creation, UTC, in the appliance's format.
    pub created_at: String,
    /// Whether this call created it. False if an earlier call did, and for reads.
    pub created: bool,
    /// Encryption, caches, copies and limits as far as the appliance shows them, in the order of
    /// [`crate::config::LunProperty::ALL`], and then `delete_with_clones` (`refuse` or `defer`) of a
    /// volume whose type sets it.
    pub properties: Vec<VolumeProperty>,
}

/// A property of a volume as the appliance shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct VolumeProperty {
    /// The appliance's name, such as `encryption`, or that of the extra spec without its scope.
    pub name: String,
    /// The value as text: a word, `true` or `false`, a count, or bytes per second (0 without a
    /// limit).
    pub value: String,
}

/// Origin of a clone. A deleted one that waits for its clones has the name that it had.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Volumes {
    /// In the order of their names.
    pub volumes: Vec<Volume>,
    /// Marker of the next page; `None` after the last.
    pub next_marker: Option<String>,
}

impl From<Vec<Volume>> for Volumes {
    fn from(volumes: Vec<Volume>) -> Volumes {
        Volumes {
            volumes,
            next_marker: None,
        }
    }
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
            initiator_groups: lun.presentation().names(),
            target_group: lun.target_group.clone(),
            origin: lun.origin.as_ref().map(|origin| Origin {
                project: origin.project.clone(),
                volume: undeferred(&origin.share).to_owned(),
                snapshot: undeferred(&origin.snapshot).to_owned(),
            }),
            managed: lun.managed,
            created_at: lun.creation.clone(),
            created,
            properties: properties_of(lun),
        }
    }
}

fn properties_of(lun: &Lun) -> Vec<VolumeProperty> {
    let of_appliance = LunProperty::ALL.iter().filter_map(|property| {
        Some(VolumeProperty {
            name: property.name().to_owned(),
            value: lun.property(*property)?.to_string(),
        })
    });
    let policy = own_policy(lun).map(|policy| VolumeProperty {
        name: POLICY.to_owned(),
        value: DeleteWithClones::as_str(policy).to_owned(),
    });
    of_appliance.chain(policy).collect()
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
        let part = PageRequest {
            marker: &self.marker,
            limit: self.limit,
            offset: 0,
        };
        if part.is_everything() {
            let mut volumes = volumes_as(driver, scope, prefix, |volume| volume).await?;
            sort_by(&mut volumes, |a, b| a.name.cmp(&b.name));
            return Ok(volumes.into());
        }
        let read = async {
            let pack = |volume: Volume| PackedEntry::new(volume.name.as_str(), &volume);
            let mut volumes = volumes_as(driver, scope, prefix, pack).await?;
            sort_by(&mut volumes, |a, b| a.marker.cmp(&b.marker));
            Ok(volumes)
        };
        let request = (Self::NAME, prefix);
        let page = driver.0.pages.page(&request, part, ByMarker, read).await?;
        Ok(Volumes {
            volumes: page.entries,
            next_marker: page.next_marker,
        })
    }
}

/// What `keep` makes of each volume of the project whose name begins with the prefix.
async fn volumes_as<U: Send>(
    driver: &Driver,
    scope: &Scope,
    prefix: Option<&str>,
    keep: impl Fn(Volume) -> U + Send + Sync,
) -> Result<Vec<U>> {
    let is_sought = |name: &str| prefix.is_none_or(|prefix| name.starts_with(prefix));
    let one = |lun: Lun| {
        let shown = is_sought(&lun.name) && Deferred::of(&lun).is_none();
        shown.then(|| keep(Volume::of(&lun, false)))
    };
    let found = driver.appliance().luns_as(scope, driver.place(), one);
    // A managed volume that is missing in the list would look lost.
    let is_missed = |name: &str| is_sought(name) && !is_deferred(name);
    found
        .await?
        .unless(|odd| odd.is_marked() && odd.name().is_none_or(is_missed))
}
