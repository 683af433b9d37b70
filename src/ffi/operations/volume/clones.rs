//! Volumes made from snapshots and from other volumes.

use std::ffi::c_char;

use crate::driver::{CreateClonedVolume, CreateVolumeFromSnapshot};
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::strings::{self, zfssa_pair_t};
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// What zfssa_create_volume_from_snapshot() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_volume_from_snapshot_args_t {
    /// sizeof(zfssa_create_volume_from_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The new LUN's name; required.
    pub name: *const c_char,
    /// GiB, at least the size of the snapshot.
    pub size_gib: u64,
    /// The volume of the snapshot; required.
    pub source_volume: *const c_char,
    /// The snapshot's name; required.
    pub snapshot: *const c_char,
    /// The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
    /// other scopes are passed over. NULL: none. The block size of a clone is its
    /// source's and cannot be chosen.
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

    unsafe fn request(&self) -> Result<CreateVolumeFromSnapshot> {
        reserved::<Self>(self.reserved)?;
        // SAFETY: the caller's promise.
        unsafe {
            Ok(CreateVolumeFromSnapshot {
                name: strings::required(self.name, "name")?,
                size_gib: self.size_gib,
                source_volume: strings::required(self.source_volume, "source_volume")?,
                snapshot: strings::required(self.snapshot, "snapshot")?,
                extra_specs: strings::pairs(
                    self.extra_specs,
                    self.extra_specs_count,
                    "extra_specs",
                )?,
            })
        }
    }
}

/// What zfssa_create_cloned_volume() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_cloned_volume_args_t {
    /// sizeof(zfssa_create_cloned_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The new LUN's name; required.
    pub name: *const c_char,
    /// The new volume's Cinder id, which names the temporary snapshot tmp-snapshot-<id>. NULL:
    /// taken
    /// from the name, without the prefix volume-.
    pub id: *const c_char,
    /// GiB, at least the size of the source.
    pub size_gib: u64,
    /// The source LUN's name; required.
    pub source_volume: *const c_char,
    /// The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
    /// other scopes are passed over. NULL: none.
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

    unsafe fn request(&self) -> Result<CreateClonedVolume> {
        reserved::<Self>(self.reserved)?;
        // SAFETY: the caller's promise.
        unsafe {
            Ok(CreateClonedVolume {
                name: strings::required(self.name, "name")?,
                id: strings::optional(self.id, "id", "the one in the name")?.unwrap_or_default(),
                size_gib: self.size_gib,
                source_volume: strings::required(self.source_volume, "source_volume")?,
                extra_specs: strings::pairs(
                    self.extra_specs,
                    self.extra_specs_count,
                    "extra_specs",
                )?,
            })
        }
    }
}

/// Makes a volume from a snapshot, grown to its size where that is larger.
///
/// Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
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

/// Makes a volume from another volume, by way of a temporary snapshot that lives as long as the
/// new
/// volume does.
///
/// Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
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
