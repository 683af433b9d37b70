//! Capacity and capabilities, with every key that Cinder's scheduler asks for.

use serde::Serialize;

use crate::driver::{Driver, Operation};
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Reads the backend's capacity.
#[derive(Clone, Debug, Default)]
pub struct GetVolumeStats {}

/// What Cinder's `get_volume_stats` reports. Sizes are GiB unless the name says bytes.
#[derive(Clone, Debug, Serialize)]
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
    /// What the project could hold: free plus used, in bytes.
    pub total_capacity_bytes: u64,
    /// What the project has left, in bytes.
    pub free_capacity_bytes: u64,
    /// The sum of the volumes' sizes, in bytes.
    pub provisioned_capacity_bytes: u64,
    /// `total_capacity_bytes` in GiB.
    pub total_capacity_gb: f64,
    /// `free_capacity_bytes` in GiB.
    pub free_capacity_gb: f64,
    /// `provisioned_capacity_bytes` in GiB.
    pub provisioned_capacity_gb: f64,
    /// The same figure, which is what this backend allocated.
    pub allocated_capacity_gb: f64,
    /// Percent kept back.
    pub reserved_percentage: u32,
    /// `max_over_subscription_ratio` of the configuration; a number or `auto`.
    pub max_over_subscription_ratio: String,
    /// Whether new volumes are thin.
    pub thin_provisioning_support: bool,
    /// Whether new volumes are thick.
    pub thick_provisioning_support: bool,
    /// How many volumes there are.
    pub total_volumes: u64,
    /// Always true: hosts are presented side by side.
    pub multiattach: bool,
    /// Whether an attached volume may be extended; `zfssa_online_extend`.
    pub online_extend_support: bool,
    /// Always false.
    #[serde(rename = "QoS_support")]
    pub qos_support: bool,
    /// Always true: a clone crosses no pool.
    pub clone_across_pools: bool,
    /// `up`, or `down` when the pool is not served here.
    pub backend_state: &'static str,
    /// Six fields for the migration between backends; the credentials field is empty.
    pub location_info: String,
    /// The pool's profile, such as `mirror`.
    pub zfssa_poolprofile: String,
    /// Default block size, in the option's words.
    pub zfssa_volblocksize: String,
    /// Default provisioning: `True` for thin.
    pub zfssa_sparse: String,
    /// Default compression.
    pub zfssa_compression: String,
    /// Default synchronous write bias.
    pub zfssa_logbias: String,
}
