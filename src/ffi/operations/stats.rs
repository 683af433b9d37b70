//! Capacity and capabilities, with every key for which Cinder's scheduler asks.

use std::ffi::c_char;

use super::{Args, submit_optional};
use crate::driver::{GetVolumeStats, VolumeStats};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Arguments of zfssa_get_volume_stats(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_volume_stats_args_t {
    /// sizeof(zfssa_get_volume_stats_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
}

versioned_struct!(zfssa_get_volume_stats_args_t { size, flags });

impl Args for zfssa_get_volume_stats_args_t {
    type Operation = GetVolumeStats;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, _: &HostMemory) -> Result<GetVolumeStats> {
        Ok(GetVolumeStats {})
    }
}

/// The reply to Cinder's get_volume_stats: capacity and capabilities of the backend.
#[repr(C)]
pub struct zfssa_volume_stats_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Reserved capacity in percent.
    pub reserved_percentage: u32,
    /// 1 when new volumes are thin, else 0.
    pub thin_provisioning_support: u32,
    /// 1 when new volumes are thick, else 0.
    pub thick_provisioning_support: u32,
    /// Always 1: a volume may be presented to several hosts.
    pub multiattach: u32,
    /// 1 when an attached volume may be extended, else 0.
    pub online_extend_support: u32,
    /// 1 if the appliance's project shows limits of bandwidth (as of OS8.8), else 0. Cinder's key is
    /// QoS_support.
    pub qos_support: u32,
    /// Always 0: a clone is made in the pool of its source.
    pub clone_across_pools: u32,
    /// Number of volumes.
    pub total_volumes: u64,
    /// Capacity of the project, free and used, in bytes.
    pub total_capacity_bytes: u64,
    /// Free capacity of the project in bytes.
    pub free_capacity_bytes: u64,
    /// Sum of the volume sizes in bytes.
    pub provisioned_capacity_bytes: u64,
    /// `total_capacity_bytes` in GiB.
    pub total_capacity_gb: f64,
    /// `free_capacity_bytes` in GiB.
    pub free_capacity_gb: f64,
    /// `provisioned_capacity_bytes` in GiB.
    pub provisioned_capacity_gb: f64,
    /// Same as `provisioned_capacity_gb`, for Cinder.
    pub allocated_capacity_gb: f64,
    /// Option volume_backend_name.
    pub volume_backend_name: *const c_char,
    /// Always Oracle.
    pub vendor_name: *const c_char,
    /// Version of this library.
    pub driver_version: *const c_char,
    /// Always iSCSI.
    pub storage_protocol: *const c_char,
    /// Pool name for the scheduler.
    pub pool_name: *const c_char,
    /// Option max_over_subscription_ratio: a number, or auto.
    pub max_over_subscription_ratio: *const c_char,
    /// Always up. If the other cluster head owns the pool, the operation fails with
    /// ZFSSA_E_POOL_NOT_OWNED, and the host should report down.
    pub backend_state: *const c_char,
    /// Six fields for migration between backends; the field for credentials is empty.
    pub location_info: *const c_char,
    /// Profile of the pool, such as mirror.
    pub zfssa_poolprofile: *const c_char,
    /// Default block size, as in the option zfssa_lun_volblocksize.
    pub zfssa_volblocksize: *const c_char,
    /// Default provisioning: True for thin.
    pub zfssa_sparse: *const c_char,
    /// Default compression.
    pub zfssa_compression: *const c_char,
    /// Default synchronous write bias.
    pub zfssa_logbias: *const c_char,
}

impl View for VolumeStats {
    type C = zfssa_volume_stats_t;

    fn view(&self, arena: &mut Arena) -> zfssa_volume_stats_t {
        zfssa_volume_stats_t {
            size: size_of::<zfssa_volume_stats_t>() as u32,
            reserved_percentage: self.reserved_percentage,
            thin_provisioning_support: self.thin_provisioning_support.into(),
            thick_provisioning_support: self.thick_provisioning_support.into(),
            multiattach: self.multiattach.into(),
            online_extend_support: self.online_extend_support.into(),
            qos_support: self.qos_support.into(),
            clone_across_pools: self.clone_across_pools.into(),
            total_volumes: self.total_volumes,
            total_capacity_bytes: self.total_capacity_bytes,
            free_capacity_bytes: self.free_capacity_bytes,
            provisioned_capacity_bytes: self.provisioned_capacity_bytes,
            total_capacity_gb: self.total_capacity_gb,
            free_capacity_gb: self.free_capacity_gb,
            provisioned_capacity_gb: self.provisioned_capacity_gb,
            allocated_capacity_gb: self.allocated_capacity_gb,
            volume_backend_name: arena.text(&self.volume_backend_name),
            vendor_name: arena.text(self.vendor_name),
            driver_version: arena.text(self.driver_version),
            storage_protocol: arena.text(self.storage_protocol),
            pool_name: arena.text(&self.pool_name),
            max_over_subscription_ratio: arena.text(&self.max_over_subscription_ratio),
            backend_state: arena.text(self.backend_state),
            location_info: arena.text(&self.location_info),
            zfssa_poolprofile: arena.text(&self.zfssa_poolprofile),
            zfssa_volblocksize: arena.text(&self.zfssa_volblocksize),
            zfssa_sparse: arena.text(&self.zfssa_sparse),
            zfssa_compression: arena.text(&self.zfssa_compression),
            zfssa_logbias: arena.text(&self.zfssa_logbias),
        }
    }
}

/// Returns the capacity and the capabilities of the backend.
///
/// Result: zfssa_result_volume_stats().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_get_volume_stats(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_get_volume_stats_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// Output of zfssa_get_volume_stats().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_volume_stats(
    result: *const zfssa_result_t,
) -> *const zfssa_volume_stats_t {
    guard::value(std::ptr::null(), || view::<VolumeStats>(result))
}
