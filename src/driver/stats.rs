//! Capacity and capabilities, with every key that Cinder's scheduler needs.

use serde::Serialize;

use crate::appliance::{Appliance, LunSize, Pool, Version};
use crate::config::OverSubscription;
use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::deferred::mark::Deferred;
use crate::driver::migrate::location_info::LocationInfo;
use crate::driver::operation::Operation;
use crate::driver::size::GIB;
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Reads the backend's capacity.
#[derive(Clone, Debug, Default)]
pub struct GetVolumeStats {}

/// What Cinder's `get_volume_stats` reports. Sizes are GiB unless the name says bytes.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct VolumeStats {
    /// `volume_backend_name` of the configuration.
    pub volume_backend_name: String,
    /// Always `Oracle`.
    pub vendor_name: &'static str,
    /// This library's version.
    pub driver_version: &'static str,
    /// Always `iSCSI`.
    pub storage_protocol: &'static str,
    /// The pool that the scheduler sees, `<pool>`.
    pub pool_name: String,
    /// Capacity of the project: free plus used, in bytes.
    pub total_capacity_bytes: u64,
    /// Free space of the project, in bytes.
    pub free_capacity_bytes: u64,
    /// The sum of the volumes' sizes, in bytes. Includes deleted volumes that wait for the deletion
    /// of their clones.
    pub provisioned_capacity_bytes: u64,
    /// `total_capacity_bytes` in GiB.
    pub total_capacity_gb: f64,
    /// `free_capacity_bytes` in GiB.
    pub free_capacity_gb: f64,
    /// `provisioned_capacity_bytes` in GiB.
    pub provisioned_capacity_gb: f64,
    /// The same figure, which is what this backend allocated.
    pub allocated_capacity_gb: f64,
    /// Reserved share in percent.
    pub reserved_percentage: u32,
    /// `max_over_subscription_ratio` of the configuration; a number or `auto`.
    pub max_over_subscription_ratio: String,
    /// Whether new volumes are thin.
    pub thin_provisioning_support: bool,
    /// Whether new volumes are thick.
    pub thick_provisioning_support: bool,
    /// Number of volumes, without deleted ones that wait for the deletion of their clones.
    pub total_volumes: u64,
    /// Always true: a volume may be presented to several hosts.
    pub multiattach: bool,
    /// Whether an attached volume may be extended; `zfssa_online_extend`.
    pub online_extend_support: bool,
    /// Whether the appliance's project shows limits of bandwidth, as of OS8.8.
    #[serde(rename = "QoS_support")]
    pub qos_support: bool,
    /// Always false: a clone is made in the pool of its source.
    pub clone_across_pools: bool,
    /// Always `up`: if this head does not serve the pool, the operation fails with
    /// `POOL_NOT_OWNED`. A host that must report something then reports `down`.
    pub backend_state: &'static str,
    /// Six fields for the migration between backends; the credentials field is empty.
    pub location_info: String,
    /// The pool's profile, such as `mirror`.
    pub zfssa_poolprofile: String,
    /// Default block size, as the option spells it.
    pub zfssa_volblocksize: String,
    /// Default provisioning: `True` for thin.
    pub zfssa_sparse: String,
    /// Default compression.
    pub zfssa_compression: String,
    /// Default synchronous write bias.
    pub zfssa_logbias: String,
}

impl Operation for GetVolumeStats {
    const NAME: &'static str = "get_volume_stats";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(&[Status::PoolNotOwned])
        .budgets(&[budget("", 4, 1)]);
    type Output = VolumeStats;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, driver: &Driver, scope: &Scope) -> Result<VolumeStats> {
        let (appliance, place, config) = (driver.appliance(), driver.place(), driver.config());
        let (version, pool, project, luns) = tokio::join!(
            appliance.version(scope),
            appliance.pool(scope, place.pool),
            appliance.project(scope, place),
            appliance.lun_sizes_as(scope, place, |lun: LunSize| {
                let mark = Deferred::of_parts(&lun.guid, lun.operation.as_deref());
                Some((lun.bytes, mark.is_none()))
            }),
        );
        let (version, pool) = (version?, pool?);
        let served = serves(appliance, scope, &version, &pool).await?;
        if !served {
            return Err(not_served(&version, &pool));
        }
        let (project, luns) = (project?, luns?);
        let free = project.space_available;
        let total = free.saturating_add(project.space_total);
        // A LUN without a readable size is counted, but adds nothing. The sum of thin LUNs may
        // exceed the type, so it saturates. A deleted volume that waits for its clones is no volume
        // any more, but uses space.
        let (luns, odd) = luns.parts();
        let volumes = luns.iter().filter(|(_, is_volume)| *is_volume).count();
        let total_volumes = (volumes + odd.len()) as u64;
        let sizes = luns.iter().map(|(bytes, _)| *bytes);
        let provisioned = sizes.fold(0, u64::saturating_add);
        let gib = |bytes: u64| bytes as f64 / GIB as f64;
        let title = |flag| if flag { "True" } else { "False" }.to_owned();
        Ok(VolumeStats {
            volume_backend_name: config
                .volume_backend_name
                .clone()
                .unwrap_or_else(|| "ZFSSAISCSIDriver".to_owned()),
            vendor_name: "Oracle",
            driver_version: env!("CARGO_PKG_VERSION"),
            storage_protocol: "iSCSI",
            pool_name: config.pool.clone(),
            total_capacity_bytes: total,
            free_capacity_bytes: free,
            provisioned_capacity_bytes: provisioned,
            total_capacity_gb: gib(total),
            free_capacity_gb: gib(free),
            provisioned_capacity_gb: gib(provisioned),
            allocated_capacity_gb: gib(provisioned),
            reserved_percentage: u32::from(config.reserved_percentage),
            max_over_subscription_ratio: match config.max_over_subscription_ratio {
                OverSubscription::Auto => "auto".to_owned(),
                OverSubscription::Ratio(ratio) => ratio.to_string(),
            },
            thin_provisioning_support: config.lun.sparse,
            thick_provisioning_support: !config.lun.sparse,
            total_volumes,
            multiattach: true,
            online_extend_support: config.online_extend,
            qos_support: project.has_limits(),
            clone_across_pools: false,
            backend_state: "up",
            location_info: LocationInfo::of(config).to_string(),
            zfssa_poolprofile: pool.profile,
            zfssa_volblocksize: block_size_in_words(config.lun.volblocksize),
            zfssa_sparse: title(config.lun.sparse),
            zfssa_compression: config.lun.compression.to_string(),
            zfssa_logbias: config.lun.logbias.to_string(),
        })
    }
}

/// Whether this head serves the pool: it owns the pool, or the owner is stripped because this head
/// took over. After a takeover the pool still names the failed head as its owner.
pub(super) async fn serves(
    appliance: &Appliance,
    scope: &Scope,
    version: &Version,
    pool: &Pool,
) -> Result<bool> {
    if pool.owner.is_empty() || (pool.asn == version.asn && pool.owner == version.nodename) {
        return Ok(pool.status != "exported");
    }
    let cluster = appliance.cluster(scope).await?;
    Ok(cluster.peer_asn == pool.asn
        && cluster.peer_hostname == pool.owner
        && cluster.peer_state == "AKCS_STRIPPED")
}

/// As `zfssa_lun_volblocksize` takes it: `8k`.
fn block_size_in_words(bytes: u32) -> String {
    const UNITS: [(u32, &str); 3] = [(1 << 20, "m"), (1 << 10, "k"), (1, "")];
    let fits = |(unit, _): &(u32, &str)| bytes.is_multiple_of(*unit);
    let (unit, letter) = UNITS.into_iter().find(fits).unwrap_or((1, ""));
    format!("{}{letter}", bytes / unit)
}

/// Error of a pool that the other head serves.
pub(super) fn not_served(version: &Version, pool: &Pool) -> Error {
    let (name, head) = (&pool.name, &version.nodename);
    let why = if pool.owner.is_empty() {
        format!("pool {name} is {} at head {head}", pool.status)
    } else {
        let owner = &pool.owner;
        format!("pool {name} belongs to head {owner} and {head} has not taken it over")
    };
    Error::new(
        Status::PoolNotOwned,
        format!("{why}; set san_ip to the address that follows the pool"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_size_is_said_in_the_words_of_its_option() {
        let option = crate::config::OPTIONS.iter();
        let option = option.filter(|spec| spec.name == "zfssa_lun_volblocksize");
        let words = option.flat_map(|spec| spec.choices);
        let mut bytes = 512;
        for word in words {
            assert_eq!(block_size_in_words(bytes), *word);
            bytes *= 2;
        }
        assert_eq!(bytes, 2 << 20, "all choices were looked at");
    }
}
