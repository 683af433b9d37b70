//! Candidates for management: existing LUNs and snapshots.

use std::ffi::c_char;

use crate::driver::{
    GetManageableSnapshots, GetManageableVolumes, KnownObject, Manageable, ManageableEntry, Page,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::{Args, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// A volume or snapshot that Cinder knows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_known_volume_t {
    /// Cinder's id; required.
    pub id: *const c_char,
    /// Name on the appliance; required.
    pub name: *const c_char,
}

pub(super) fn known(
    host: &HostMemory,
    known: *const zfssa_known_volume_t,
    count: u32,
    name: &str,
) -> Result<Vec<KnownObject>> {
    let known = host.items(known, count, name)?;
    let one = |(at, known): (usize, zfssa_known_volume_t)| {
        Ok(KnownObject {
            id: host.required(known.id, &format!("{name}[{at}].id"))?,
            name: host.required(known.name, &format!("{name}[{at}].name"))?,
        })
    };
    known.into_iter().enumerate().map(one).collect()
}

/// Arguments of zfssa_get_manageable_volumes(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_manageable_volumes_args_t {
    /// sizeof(zfssa_get_manageable_volumes_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Reference of the entry before the first one returned; NULL: from the beginning. Fails if
    /// there is no such entry.
    pub marker: *const c_char,
    /// Maximum number of entries; 0: no limit.
    pub limit: u32,
    /// Number of entries to skip, from the beginning or from the marker.
    pub offset: u32,
    /// Cinder's volumes on this backend.
    pub cinder_volumes: *const zfssa_known_volume_t,
    /// Sort keys, reference or size, most important first; NULL: reference.
    pub sort_keys: *const *const c_char,
    /// Sort directions, asc or desc, for each key; a missing one is the last one given, or asc.
    pub sort_dirs: *const *const c_char,
    /// Elements of `cinder_volumes`.
    pub cinder_volumes_count: u32,
    /// Elements of `sort_keys`.
    pub sort_keys_count: u32,
    /// Elements of `sort_dirs`.
    pub sort_dirs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_get_manageable_volumes_args_t {
    size,
    flags,
    marker,
    limit,
    offset,
    cinder_volumes,
    sort_keys,
    sort_dirs,
    cinder_volumes_count,
    sort_keys_count,
    sort_dirs_count,
    reserved
});

impl Args for zfssa_get_manageable_volumes_args_t {
    type Operation = GetManageableVolumes;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<GetManageableVolumes> {
        reserved::<Self>(self.reserved)?;
        Ok(GetManageableVolumes {
            cinder_volumes: known(
                host,
                self.cinder_volumes,
                self.cinder_volumes_count,
                "cinder_volumes",
            )?,
            page: Page {
                marker: host
                    .optional(self.marker, "marker", "the beginning")?
                    .unwrap_or_default(),
                limit: self.limit,
                offset: self.offset,
                sort_keys: host.list(self.sort_keys, self.sort_keys_count, "sort_keys")?,
                sort_dirs: host.list(self.sort_dirs, self.sort_dirs_count, "sort_dirs")?,
            },
        })
    }
}

/// Arguments of zfssa_get_manageable_snapshots(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_manageable_snapshots_args_t {
    /// sizeof(zfssa_get_manageable_snapshots_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Reference of the entry before the first one returned; NULL: from the beginning. Fails if
    /// there is no such entry.
    pub marker: *const c_char,
    /// Maximum number of entries; 0: no limit.
    pub limit: u32,
    /// Number of entries to skip, from the beginning or from the marker.
    pub offset: u32,
    /// Cinder's snapshots on this backend.
    pub cinder_snapshots: *const zfssa_known_volume_t,
    /// Sort keys, reference or size, most important first; NULL: reference.
    pub sort_keys: *const *const c_char,
    /// Sort directions, asc or desc, for each key; a missing one is the last one given, or asc.
    pub sort_dirs: *const *const c_char,
    /// Elements of `cinder_snapshots`.
    pub cinder_snapshots_count: u32,
    /// Elements of `sort_keys`.
    pub sort_keys_count: u32,
    /// Elements of `sort_dirs`.
    pub sort_dirs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_get_manageable_snapshots_args_t {
    size,
    flags,
    marker,
    limit,
    offset,
    cinder_snapshots,
    sort_keys,
    sort_dirs,
    cinder_snapshots_count,
    sort_keys_count,
    sort_dirs_count,
    reserved
});

impl Args for zfssa_get_manageable_snapshots_args_t {
    type Operation = GetManageableSnapshots;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<GetManageableSnapshots> {
        reserved::<Self>(self.reserved)?;
        Ok(GetManageableSnapshots {
            cinder_snapshots: known(
                host,
                self.cinder_snapshots,
                self.cinder_snapshots_count,
                "cinder_snapshots",
            )?,
            page: Page {
                marker: host
                    .optional(self.marker, "marker", "the beginning")?
                    .unwrap_or_default(),
                limit: self.limit,
                offset: self.offset,
                sort_keys: host.list(self.sort_keys, self.sort_keys_count, "sort_keys")?,
                sort_dirs: host.list(self.sort_dirs, self.sort_dirs_count, "sort_dirs")?,
            },
        })
    }
}

/// An existing LUN or snapshot.
#[repr(C)]
pub struct zfssa_manageable_entry_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when it may be managed safely, else 0.
    pub safe_to_manage: u32,
    /// Size in GiB, rounded up; for a snapshot, that of its volume.
    pub size_gib: u64,
    /// Cinder's source-name: name of the LUN or snapshot.
    pub reference: *const c_char,
    /// For a snapshot, name of its LUN; empty for a LUN.
    pub source_reference: *const c_char,
    /// Reason why it may not be managed; empty when it may.
    pub reason_not_safe: *const c_char,
    /// Cinder's id of this volume or snapshot; empty when Cinder does not know it.
    pub cinder_id: *const c_char,
    /// Further information for operators, as text.
    pub extra_info: *const c_char,
}

impl View for ManageableEntry {
    type C = zfssa_manageable_entry_t;

    fn view(&self, arena: &mut Arena) -> zfssa_manageable_entry_t {
        zfssa_manageable_entry_t {
            size: size_of::<zfssa_manageable_entry_t>() as u32,
            safe_to_manage: self.safe_to_manage.into(),
            size_gib: self.size_gib,
            reference: arena.text(&self.reference),
            source_reference: arena.text(&self.source_reference),
            reason_not_safe: arena.text(&self.reason_not_safe),
            cinder_id: arena.text(&self.cinder_id),
            extra_info: arena.text(&self.extra_info),
        }
    }
}

/// The list of LUNs or snapshots that could be managed, or a part of it.
#[repr(C)]
pub struct zfssa_manageable_list_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `entries`.
    pub count: u32,
    /// Total number of entries.
    pub total: u64,
    /// Pointers to the entries, in the requested order; NULL when there are none.
    pub entries: *const *const zfssa_manageable_entry_t,
    /// `marker` of the next page; NULL after the last.
    pub next_marker: *const c_char,
}

impl View for Manageable {
    type C = zfssa_manageable_list_t;

    fn view(&self, arena: &mut Arena) -> zfssa_manageable_list_t {
        zfssa_manageable_list_t {
            size: size_of::<zfssa_manageable_list_t>() as u32,
            count: count(&self.entries),
            total: self.total,
            entries: {
                let entries = self.entries.iter().map(|entry| entry.view(arena)).collect();
                arena.pointers(entries)
            },
            next_marker: arena.optional(self.next_marker.as_deref()),
        }
    }
}

/// Lists the LUNs of the backend's project, and whether each may be managed.
///
/// Result: zfssa_result_manageable_list().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_get_manageable_volumes(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_get_manageable_volumes_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// Lists the snapshots in the backend's project, and whether each may be managed. Because snapshots
/// of two volumes may have one name, the marker may also be <volume>@<snapshot>.
///
/// Result: zfssa_result_manageable_list().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_get_manageable_snapshots(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_get_manageable_snapshots_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// Output of zfssa_get_manageable_volumes() and zfssa_get_manageable_snapshots().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_manageable_list(
    result: *const zfssa_result_t,
) -> *const zfssa_manageable_list_t {
    guard::value(std::ptr::null(), || view::<Manageable>(result))
}
