//! Snapshots of volumes: create, delete, list.

use std::ffi::c_char;

use crate::driver::{
    CreateSnapshot, DeleteSnapshot, ListSnapshots, OneOrEvery, Snapshot, Snapshots,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::{Args, submit, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Arguments of zfssa_create_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_snapshot_args_t {
    /// sizeof(zfssa_create_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// Name of the snapshot, such as snapshot-<uuid>; required.
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

    fn request(&self, host: &HostMemory) -> Result<CreateSnapshot> {
        Ok(CreateSnapshot {
            volume: host.required(self.volume, "volume")?,
            name: host.required(self.name, "name")?,
        })
    }
}

/// Arguments of zfssa_delete_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_delete_snapshot_args_t {
    /// sizeof(zfssa_delete_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// Name of the snapshot, such as snapshot-<uuid>; required.
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

    fn request(&self, host: &HostMemory) -> Result<DeleteSnapshot> {
        Ok(DeleteSnapshot {
            volume: host.required(self.volume, "volume")?,
            name: host.required(self.name, "name")?,
        })
    }
}

/// Arguments of zfssa_list_snapshots(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_list_snapshots_args_t {
    /// sizeof(zfssa_list_snapshots_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; NULL: every volume of the backend's project.
    pub volume: *const c_char,
    /// `next_marker` of the page before; NULL: from the beginning.
    pub marker: *const c_char,
    /// Maximum number of snapshots; 0: no limit.
    pub limit: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_list_snapshots_args_t {
    size,
    flags,
    volume,
    marker,
    limit,
    reserved
});

impl Args for zfssa_list_snapshots_args_t {
    type Operation = ListSnapshots;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<ListSnapshots> {
        reserved::<Self>(self.reserved)?;
        Ok(ListSnapshots {
            marker: host
                .optional(self.marker, "marker", "the beginning")?
                .unwrap_or_default(),
            limit: self.limit,
            volume: host
                .optional(self.volume, "volume", "every volume")?
                .map_or(OneOrEvery::Every, OneOrEvery::One),
        })
    }
}

/// A snapshot of a volume.
#[repr(C)]
pub struct zfssa_snapshot_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when this call created it, else 0.
    pub created: u32,
    /// Number of clones; the appliance may count a deleted clone for a while.
    pub clones: u64,
    /// Bytes that only this snapshot holds.
    pub unique_bytes: u64,
    /// Name of the snapshot.
    pub name: *const c_char,
    /// Volume of the snapshot.
    pub volume: *const c_char,
    /// Pool.
    pub pool: *const c_char,
    /// Project.
    pub project: *const c_char,
    /// Time of creation, UTC, in the appliance's format.
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

/// The snapshots of a volume or of the project.
#[repr(C)]
pub struct zfssa_snapshots_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Number of elements.
    pub count: u32,
    /// Pointers to the snapshots, oldest first; NULL when there are none.
    pub snapshots: *const *const zfssa_snapshot_t,
    /// `marker` of the next page; NULL after the last.
    pub next_marker: *const c_char,
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
            next_marker: arena.optional(self.next_marker.as_deref()),
        }
    }
}

/// Creates a snapshot of a volume.
///
/// May be repeated: an existing snapshot of this name is returned with `created` 0.
///
/// Result: zfssa_result_snapshot().
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

/// Deletes a snapshot. Succeeds if the snapshot does not exist. A snapshot with clones is not
/// changed and fails with ZFSSA_E_SNAPSHOT_BUSY.
///
/// With the extra spec zfssa:delete_with_clones of its volume's type set to defer, or without that
/// spec the option zfssa_delete_with_clones, a snapshot with clones is deleted for the host at once:
/// it is in no list, its name is free, and its volume may be deleted. On the appliance it has a
/// reserved name and is deleted with its last clone, by the call that deletes that one.
///
/// Result: zfssa_result_delete_report().
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

/// Lists the snapshots of one volume, or of all volumes in one request.
///
/// Result: zfssa_result_snapshots().
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

/// Output of zfssa_create_snapshot().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_snapshot(
    result: *const zfssa_result_t,
) -> *const zfssa_snapshot_t {
    guard::value(std::ptr::null(), || view::<Snapshot>(result))
}

/// Output of zfssa_list_snapshots().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_snapshots(
    result: *const zfssa_result_t,
) -> *const zfssa_snapshots_t {
    guard::value(std::ptr::null(), || view::<Snapshots>(result))
}
