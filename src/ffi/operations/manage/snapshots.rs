//! Management of existing snapshots, and their release.

use std::ffi::c_char;

use crate::driver::{
    ManageExistingSnapshot, ManageExistingSnapshotGetSize, ManagedSnapshot, UnmanageSnapshot,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::operations::volume::snapshots::zfssa_snapshot_t;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Arguments of zfssa_manage_existing_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_manage_existing_snapshot_args_t {
    /// sizeof(zfssa_manage_existing_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// New name, such as snapshot-<uuid>; required.
    pub name: *const c_char,
    /// Current name of the snapshot, Cinder's source-name; required.
    pub source_name: *const c_char,
}

versioned_struct!(zfssa_manage_existing_snapshot_args_t {
    size,
    flags,
    volume,
    name,
    source_name
});

impl Args for zfssa_manage_existing_snapshot_args_t {
    type Operation = ManageExistingSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<ManageExistingSnapshot> {
        Ok(ManageExistingSnapshot {
            volume: host.required(self.volume, "volume")?,
            name: host.required(self.name, "name")?,
            source_name: host.required(self.source_name, "source_name")?,
        })
    }
}

/// Arguments of zfssa_manage_existing_snapshot_get_size().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_manage_existing_snapshot_get_size_args_t {
    /// sizeof(zfssa_manage_existing_snapshot_get_size_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// Current name of the snapshot, Cinder's source-name; required.
    pub source_name: *const c_char,
}

versioned_struct!(zfssa_manage_existing_snapshot_get_size_args_t {
    size,
    flags,
    volume,
    source_name
});

impl Args for zfssa_manage_existing_snapshot_get_size_args_t {
    type Operation = ManageExistingSnapshotGetSize;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<ManageExistingSnapshotGetSize> {
        Ok(ManageExistingSnapshotGetSize {
            volume: host.required(self.volume, "volume")?,
            source_name: host.required(self.source_name, "source_name")?,
        })
    }
}

/// Arguments of zfssa_unmanage_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_unmanage_snapshot_args_t {
    /// sizeof(zfssa_unmanage_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// Name of the snapshot; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_unmanage_snapshot_args_t {
    size,
    flags,
    volume,
    name
});

impl Args for zfssa_unmanage_snapshot_args_t {
    type Operation = UnmanageSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<UnmanageSnapshot> {
        Ok(UnmanageSnapshot {
            volume: host.required(self.volume, "volume")?,
            name: host.required(self.name, "name")?,
        })
    }
}

/// The report of a snapshot taken under management.
#[repr(C)]
pub struct zfssa_managed_snapshot_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this call renamed it, else 0.
    pub changed: u32,
    /// Snapshot as it is now.
    pub snapshot: *const zfssa_snapshot_t,
    /// Previous name.
    pub previous_name: *const c_char,
}

impl View for ManagedSnapshot {
    type C = zfssa_managed_snapshot_t;

    fn view(&self, arena: &mut Arena) -> zfssa_managed_snapshot_t {
        zfssa_managed_snapshot_t {
            size: size_of::<zfssa_managed_snapshot_t>() as u32,
            changed: self.changed.into(),
            snapshot: {
                let snapshot = self.snapshot.view(arena);
                arena.array(vec![snapshot])
            },
            previous_name: arena.text(&self.previous_name),
        }
    }
}

/// Takes a snapshot of a volume under management: renames it to the name that Cinder uses. Refuses
/// a snapshot whose name belongs to Cinder or to a clone already.
///
/// May be repeated: if only the new name exists, `changed` is 0.
///
/// Result: zfssa_result_managed_snapshot().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_manage_existing_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_manage_existing_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Returns the size of a volume created from an existing snapshot: the current size of the
/// snapshot's volume.
///
/// Result: zfssa_result_existing_size().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_manage_existing_snapshot_get_size(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_manage_existing_snapshot_get_size_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Releases a snapshot from management: it is renamed to unmanaged-<name> and can be managed again.
///
/// Result: zfssa_result_unmanage_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_unmanage_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_unmanage_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Output of zfssa_manage_existing_snapshot().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_managed_snapshot(
    result: *const zfssa_result_t,
) -> *const zfssa_managed_snapshot_t {
    guard::value(std::ptr::null(), || view::<ManagedSnapshot>(result))
}
