//! Revert of a volume to a snapshot.

use std::ffi::c_char;

use crate::driver::RevertToSnapshot;
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// Arguments of zfssa_revert_to_snapshot().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_revert_to_snapshot_args_t {
    /// sizeof(zfssa_revert_to_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
    /// Name of the snapshot; required.
    pub snapshot: *const c_char,
    /// Size of the volume in Cinder, in GiB; 0: its current size.
    pub size_gib: u64,
}

versioned_struct!(zfssa_revert_to_snapshot_args_t {
    size,
    flags,
    volume,
    snapshot,
    size_gib
});

impl Args for zfssa_revert_to_snapshot_args_t {
    type Operation = RevertToSnapshot;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<RevertToSnapshot> {
        Ok(RevertToSnapshot {
            volume: host.required(self.volume, "volume")?,
            snapshot: host.required(self.snapshot, "snapshot")?,
            size_gib: self.size_gib,
        })
    }
}

/// Reverts a volume to a snapshot, and keeps its size. Data written since the snapshot is lost.
/// Newer snapshots, or clones of them, prevent it: the call fails with ZFSSA_E_REVERT_BLOCKED,
/// which names them, and changes nothing. A snapshot of the same second counts as newer. A volume
/// that is presented to a host fails with ZFSSA_E_VOLUME_BUSY.
///
/// Result: zfssa_result_volume().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_revert_to_snapshot(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_revert_to_snapshot_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
