//! Groups of volumes: creation, also from another group, change and deletion.

use std::ffi::c_char;

use crate::driver::{CreateGroup, CreateGroupFromSrc, DeleteGroup, GroupClone, UpdateGroup};
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::strings::zfssa_pair_t;
use crate::ffi::marshal::versioned_struct::{reserved, reserved_in, versioned_struct};
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// A volume of a new group.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_group_clone_t {
    /// Name of the new LUN; required.
    pub name: *const c_char,
    /// Name of the source LUN; required.
    pub source_volume: *const c_char,
    /// Snapshot of the source. NULL: the current state of the source, at one instant for all
    /// sources.
    pub snapshot: *const c_char,
    /// Size in GiB, at least that of the source.
    pub size_gib: u64,
    /// Extra specs of the volume type. NULL: none.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
}

fn clones(
    host: &HostMemory,
    clones: *const zfssa_group_clone_t,
    count: u32,
) -> Result<Vec<GroupClone>> {
    let clones = host.items(clones, count, "volumes")?;
    let one = |(at, clone): (usize, zfssa_group_clone_t)| {
        let named = |member: &str| format!("volumes[{at}].{member}");
        reserved_in(&format!("volumes[{at}]"), clone.reserved)?;
        Ok(GroupClone {
            name: host.required(clone.name, &named("name"))?,
            size_gib: clone.size_gib,
            source_volume: host.required(clone.source_volume, &named("source_volume"))?,
            snapshot: host
                .optional(
                    clone.snapshot,
                    &named("snapshot"),
                    "the source as it is now",
                )?
                .unwrap_or_default(),
            extra_specs: host.pairs(
                clone.extra_specs,
                clone.extra_specs_count,
                &named("extra_specs"),
            )?,
        })
    };
    clones.into_iter().enumerate().map(one).collect()
}

/// Arguments of zfssa_create_group().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_group_args_t {
    /// sizeof(zfssa_create_group_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Cinder's id; required.
    pub id: *const c_char,
}

versioned_struct!(zfssa_create_group_args_t { size, flags, id });

impl Args for zfssa_create_group_args_t {
    type Operation = CreateGroup;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateGroup> {
        Ok(CreateGroup {
            id: host.required(self.id, "id")?,
        })
    }
}

/// Arguments of zfssa_update_group().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_update_group_args_t {
    /// sizeof(zfssa_update_group_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Cinder's id; required.
    pub id: *const c_char,
    /// Names of the volumes to add.
    pub add_volumes: *const *const c_char,
    /// Names of the volumes to remove.
    pub remove_volumes: *const *const c_char,
    /// Elements of `add_volumes`.
    pub add_volumes_count: u32,
    /// Elements of `remove_volumes`.
    pub remove_volumes_count: u32,
}

versioned_struct!(zfssa_update_group_args_t {
    size,
    flags,
    id,
    add_volumes,
    remove_volumes,
    add_volumes_count,
    remove_volumes_count
});

impl Args for zfssa_update_group_args_t {
    type Operation = UpdateGroup;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<UpdateGroup> {
        Ok(UpdateGroup {
            id: host.required(self.id, "id")?,
            add_volumes: host.list(self.add_volumes, self.add_volumes_count, "add_volumes")?,
            remove_volumes: host.list(
                self.remove_volumes,
                self.remove_volumes_count,
                "remove_volumes",
            )?,
        })
    }
}

/// Arguments of zfssa_delete_group().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_delete_group_args_t {
    /// sizeof(zfssa_delete_group_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Cinder's id; required.
    pub id: *const c_char,
    /// Names of its volumes.
    pub volumes: *const *const c_char,
    /// Elements of `volumes`.
    pub volumes_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_delete_group_args_t {
    size,
    flags,
    id,
    volumes,
    volumes_count,
    reserved
});

impl Args for zfssa_delete_group_args_t {
    type Operation = DeleteGroup;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<DeleteGroup> {
        reserved::<Self>(self.reserved)?;
        Ok(DeleteGroup {
            id: host.required(self.id, "id")?,
            volumes: host.list(self.volumes, self.volumes_count, "volumes")?,
        })
    }
}

/// Arguments of zfssa_create_group_from_src().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_group_from_src_args_t {
    /// sizeof(zfssa_create_group_from_src_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Cinder's id; required.
    pub id: *const c_char,
    /// The volumes of the new group.
    pub volumes: *const zfssa_group_clone_t,
    /// Elements of `volumes`.
    pub volumes_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_create_group_from_src_args_t {
    size,
    flags,
    id,
    volumes,
    volumes_count,
    reserved
});

impl Args for zfssa_create_group_from_src_args_t {
    type Operation = CreateGroupFromSrc;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateGroupFromSrc> {
        reserved::<Self>(self.reserved)?;
        Ok(CreateGroupFromSrc {
            id: host.required(self.id, "id")?,
            volumes: clones(host, self.volumes, self.volumes_count)?,
        })
    }
}

/// Creates a group. The appliance has no groups of volumes: no request is sent.
///
/// Result: none but its JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_group(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_group_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Adds volumes to a group and removes volumes from it. Changes nothing on the appliance; added
/// volumes must exist.
///
/// Result: none but its JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_update_group(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_update_group_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Deletes the volumes of a group, clones first, and reports on each. The deletion of a volume is
/// deferred, by the policy of zfssa_delete_volume(), only if volumes outside the group are clones of
/// it.
///
/// Result: zfssa_result_group_delete_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_delete_group(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_delete_group_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Creates the volumes of a group from the snapshots of another, or from its volumes at one
/// instant: all of them or none.
///
/// Result: zfssa_result_volumes().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_group_from_src(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_group_from_src_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
