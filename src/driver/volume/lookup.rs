//! Look-up of one volume, and the list of all.

use serde::Serialize;

use crate::appliance::Lun;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::one_or_every::not_empty;
use crate::driver::operation::Operation;
use crate::error::{Result, Status};
use crate::scope::Scope;

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
}

/// A volume as the appliance shows it.
#[derive(Clone, Debug, Serialize)]
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
}

/// Origin of a clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
                volume: origin.share.clone(),
                snapshot: origin.snapshot.clone(),
            }),
            managed: lun.managed,
            created_at: lun.creation.clone(),
            created,
        }
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
        // A managed volume that is missing in the list would look lost.
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
