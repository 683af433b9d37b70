//! Report of the deletion of a group or of its snapshots.

use std::ffi::c_char;

use crate::driver::{DeletedPart, GroupDeleted};
use crate::ffi::completion::result::{View, view};
use crate::ffi::guard;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::types::{zfssa_result_t, zfssa_status_t};

/// The report of the deletion of one volume or snapshot of a group.
#[repr(C)]
pub struct zfssa_deleted_part_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when it was deleted, else 0.
    pub deleted: u32,
    /// 1 when it existed before the call, else 0.
    pub existed: u32,
    /// Status of the failure; 0 when it was deleted.
    pub status: zfssa_status_t,
    /// Name of the volume, or volume@snapshot.
    pub name: *const c_char,
    /// Reason of the failure; empty when it was deleted.
    pub error: *const c_char,
}

impl View for DeletedPart {
    type C = zfssa_deleted_part_t;

    fn view(&self, arena: &mut Arena) -> zfssa_deleted_part_t {
        zfssa_deleted_part_t {
            size: size_of::<zfssa_deleted_part_t>() as u32,
            deleted: self.deleted.into(),
            existed: self.existed.into(),
            status: self.status,
            name: arena.text(&self.name),
            error: arena.text(&self.error),
        }
    }
}

/// The report of the deletion of a group.
#[repr(C)]
pub struct zfssa_group_delete_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when all were deleted, else 0.
    pub all_deleted: u32,
    /// Elements of `parts`.
    pub count: u32,
    /// 0.
    pub reserved: u32,
    /// Pointers to the parts, in the order of the request.
    pub parts: *const *const zfssa_deleted_part_t,
}

impl View for GroupDeleted {
    type C = zfssa_group_delete_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_group_delete_report_t {
        zfssa_group_delete_report_t {
            size: size_of::<zfssa_group_delete_report_t>() as u32,
            all_deleted: self.all_deleted.into(),
            count: count(&self.parts),
            reserved: 0,
            parts: {
                let list = self.parts.iter().map(|one| one.view(arena)).collect();
                arena.pointers(list)
            },
        }
    }
}

/// Output of zfssa_delete_group() and zfssa_delete_group_snapshot().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_group_delete_report(
    result: *const zfssa_result_t,
) -> *const zfssa_group_delete_report_t {
    guard::value(std::ptr::null(), || view::<GroupDeleted>(result))
}
