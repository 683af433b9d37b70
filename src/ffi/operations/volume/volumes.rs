//! Volumes: create, delete, extend, look up.

use std::ffi::c_char;

use crate::driver::{CreateVolume, DeleteVolume, ExtendVolume, GetVolume, ListVolumes};
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::strings::zfssa_pair_t;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::operations::{Args, submit, submit_optional};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// Arguments of zfssa_create_volume().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_volume_args_t {
    /// sizeof(zfssa_create_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN, such as volume-<uuid>; required.
    pub name: *const c_char,
    /// Size in GiB, at least 1.
    pub size_gib: u64,
    /// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    /// scopes are ignored. NULL: none.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_create_volume_args_t {
    size,
    flags,
    name,
    size_gib,
    extra_specs,
    extra_specs_count,
    reserved
});

impl Args for zfssa_create_volume_args_t {
    type Operation = CreateVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateVolume> {
        reserved::<Self>(self.reserved)?;
        Ok(CreateVolume {
            name: host.required(self.name, "name")?,
            size_gib: self.size_gib,
            extra_specs: host.pairs(self.extra_specs, self.extra_specs_count, "extra_specs")?,
        })
    }
}

/// Arguments of zfssa_delete_volume().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_delete_volume_args_t {
    /// sizeof(zfssa_delete_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN, such as volume-<uuid>; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_delete_volume_args_t { size, flags, name });

impl Args for zfssa_delete_volume_args_t {
    type Operation = DeleteVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<DeleteVolume> {
        Ok(DeleteVolume {
            name: host.required(self.name, "name")?,
        })
    }
}

/// Arguments of zfssa_extend_volume().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_extend_volume_args_t {
    /// sizeof(zfssa_extend_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN, such as volume-<uuid>; required.
    pub name: *const c_char,
    /// New size in GiB, at least 1.
    pub size_gib: u64,
}

versioned_struct!(zfssa_extend_volume_args_t {
    size,
    flags,
    name,
    size_gib
});

impl Args for zfssa_extend_volume_args_t {
    type Operation = ExtendVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<ExtendVolume> {
        Ok(ExtendVolume {
            name: host.required(self.name, "name")?,
            size_gib: self.size_gib,
        })
    }
}

/// Arguments of zfssa_get_volume().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_volume_args_t {
    /// sizeof(zfssa_get_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN, such as volume-<uuid>; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_get_volume_args_t { size, flags, name });

impl Args for zfssa_get_volume_args_t {
    type Operation = GetVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<GetVolume> {
        Ok(GetVolume {
            name: host.required(self.name, "name")?,
        })
    }
}

/// Arguments of zfssa_list_volumes(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_list_volumes_args_t {
    /// sizeof(zfssa_list_volumes_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Prefix of the names to list; NULL: all volumes.
    pub prefix: *const c_char,
    /// `next_marker` of the page before; NULL: from the beginning.
    pub marker: *const c_char,
    /// Maximum number of volumes; 0: no limit.
    pub limit: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_list_volumes_args_t {
    size,
    flags,
    prefix,
    marker,
    limit,
    reserved
});

impl Args for zfssa_list_volumes_args_t {
    type Operation = ListVolumes;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<ListVolumes> {
        reserved::<Self>(self.reserved)?;
        Ok(ListVolumes {
            prefix: host.optional(self.prefix, "prefix", "every volume")?,
            marker: host
                .optional(self.marker, "marker", "the beginning")?
                .unwrap_or_default(),
            limit: self.limit,
        })
    }
}

/// Creates a volume: a LUN that is presented to no host.
///
/// May be repeated: an existing volume of this name, size and type is returned with `created` 0. An
/// existing volume that differs fails with ZFSSA_E_VOLUME_EXISTS.
///
/// Result: zfssa_result_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_volume(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_volume_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Deletes a volume. Succeeds if the volume does not exist. A volume with snapshots or clones is
/// not changed and fails with ZFSSA_E_VOLUME_BUSY: deletion never cascades. Snapshots that the
/// appliance took for a schedule or for replication are deleted with the volume, and so is the
/// temporary snapshot from which a clone was created; if a deletion was interrupted between the two
/// and journals are not kept, repeat the call.
///
/// With the extra spec zfssa:delete_with_clones of its type set to defer, or without that spec the
/// option zfssa_delete_with_clones, a volume with clones and without snapshots of the host is
/// deleted for the host at once: it is in no list and presented to no host, and its name is free.
/// On the appliance it has a reserved name and is deleted with its last clone, by the call that
/// deletes that one. A failure there does not fail that call: zfssa_audit() finds the volume. If a
/// call for the last clone was interrupted and journals are not kept, repeat it; that deletes every
/// deferred object that no clone needs. A volume that migrates fails with ZFSSA_E_VOLUME_BUSY.
///
/// Result: zfssa_result_delete_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_delete_volume(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_delete_volume_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Extends a volume. A volume of this size or larger is not changed: volumes never shrink.
///
/// Result: zfssa_result_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_extend_volume(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_extend_volume_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Returns one volume.
///
/// Result: zfssa_result_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_get_volume(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_get_volume_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Lists the volumes of the backend's project, ordered by name.
///
/// With `limit`, the list comes in pages. The appliance has no pages: the first call reads its
/// list, and a page that is requested within 60 s after the one before comes from there. A later
/// one is read again and begins after the marker.
///
/// Result: zfssa_result_volumes().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_list_volumes(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_list_volumes_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}
