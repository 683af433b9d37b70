//! Provider ids of volumes and snapshots, and names of migrated volumes.

use std::ffi::c_char;

use super::candidates::{known, zfssa_known_volume_t};
use crate::driver::{
    KnownSnapshot, MigratedVolume, ProviderId, ProviderInfo, UpdateMigratedVolume,
    UpdateProviderInfo,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::operations::{Args, submit, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// A snapshot that Cinder knows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_known_snapshot_t {
    /// Cinder's id; required.
    pub id: *const c_char,
    /// Name on the appliance; required.
    pub name: *const c_char,
    /// Name of its volume on the appliance; required.
    pub volume: *const c_char,
}

fn known_snapshots(
    host: &HostMemory,
    known: *const zfssa_known_snapshot_t,
    count: u32,
) -> Result<Vec<KnownSnapshot>> {
    let known = host.items(known, count, "snapshots")?;
    let one = |(at, known): (usize, zfssa_known_snapshot_t)| {
        Ok(KnownSnapshot {
            id: host.required(known.id, &format!("snapshots[{at}].id"))?,
            name: host.required(known.name, &format!("snapshots[{at}].name"))?,
            volume: host.required(known.volume, &format!("snapshots[{at}].volume"))?,
        })
    };
    known.into_iter().enumerate().map(one).collect()
}

/// Arguments of zfssa_update_provider_info(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_update_provider_info_args_t {
    /// sizeof(zfssa_update_provider_info_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Cinder's volumes on this backend.
    pub volumes: *const zfssa_known_volume_t,
    /// Cinder's snapshots on this backend.
    pub snapshots: *const zfssa_known_snapshot_t,
    /// Elements of `volumes`.
    pub volumes_count: u32,
    /// Elements of `snapshots`.
    pub snapshots_count: u32,
}

versioned_struct!(zfssa_update_provider_info_args_t {
    size,
    flags,
    volumes,
    snapshots,
    volumes_count,
    snapshots_count
});

impl Args for zfssa_update_provider_info_args_t {
    type Operation = UpdateProviderInfo;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<UpdateProviderInfo> {
        Ok(UpdateProviderInfo {
            volumes: known(host, self.volumes, self.volumes_count, "volumes")?,
            snapshots: known_snapshots(host, self.snapshots, self.snapshots_count)?,
        })
    }
}

/// Arguments of zfssa_update_migrated_volume().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_update_migrated_volume_args_t {
    /// sizeof(zfssa_update_migrated_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the volume that was migrated; required.
    pub original_name: *const c_char,
    /// Name of the copy on this backend; required.
    pub current_name: *const c_char,
    /// Cinder's id of the copy; NULL: taken from its name.
    pub current_id: *const c_char,
    /// GUID of the copy, from its provider id; NULL: unknown.
    pub current_guid: *const c_char,
}

versioned_struct!(zfssa_update_migrated_volume_args_t {
    size,
    flags,
    original_name,
    current_name,
    current_id,
    current_guid
});

impl Args for zfssa_update_migrated_volume_args_t {
    type Operation = UpdateMigratedVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<UpdateMigratedVolume> {
        Ok(UpdateMigratedVolume {
            original_name: host.required(self.original_name, "original_name")?,
            current_name: host.required(self.current_name, "current_name")?,
            current_id: host
                .optional(self.current_id, "current_id", "the one in the name")?
                .unwrap_or_default(),
            current_guid: host
                .optional(self.current_guid, "current_guid", "one that is not known")?
                .unwrap_or_default(),
        })
    }
}

/// The pair of Cinder's id and the provider id of an object.
#[repr(C)]
pub struct zfssa_provider_id_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Cinder's id.
    pub id: *const c_char,
    /// Id on the appliance.
    pub provider_id: *const c_char,
}

impl View for ProviderId {
    type C = zfssa_provider_id_t;

    fn view(&self, arena: &mut Arena) -> zfssa_provider_id_t {
        zfssa_provider_id_t {
            size: size_of::<zfssa_provider_id_t>() as u32,
            reserved: 0,
            id: arena.text(&self.id),
            provider_id: arena.text(&self.provider_id),
        }
    }
}

/// The report on which objects exist, with their provider ids.
#[repr(C)]
pub struct zfssa_provider_info_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `volumes`.
    pub volumes_count: u32,
    /// Elements of `snapshots`.
    pub snapshots_count: u32,
    /// Elements of `missing_volumes`.
    pub missing_volumes_count: u32,
    /// Elements of `missing_snapshots`.
    pub missing_snapshots_count: u32,
    /// 0.
    pub reserved: u32,
    /// Pointers to the existing volumes; the provider id is the GUID of the LUN.
    pub volumes: *const *const zfssa_provider_id_t,
    /// Pointers to the existing snapshots; the provider id is <GUID of the LUN>@<name>.
    pub snapshots: *const *const zfssa_provider_id_t,
    /// Cinder's ids of missing volumes.
    pub missing_volumes: *const *const c_char,
    /// Cinder's ids of missing snapshots.
    pub missing_snapshots: *const *const c_char,
}

impl View for ProviderInfo {
    type C = zfssa_provider_info_t;

    fn view(&self, arena: &mut Arena) -> zfssa_provider_info_t {
        zfssa_provider_info_t {
            size: size_of::<zfssa_provider_info_t>() as u32,
            volumes_count: count(&self.volumes),
            snapshots_count: count(&self.snapshots),
            missing_volumes_count: count(&self.missing_volumes),
            missing_snapshots_count: count(&self.missing_snapshots),
            reserved: 0,
            volumes: {
                let list = self.volumes.iter().map(|one| one.view(arena)).collect();
                arena.pointers(list)
            },
            snapshots: {
                let list = self.snapshots.iter().map(|one| one.view(arena)).collect();
                arena.pointers(list)
            },
            missing_volumes: arena.texts(&self.missing_volumes),
            missing_snapshots: arena.texts(&self.missing_snapshots),
        }
    }
}

/// Output of zfssa_update_provider_info().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_provider_info(
    result: *const zfssa_result_t,
) -> *const zfssa_provider_info_t {
    guard::value(std::ptr::null(), || view::<ProviderInfo>(result))
}

/// The name of a migrated volume.
#[repr(C)]
pub struct zfssa_migrated_volume_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this call renamed it, else 0.
    pub renamed: u32,
    /// Current name.
    pub name: *const c_char,
    /// Cinder's _name_id; NULL when the volume has its original name.
    pub name_id: *const c_char,
}

impl View for MigratedVolume {
    type C = zfssa_migrated_volume_t;

    fn view(&self, arena: &mut Arena) -> zfssa_migrated_volume_t {
        zfssa_migrated_volume_t {
            size: size_of::<zfssa_migrated_volume_t>() as u32,
            renamed: self.renamed.into(),
            name: arena.text(&self.name),
            name_id: arena.optional(self.name_id.as_deref()),
        }
    }
}

/// Output of zfssa_update_migrated_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_migrated_volume(
    result: *const zfssa_result_t,
) -> *const zfssa_migrated_volume_t {
    guard::value(std::ptr::null(), || view::<MigratedVolume>(result))
}

/// Returns which of Cinder's volumes and snapshots exist, and their ids on the appliance.
///
/// Result: zfssa_result_provider_info().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_update_provider_info(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_update_provider_info_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// Renames a volume that was migrated to this backend to the name of the volume that it replaces.
/// If that name is taken, the volume keeps its name, and `name_id` is set. May be repeated if the
/// GUID is set.
///
/// Result: zfssa_result_migrated_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_update_migrated_volume(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_update_migrated_volume_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
