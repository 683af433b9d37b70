//! What could be taken under management.

use std::ffi::c_char;

use crate::driver::{
    GetManageableSnapshots, GetManageableVolumes, KnownObject, Manageable, ManageableEntry, Page,
};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::marshal::view_memory::count;
use crate::ffi::operations::{Args, submit_optional};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// A volume or snapshot that the host knows.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_known_t {
    /// Cinder's id; required.
    pub id: *const c_char,
    /// The name on the appliance; required.
    pub name: *const c_char,
}

/// # Safety
///
/// `known` is NULL or points to `count` structures whose members are as [`strings::any`] asks.
pub(super) unsafe fn known(
    known: *const zfssa_known_t,
    count: u32,
    name: &str,
) -> Result<Vec<KnownObject>> {
    // SAFETY: the caller's promise; any bits make two pointers.
    let known = unsafe { strings::items(known, count, name) }?;
    let one = |(at, known): (usize, zfssa_known_t)| unsafe {
        // SAFETY: the caller's promise.
        Ok(KnownObject {
            id: strings::required(known.id, &format!("{name}[{at}].id"))?,
            name: strings::required(known.name, &format!("{name}[{at}].name"))?,
        })
    };
    known.into_iter().enumerate().map(one).collect()
}

/// What zfssa_get_manageable_volumes() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_manageable_volumes_args_t {
    /// sizeof(zfssa_get_manageable_volumes_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Begin after the entry with this reference; NULL: at the beginning. An entry that is not there
    /// is an error.
    pub marker: *const c_char,
    /// At most so many entries; 0: all.
    pub limit: u32,
    /// Pass over so many entries, counted from the beginning or the marker.
    pub offset: u32,
    /// The volumes that Cinder has on this backend.
    pub cinder_volumes: *const zfssa_known_t,
    /// reference or size, the most important first; NULL: reference.
    pub sort_keys: *const *const c_char,
    /// asc or desc for each key; where one is missing, the last one given, or asc.
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

    unsafe fn request(&self) -> Result<GetManageableVolumes> {
        reserved::<Self>(self.reserved)?;
        // SAFETY: the caller's promise.
        unsafe {
            Ok(GetManageableVolumes {
                cinder_volumes: known(
                    self.cinder_volumes,
                    self.cinder_volumes_count,
                    "cinder_volumes",
                )?,
                page: Page {
                    marker: strings::optional(self.marker, "marker", "the beginning")?
                        .unwrap_or_default(),
                    limit: self.limit,
                    offset: self.offset,
                    sort_keys: strings::list(self.sort_keys, self.sort_keys_count, "sort_keys")?,
                    sort_dirs: strings::list(self.sort_dirs, self.sort_dirs_count, "sort_dirs")?,
                },
            })
        }
    }
}

/// What zfssa_get_manageable_snapshots() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_get_manageable_snapshots_args_t {
    /// sizeof(zfssa_get_manageable_snapshots_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Begin after the entry with this reference; NULL: at the beginning. An entry that is not there
    /// is an error.
    pub marker: *const c_char,
    /// At most so many entries; 0: all.
    pub limit: u32,
    /// Pass over so many entries, counted from the beginning or the marker.
    pub offset: u32,
    /// The snapshots that Cinder has on this backend.
    pub cinder_snapshots: *const zfssa_known_t,
    /// reference or size, the most important first; NULL: reference.
    pub sort_keys: *const *const c_char,
    /// asc or desc for each key; where one is missing, the last one given, or asc.
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

    unsafe fn request(&self) -> Result<GetManageableSnapshots> {
        reserved::<Self>(self.reserved)?;
        // SAFETY: the caller's promise.
        unsafe {
            Ok(GetManageableSnapshots {
                cinder_snapshots: known(
                    self.cinder_snapshots,
                    self.cinder_snapshots_count,
                    "cinder_snapshots",
                )?,
                page: Page {
                    marker: strings::optional(self.marker, "marker", "the beginning")?
                        .unwrap_or_default(),
                    limit: self.limit,
                    offset: self.offset,
                    sort_keys: strings::list(self.sort_keys, self.sort_keys_count, "sort_keys")?,
                    sort_dirs: strings::list(self.sort_dirs, self.sort_dirs_count, "sort_dirs")?,
                },
            })
        }
    }
}

/// A LUN or snapshot that exists. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_manageable_entry_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when it may be managed without harm, else 0.
    pub safe_to_manage: u32,
    /// GiB, rounded up; of a snapshot, its volume's size.
    pub size_gib: u64,
    /// Cinder's source-name: the name of the LUN or snapshot.
    pub reference: *const c_char,
    /// Of a snapshot, the name of its LUN; empty for a LUN.
    pub source_reference: *const c_char,
    /// Why it may not be managed; empty when it may.
    pub reason_not_safe: *const c_char,
    /// The id of Cinder's volume or snapshot that this is; empty when it is none.
    pub cinder_id: *const c_char,
    /// What else an operator wants to know, for people.
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

/// A part of what could be managed. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_manageable_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `entries`.
    pub count: u32,
    /// How many there are in all.
    pub total: u64,
    /// Pointers to the entries, in the order asked for; NULL when there are none.
    pub entries: *const *const zfssa_manageable_entry_t,
}

impl View for Manageable {
    type C = zfssa_manageable_t;

    fn view(&self, arena: &mut Arena) -> zfssa_manageable_t {
        zfssa_manageable_t {
            size: size_of::<zfssa_manageable_t>() as u32,
            count: count(&self.entries),
            total: self.total,
            entries: {
                let entries = self.entries.iter().map(|entry| entry.view(arena)).collect();
                arena.pointers(entries)
            },
        }
    }
}

/// Lists the LUNs of the backend's project and says of each whether it may be managed.
///
/// Does not block. Any thread. Result: zfssa_result_manageable(). Since 1.0.
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

/// Lists the snapshots in the backend's project and says of each whether it may be managed. As
/// snapshots of two volumes may have one name, the marker may also be <volume>@<snapshot>.
///
/// Does not block. Any thread. Result: zfssa_result_manageable(). Since 1.0.
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

/// The output of zfssa_get_manageable_volumes() and zfssa_get_manageable_snapshots(); NULL for any
/// other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_manageable(
    result: *const zfssa_result_t,
) -> *const zfssa_manageable_t {
    guard::value(std::ptr::null(), || view::<Manageable>(result))
}
