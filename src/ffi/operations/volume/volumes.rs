//! Volumes: create, delete, extend, look up.

use std::ffi::c_char;

use crate::driver::{CreateVolume, DeleteVolume, ExtendVolume, GetVolume, ListVolumes};
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::strings::{self, zfssa_pair_t};
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::operations::{Args, submit, submit_optional};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// What zfssa_create_volume() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_volume_args_t {
    /// sizeof(zfssa_create_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name, such as volume-<uuid>; required.
    pub name: *const c_char,
    /// The size in GiB, at least 1.
    pub size_gib: u64,
    /// The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
    /// other scopes are passed over. NULL: none.
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

    unsafe fn request(&self) -> Result<CreateVolume> {
        reserved::<Self>(self.reserved)?;
        // SAFETY: the caller's promise.
        unsafe {
            Ok(CreateVolume {
                name: strings::required(self.name, "name")?,
                size_gib: self.size_gib,
                extra_specs: strings::pairs(
                    self.extra_specs,
                    self.extra_specs_count,
                    "extra_specs",
                )?,
            })
        }
    }
}

/// What zfssa_delete_volume() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_delete_volume_args_t {
    /// sizeof(zfssa_delete_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name, such as volume-<uuid>; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_delete_volume_args_t { size, flags, name });

impl Args for zfssa_delete_volume_args_t {
    type Operation = DeleteVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<DeleteVolume> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(DeleteVolume {
                name: strings::required(self.name, "name")?,
            })
        }
    }
}

/// What zfssa_extend_volume() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_extend_volume_args_t {
    /// sizeof(zfssa_extend_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name, such as volume-<uuid>; required.
    pub name: *const c_char,
    /// The new size in GiB.
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

    unsafe fn request(&self) -> Result<ExtendVolume> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(ExtendVolume {
                name: strings::required(self.name, "name")?,
                size_gib: self.size_gib,
            })
        }
    }
}

/// What zfssa_get_volume() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_volume_args_t {
    /// sizeof(zfssa_get_volume_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name, such as volume-<uuid>; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_get_volume_args_t { size, flags, name });

impl Args for zfssa_get_volume_args_t {
    type Operation = GetVolume;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<GetVolume> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(GetVolume {
                name: strings::required(self.name, "name")?,
            })
        }
    }
}

/// What zfssa_list_volumes() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_list_volumes_args_t {
    /// sizeof(zfssa_list_volumes_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Only names that begin so; NULL for all.
    pub prefix: *const c_char,
}

versioned_struct!(zfssa_list_volumes_args_t {
    size,
    flags,
    prefix
});

impl Args for zfssa_list_volumes_args_t {
    type Operation = ListVolumes;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<ListVolumes> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(ListVolumes {
                prefix: strings::optional(self.prefix, "prefix", "every volume")?,
            })
        }
    }
}

/// Creates a volume: a LUN presented to nobody.
///
/// May be repeated: a volume of this name, size and kind is answered with `created` 0; one that
/// differs is ZFSSA_E_VOLUME_EXISTS.
///
/// Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
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

/// Deletes a volume. One that does not exist is deleted already. One with snapshots or clones is
/// ZFSSA_E_VOLUME_BUSY and stays untouched: nothing is left to a cascade. Snapshots that the
/// appliance made for itself, by a schedule or for replication, go with the volume. The temporary
/// snapshot that a clone came from goes with the clone; where a deletion was cut off between the
/// two and journals are not kept, deleting the volume once more deletes the snapshot.
///
/// Does not block. Any thread. Result: zfssa_result_deleted(). Since 1.0.
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

/// Grows a volume. One that is as large or larger already is left as it is: volumes never
/// shrink.
///
/// Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
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

/// Looks one volume up.
///
/// Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
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

/// Lists the volumes of the backend's project.
///
/// Does not block. Any thread. Result: zfssa_result_volumes(). Since 1.0.
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
