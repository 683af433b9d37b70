//! Volumes as the host reads them.

use std::ffi::c_char;

use crate::driver::{Deleted, Origin, Volume, Volumes};
use crate::ffi::completion::result::{View, view};
use crate::ffi::guard;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::types::zfssa_result_t;

/// Where a clone came from. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_origin_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The project of the source.
    pub project: *const c_char,
    /// The source volume.
    pub volume: *const c_char,
    /// The snapshot of the source.
    pub snapshot: *const c_char,
}

fn origin(origin: &Origin, arena: &mut Arena) -> zfssa_origin_t {
    zfssa_origin_t {
        size: size_of::<zfssa_origin_t>() as u32,
        reserved: 0,
        project: arena.text(&origin.project),
        volume: arena.text(&origin.volume),
        snapshot: arena.text(&origin.snapshot),
    }
}

/// A volume as the appliance shows it. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_volume_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Bytes in a block.
    pub block_size_bytes: u32,
    /// 1 when it is thin provisioned, else 0.
    pub sparse: u32,
    /// The property cinder_managed: 1 or 0; -1 when it is not set.
    pub managed: i32,
    /// 1 when this very call made it; 0 when an earlier one did, and for look-ups.
    pub created: u32,
    /// Elements of `initiator_groups`.
    pub initiator_groups_count: u32,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Bytes of data that the volume holds now, snapshots excluded.
    pub used_bytes: u64,
    /// The LUN's name.
    pub name: *const c_char,
    /// The pool it is in.
    pub pool: *const c_char,
    /// The project it is in.
    pub project: *const c_char,
    /// The LUN's globally unique id, 32 hexadecimal digits.
    pub guid: *const c_char,
    /// Compression, in the appliance's words.
    pub compression: *const c_char,
    /// What synchronous writes are tuned for: latency or throughput.
    pub logbias: *const c_char,
    /// The target group through which it is presented.
    pub target_group: *const c_char,
    /// When it was made, UTC, in the appliance's form.
    pub created_at: *const c_char,
    /// The initiator groups to which it is presented; none when to nobody.
    pub initiator_groups: *const *const c_char,
    /// What it was cloned from; NULL when it is no clone.
    pub origin: *const zfssa_origin_t,
}

impl View for Volume {
    type C = zfssa_volume_t;

    fn view(&self, arena: &mut Arena) -> zfssa_volume_t {
        zfssa_volume_t {
            size: size_of::<zfssa_volume_t>() as u32,
            block_size_bytes: self.block_size_bytes,
            sparse: self.sparse.into(),
            managed: self.managed.map_or(-1, i32::from),
            created: self.created.into(),
            initiator_groups_count: count(&self.initiator_groups),
            size_bytes: self.size_bytes,
            used_bytes: self.used_bytes,
            name: arena.text(&self.name),
            pool: arena.text(&self.pool),
            project: arena.text(&self.project),
            guid: arena.text(&self.guid),
            compression: arena.text(&self.compression),
            logbias: arena.text(&self.logbias),
            target_group: arena.text(&self.target_group),
            created_at: arena.text(&self.created_at),
            initiator_groups: arena.texts(&self.initiator_groups),
            origin: match &self.origin {
                Some(source) => {
                    let source = origin(source, arena);
                    arena.array(vec![source])
                }
                None => std::ptr::null(),
            },
        }
    }
}

/// The volumes found. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_volumes_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// How many there are.
    pub count: u32,
    /// Pointers to them, in the order of their names; NULL when there are none.
    pub volumes: *const *const zfssa_volume_t,
}

impl View for Volumes {
    type C = zfssa_volumes_t;

    fn view(&self, arena: &mut Arena) -> zfssa_volumes_t {
        zfssa_volumes_t {
            size: size_of::<zfssa_volumes_t>() as u32,
            count: count(&self.volumes),
            volumes: {
                let volumes = self
                    .volumes
                    .iter()
                    .map(|volume| volume.view(arena))
                    .collect();
                arena.pointers(volumes)
            },
        }
    }
}

/// What became of a volume or snapshot that should be gone. More members may follow in later
/// versions.
#[repr(C)]
pub struct zfssa_deleted_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when it existed before the call, else 0.
    pub existed: u32,
}

impl View for Deleted {
    type C = zfssa_deleted_t;

    fn view(&self, _: &mut Arena) -> zfssa_deleted_t {
        zfssa_deleted_t {
            size: size_of::<zfssa_deleted_t>() as u32,
            existed: self.existed.into(),
        }
    }
}

/// The volume of a result that is about one; NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_volume(
    result: *const zfssa_result_t,
) -> *const zfssa_volume_t {
    guard::value(std::ptr::null(), || view::<Volume>(result))
}

/// The output of zfssa_list_volumes(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_volumes(
    result: *const zfssa_result_t,
) -> *const zfssa_volumes_t {
    guard::value(std::ptr::null(), || view::<Volumes>(result))
}

/// The output of zfssa_delete_volume() and zfssa_delete_snapshot(); NULL for any other result
/// and
/// for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_deleted(
    result: *const zfssa_result_t,
) -> *const zfssa_deleted_t {
    guard::value(std::ptr::null(), || view::<Deleted>(result))
}
