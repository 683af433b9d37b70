//! Management of existing LUNs, and their release.

use std::ffi::c_char;

use crate::driver::{
    ExistingRef, ExistingSize, ManageExisting, ManageExistingGetSize, Managed, Unmanage, Unmanaged,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::strings::zfssa_pair_t;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::volume::views::zfssa_volume_t;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Keep the presentation of the LUN to hosts.
pub const ZFSSA_MANAGE_KEEP_PRESENTATION: u32 = 1;

/// Which LUN is meant.
fn existing(host: &HostMemory, name: *const c_char, guid: *const c_char) -> Result<ExistingRef> {
    Ok(ExistingRef {
        source_name: host
            .optional(name, "source_name", "the LUN of source_guid")?
            .unwrap_or_default(),
        source_guid: host
            .optional(guid, "source_guid", "the LUN of source_name")?
            .unwrap_or_default(),
    })
}

/// Arguments of zfssa_manage_existing().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_manage_existing_args_t {
    /// sizeof(zfssa_manage_existing_args_t).
    pub size: u32,
    /// 0 or ZFSSA_MANAGE_KEEP_PRESENTATION.
    pub flags: u32,
    /// Name of the volume, such as volume-<uuid>; required.
    pub name: *const c_char,
    /// Name of the LUN, Cinder's source-name; NULL: identified by GUID.
    pub source_name: *const c_char,
    /// GUID of the LUN, 32 hexadecimal digits; NULL: identified by name. If both are set, both must
    /// match.
    pub source_guid: *const c_char,
    /// Extra specs of the volume type. The LUN must match every key zfssa:*; the backend's defaults
    /// are not applied. NULL: none.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_manage_existing_args_t {
    size,
    flags,
    name,
    source_name,
    source_guid,
    extra_specs,
    extra_specs_count,
    reserved
});

impl Args for zfssa_manage_existing_args_t {
    type Operation = ManageExisting;

    const FLAGS: u32 = ZFSSA_MANAGE_KEEP_PRESENTATION;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<ManageExisting> {
        reserved::<Self>(self.reserved)?;
        Ok(ManageExisting {
            name: host.required(self.name, "name")?,
            existing: existing(host, self.source_name, self.source_guid)?,
            extra_specs: host.pairs(self.extra_specs, self.extra_specs_count, "extra_specs")?,
            keep_presentation: self.flags & ZFSSA_MANAGE_KEEP_PRESENTATION != 0,
        })
    }
}

/// Arguments of zfssa_manage_existing_get_size().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_manage_existing_get_size_args_t {
    /// sizeof(zfssa_manage_existing_get_size_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN, Cinder's source-name; NULL: identified by GUID.
    pub source_name: *const c_char,
    /// GUID of the LUN, 32 hexadecimal digits; NULL: identified by name. If both are set, both must
    /// match.
    pub source_guid: *const c_char,
}

versioned_struct!(zfssa_manage_existing_get_size_args_t {
    size,
    flags,
    source_name,
    source_guid
});

impl Args for zfssa_manage_existing_get_size_args_t {
    type Operation = ManageExistingGetSize;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<ManageExistingGetSize> {
        Ok(ManageExistingGetSize {
            existing: existing(host, self.source_name, self.source_guid)?,
        })
    }
}

/// Arguments of zfssa_unmanage().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_unmanage_args_t {
    /// sizeof(zfssa_unmanage_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the volume; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_unmanage_args_t { size, flags, name });

impl Args for zfssa_unmanage_args_t {
    type Operation = Unmanage;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<Unmanage> {
        Ok(Unmanage {
            name: host.required(self.name, "name")?,
        })
    }
}

/// The report of a LUN taken under management.
#[repr(C)]
pub struct zfssa_manage_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this call changed it, else 0.
    pub changed: u32,
    /// Elements of `taken_from`.
    pub taken_from_count: u32,
    /// Elements of `snapshots`.
    pub snapshots_count: u32,
    /// Volume as it is now.
    pub volume: *const zfssa_volume_t,
    /// Previous name of the LUN.
    pub previous_name: *const c_char,
    /// Initiator groups that lost access to the LUN.
    pub taken_from: *const *const c_char,
    /// Snapshots, which prevent the volume from being deleted.
    pub snapshots: *const *const c_char,
}

impl View for Managed {
    type C = zfssa_manage_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_manage_report_t {
        zfssa_manage_report_t {
            size: size_of::<zfssa_manage_report_t>() as u32,
            changed: self.changed.into(),
            taken_from_count: count(&self.taken_from),
            snapshots_count: count(&self.snapshots),
            volume: {
                let volume = self.volume.view(arena);
                arena.array(vec![volume])
            },
            previous_name: arena.text(&self.previous_name),
            taken_from: arena.texts(&self.taken_from),
            snapshots: arena.texts(&self.snapshots),
        }
    }
}

/// The size of an existing LUN or snapshot.
#[repr(C)]
pub struct zfssa_existing_size_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Size in GiB, rounded up.
    pub size_gib: u64,
    /// Size in bytes.
    pub size_bytes: u64,
}

impl View for ExistingSize {
    type C = zfssa_existing_size_t;

    fn view(&self, _: &mut Arena) -> zfssa_existing_size_t {
        zfssa_existing_size_t {
            size: size_of::<zfssa_existing_size_t>() as u32,
            reserved: 0,
            size_gib: self.size_gib,
            size_bytes: self.size_bytes,
        }
    }
}

/// The report of a volume or snapshot released from management.
#[repr(C)]
pub struct zfssa_unmanage_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this call renamed it, else 0.
    pub changed: u32,
    /// Previous name.
    pub name: *const c_char,
    /// New name.
    pub new_name: *const c_char,
}

impl View for Unmanaged {
    type C = zfssa_unmanage_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_unmanage_report_t {
        zfssa_unmanage_report_t {
            size: size_of::<zfssa_unmanage_report_t>() as u32,
            changed: self.changed.into(),
            name: arena.text(&self.name),
            new_name: arena.text(&self.new_name),
        }
    }
}

/// Takes an existing LUN under management: one change renames it, sets the property cinder_managed
/// and removes its presentation to hosts. Refuses a LUN that is managed already, that the option
/// zfssa_manage_policy does not allow, or that does not match the volume type. The report names its
/// snapshots, which prevent the volume from being deleted.
///
/// May be repeated: a managed LUN of this name is returned with `changed` 0.
///
/// Result: zfssa_result_manage_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_manage_existing(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_manage_existing_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Returns the size of an existing LUN. Cinder calls it before zfssa_manage_existing().
///
/// Result: zfssa_result_existing_size().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_manage_existing_get_size(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_manage_existing_get_size_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Releases a volume from management: its LUN is renamed to unmanaged-<name> and can be managed
/// again.
///
/// Result: zfssa_result_unmanage_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_unmanage(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_unmanage_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Output of zfssa_manage_existing().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_manage_report(
    result: *const zfssa_result_t,
) -> *const zfssa_manage_report_t {
    guard::value(std::ptr::null(), || view::<Managed>(result))
}

/// Output of zfssa_manage_existing_get_size() and of its sister for snapshots.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_existing_size(
    result: *const zfssa_result_t,
) -> *const zfssa_existing_size_t {
    guard::value(std::ptr::null(), || view::<ExistingSize>(result))
}

/// Output of zfssa_unmanage() and zfssa_unmanage_snapshot().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_unmanage_report(
    result: *const zfssa_result_t,
) -> *const zfssa_unmanage_report_t {
    guard::value(std::ptr::null(), || view::<Unmanaged>(result))
}
