//! Volumes as the host reads them.

use std::ffi::c_char;

use crate::driver::{Deleted, Origin, Volume, VolumeProperty, Volumes};
use crate::ffi::completion::result::{View, view};
use crate::ffi::guard;
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::types::zfssa_result_t;

/// The origin of a clone.
#[repr(C)]
pub struct zfssa_origin_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Project of the source.
    pub project: *const c_char,
    /// Source volume.
    pub volume: *const c_char,
    /// Snapshot of the source.
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

/// A property of a volume.
#[repr(C)]
pub struct zfssa_volume_property_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The appliance's name, such as encryption or writelimit, or delete_with_clones for a volume
    /// whose type sets it.
    pub name: *const c_char,
    /// The value as text: a word, true or false, a count, or bytes per second (0 without a limit).
    pub value: *const c_char,
}

impl View for VolumeProperty {
    type C = zfssa_volume_property_t;

    fn view(&self, arena: &mut Arena) -> zfssa_volume_property_t {
        zfssa_volume_property_t {
            size: size_of::<zfssa_volume_property_t>() as u32,
            reserved: 0,
            name: arena.text(&self.name),
            value: arena.text(&self.value),
        }
    }
}

/// A volume: a LUN in the backend's project.
#[repr(C)]
pub struct zfssa_volume_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Block size in bytes.
    pub block_size_bytes: u32,
    /// 1 when the volume is thin provisioned, else 0.
    pub sparse: u32,
    /// The property cinder_managed: 1 or 0; -1 when it is not set.
    pub managed: i32,
    /// 1 when this call created it; 0 when an earlier call did, and for look-ups.
    pub created: u32,
    /// Elements of `initiator_groups`.
    pub initiator_groups_count: u32,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Bytes of data in the volume, without snapshots.
    pub used_bytes: u64,
    /// Name of the LUN.
    pub name: *const c_char,
    /// Pool.
    pub pool: *const c_char,
    /// Project.
    pub project: *const c_char,
    /// GUID of the LUN, 32 hexadecimal digits.
    pub guid: *const c_char,
    /// Compression, as the appliance names it.
    pub compression: *const c_char,
    /// Synchronous write bias: latency or throughput.
    pub logbias: *const c_char,
    /// Target group through which the LUN is presented.
    pub target_group: *const c_char,
    /// Time of creation, UTC, in the appliance's format.
    pub created_at: *const c_char,
    /// Initiator groups to which the LUN is presented; may be none.
    pub initiator_groups: *const *const c_char,
    /// Origin of a clone; NULL for other volumes.
    pub origin: *const zfssa_origin_t,
    /// Elements of `properties`.
    pub properties_count: u32,
    /// 0.
    pub reserved: u32,
    /// Encryption, caches, copies and limits, as far as the appliance shows them; NULL when it
    /// shows none.
    pub properties: *const *const zfssa_volume_property_t,
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
            properties_count: count(&self.properties),
            reserved: 0,
            properties: {
                let properties = self.properties.iter();
                let properties = properties.map(|one| one.view(arena)).collect();
                arena.pointers(properties)
            },
        }
    }
}

/// The volumes of the project.
#[repr(C)]
pub struct zfssa_volumes_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Number of elements.
    pub count: u32,
    /// Pointers to the volumes, ordered by name; NULL when there are none.
    pub volumes: *const *const zfssa_volume_t,
    /// `marker` of the next page; NULL after the last.
    pub next_marker: *const c_char,
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
            next_marker: arena.optional(self.next_marker.as_deref()),
        }
    }
}

/// The report of a deletion.
#[repr(C)]
pub struct zfssa_delete_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when it existed before the call, else 0.
    pub existed: u32,
}

impl View for Deleted {
    type C = zfssa_delete_report_t;

    fn view(&self, _: &mut Arena) -> zfssa_delete_report_t {
        zfssa_delete_report_t {
            size: size_of::<zfssa_delete_report_t>() as u32,
            existed: self.existed.into(),
        }
    }
}

/// Volume of a result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_volume(
    result: *const zfssa_result_t,
) -> *const zfssa_volume_t {
    guard::value(std::ptr::null(), || view::<Volume>(result))
}

/// Output of zfssa_list_volumes().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_volumes(
    result: *const zfssa_result_t,
) -> *const zfssa_volumes_t {
    guard::value(std::ptr::null(), || view::<Volumes>(result))
}

/// Output of zfssa_delete_volume() and zfssa_delete_snapshot().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_delete_report(
    result: *const zfssa_result_t,
) -> *const zfssa_delete_report_t {
    guard::value(std::ptr::null(), || view::<Deleted>(result))
}
