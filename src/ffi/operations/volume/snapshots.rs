//! Snapshots of volumes: create, delete, list.

use std::ffi::c_char;

use crate::driver::{
    CreateSnapshot, DeleteSnapshot, ListSnapshots, OneOrEvery, Snapshot, Snapshots,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::{Args, submit, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// What zfssa_create_snapshot() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_snapshot_args_t {
    /// sizeof(zfssa_create_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name; required.
    pub volume: *const c_char,
    /// The snapshot's name, such as snapshot-<uuid>; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_create_snapshot_args_t {
    size,
    flags,
    volume,
    name
});

impl Args for zfssa_create_snapshot_args_t {
    type Operation = CreateSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<CreateSnapshot> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(CreateSnapshot {
                volume: strings::required(self.volume, "volume")?,
                name: strings::required(self.name, "name")?,
            })
        }
    }
}

/// What zfssa_delete_snapshot() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_delete_snapshot_args_t {
    /// sizeof(zfssa_delete_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name; required.
    pub volume: *const c_char,
    /// The snapshot's name, such as snapshot-<uuid>; required.
    pub name: *const c_char,
}

versioned_struct!(zfssa_delete_snapshot_args_t {
    size,
    flags,
    volume,
    name
});

impl Args for zfssa_delete_snapshot_args_t {
    type Operation = DeleteSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<DeleteSnapshot> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(DeleteSnapshot {
                volume: strings::required(self.volume, "volume")?,
                name: strings::required(self.name, "name")?,
            })
        }
    }
}

/// What zfssa_list_snapshots() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_list_snapshots_args_t {
    /// sizeof(zfssa_list_snapshots_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name; NULL: every volume of the backend's project.
    pub volume: *const c_char,
}

versioned_struct!(zfssa_list_snapshots_args_t {
    size,
    flags,
    volume
});

impl Args for zfssa_list_snapshots_args_t {
    type Operation = ListSnapshots;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<ListSnapshots> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(ListSnapshots {
                volume: strings::optional(self.volume, "volume", "every volume")?
                    .map_or(OneOrEvery::Every, OneOrEvery::One),
            })
        }
    }
}

/// A snapshot as the appliance shows it. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_snapshot_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this very call took it, else 0.
    pub created: u32,
    /// How many clones the appliance counts; the count may lag behind deletions.
    pub clones: u64,
    /// Bytes that this snapshot alone holds.
    pub unique_bytes: u64,
    /// The snapshot's name.
    pub name: *const c_char,
    /// The volume it was taken of.
    pub volume: *const c_char,
    /// The pool it is in.
    pub pool: *const c_char,
    /// The project it is in.
    pub project: *const c_char,
    /// When it was taken, UTC, in the appliance's form.
    pub created_at: *const c_char,
}

impl View for Snapshot {
    type C = zfssa_snapshot_t;

    fn view(&self, arena: &mut Arena) -> zfssa_snapshot_t {
        zfssa_snapshot_t {
            size: size_of::<zfssa_snapshot_t>() as u32,
            created: self.created.into(),
            clones: self.clones,
            unique_bytes: self.unique_bytes,
            name: arena.text(&self.name),
            volume: arena.text(&self.volume),
            pool: arena.text(&self.pool),
            project: arena.text(&self.project),
            created_at: arena.text(&self.created_at),
        }
    }
}

/// The snapshots found. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_snapshots_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// How many there are.
    pub count: u32,
    /// Pointers to them, in the order in which they were taken; NULL when there are none.
    pub snapshots: *const *const zfssa_snapshot_t,
}

impl View for Snapshots {
    type C = zfssa_snapshots_t;

    fn view(&self, arena: &mut Arena) -> zfssa_snapshots_t {
        zfssa_snapshots_t {
            size: size_of::<zfssa_snapshots_t>() as u32,
            count: count(&self.snapshots),
            snapshots: {
                let snapshots = self
                    .snapshots
                    .iter()
                    .map(|snapshot| snapshot.view(arena))
                    .collect();
                arena.pointers(snapshots)
            },
        }
    }
}

/// Takes a snapshot of a volume.
///
/// May be repeated: a snapshot of this name on this volume is answered with `created` 0.
///
/// Does not block. Any thread. Result: zfssa_result_snapshot(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Deletes a snapshot. One that does not exist is deleted already. One with clones is
/// ZFSSA_E_SNAPSHOT_BUSY and stays untouched.
///
/// Does not block. Any thread. Result: zfssa_result_deleted(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_delete_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_delete_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Lists the snapshots of one volume, or with one request those of all.
///
/// Does not block. Any thread. Result: zfssa_result_snapshots(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_list_snapshots(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_list_snapshots_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// The output of zfssa_create_snapshot(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_snapshot(
    result: *const zfssa_result_t,
) -> *const zfssa_snapshot_t {
    guard::value(std::ptr::null(), || view::<Snapshot>(result))
}

/// The output of zfssa_list_snapshots(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_snapshots(
    result: *const zfssa_result_t,
) -> *const zfssa_snapshots_t {
    guard::value(std::ptr::null(), || view::<Snapshots>(result))
}
