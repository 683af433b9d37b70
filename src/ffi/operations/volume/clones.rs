//! Volumes made from snapshots and from other volumes.

use std::ffi::c_char;

use crate::driver::{CreateClonedVolume, CreateVolumeFromSnapshot};
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::strings::zfssa_pair_t;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// Arguments of zfssa_create_volume_from_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_volume_from_snapshot_args_t {
    /// sizeof(zfssa_create_volume_from_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the new LUN; required.
    pub name: *const c_char,
    /// Size in GiB, at least that of the snapshot.
    pub size_gib: u64,
    /// Volume of the snapshot; required.
    pub source_volume: *const c_char,
    /// Name of the snapshot; required.
    pub snapshot: *const c_char,
    /// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    /// scopes are ignored. NULL: none. A clone always has the block size of its source.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_create_volume_from_snapshot_args_t {
    size,
    flags,
    name,
    size_gib,
    source_volume,
    snapshot,
    extra_specs,
    extra_specs_count,
    reserved
});

impl Args for zfssa_create_volume_from_snapshot_args_t {
    type Operation = CreateVolumeFromSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateVolumeFromSnapshot> {
        reserved::<Self>(self.reserved)?;
        Ok(CreateVolumeFromSnapshot {
            name: host.required(self.name, "name")?,
            size_gib: self.size_gib,
            source_volume: host.required(self.source_volume, "source_volume")?,
            snapshot: host.required(self.snapshot, "snapshot")?,
            extra_specs: host.pairs(self.extra_specs, self.extra_specs_count, "extra_specs")?,
        })
    }
}

/// Arguments of zfssa_create_cloned_volume().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_cloned_volume_args_t {
    /// sizeof(zfssa_create_cloned_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the new LUN; required.
    pub name: *const c_char,
    /// Cinder's id of the new volume, for the temporary snapshot tmp-snapshot-<id>. NULL: the name
    /// without the prefix volume-.
    pub id: *const c_char,
    /// Size in GiB, at least that of the source.
    pub size_gib: u64,
    /// Name of the source LUN; required.
    pub source_volume: *const c_char,
    /// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    /// scopes are ignored. Block size and encryption are those of the source: another block size is
    /// ignored, and another encryption refused with ZFSSA_E_TYPE_MISMATCH. NULL: none.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_create_cloned_volume_args_t {
    size,
    flags,
    name,
    id,
    size_gib,
    source_volume,
    extra_specs,
    extra_specs_count,
    reserved
});

impl Args for zfssa_create_cloned_volume_args_t {
    type Operation = CreateClonedVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateClonedVolume> {
        reserved::<Self>(self.reserved)?;
        Ok(CreateClonedVolume {
            name: host.required(self.name, "name")?,
            id: host
                .optional(self.id, "id", "the one in the name")?
                .unwrap_or_default(),
            size_gib: self.size_gib,
            source_volume: host.required(self.source_volume, "source_volume")?,
            extra_specs: host.pairs(self.extra_specs, self.extra_specs_count, "extra_specs")?,
        })
    }
}

/// Creates a volume from a snapshot, and extends it if its size is larger.
///
/// Result: zfssa_result_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_volume_from_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_volume_from_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Creates a volume from another volume through a temporary snapshot, which is deleted with the new
/// volume.
///
/// Result: zfssa_result_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_cloned_volume(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_cloned_volume_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
