//! Consistent snapshots of groups.

use std::ffi::c_char;

use crate::driver::{CreateGroupSnapshot, DeleteGroupSnapshot, GroupMember};
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// A volume of a group, and its snapshot.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_group_member_t {
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// Name of the snapshot; required.
    pub snapshot: *const c_char,
}

fn members(
    host: &HostMemory,
    members: *const zfssa_group_member_t,
    count: u32,
) -> Result<Vec<GroupMember>> {
    let members = host.items(members, count, "members")?;
    let one = |(at, member): (usize, zfssa_group_member_t)| {
        Ok(GroupMember {
            volume: host.required(member.volume, &format!("members[{at}].volume"))?,
            snapshot: host.required(member.snapshot, &format!("members[{at}].snapshot"))?,
        })
    };
    members.into_iter().enumerate().map(one).collect()
}

/// Arguments of zfssa_create_group_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_group_snapshot_args_t {
    /// sizeof(zfssa_create_group_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Cinder's id; required.
    pub id: *const c_char,
    /// The volumes and their snapshots.
    pub members: *const zfssa_group_member_t,
    /// Elements of `members`.
    pub members_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_create_group_snapshot_args_t {
    size,
    flags,
    id,
    members,
    members_count,
    reserved
});

impl Args for zfssa_create_group_snapshot_args_t {
    type Operation = CreateGroupSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateGroupSnapshot> {
        reserved::<Self>(self.reserved)?;
        Ok(CreateGroupSnapshot {
            id: host.required(self.id, "id")?,
            members: members(host, self.members, self.members_count)?,
        })
    }
}

/// Arguments of zfssa_delete_group_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_delete_group_snapshot_args_t {
    /// sizeof(zfssa_delete_group_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Cinder's id; required.
    pub id: *const c_char,
    /// The volumes and their snapshots.
    pub members: *const zfssa_group_member_t,
    /// Elements of `members`.
    pub members_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_delete_group_snapshot_args_t {
    size,
    flags,
    id,
    members,
    members_count,
    reserved
});

impl Args for zfssa_delete_group_snapshot_args_t {
    type Operation = DeleteGroupSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<DeleteGroupSnapshot> {
        reserved::<Self>(self.reserved)?;
        Ok(DeleteGroupSnapshot {
            id: host.required(self.id, "id")?,
            members: members(host, self.members, self.members_count)?,
        })
    }
}

/// Creates snapshots of all volumes of a group at one instant: all of them or none. May be repeated
/// with the same id.
///
/// Result: zfssa_result_snapshots().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_group_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_group_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Deletes the snapshots of a group, and reports on each. Also deletes the temporary snapshot of
/// the project that an interrupted zfssa_create_group_snapshot() with this id left; no member needs
/// to exist for that.
///
/// Result: zfssa_result_group_delete_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_delete_group_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_delete_group_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
