//! Revert of a volume to a snapshot.

use std::ffi::c_char;

use crate::driver::RevertToSnapshot;
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// What zfssa_revert_to_snapshot() takes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_revert_to_snapshot_args_t {
    /// sizeof(zfssa_revert_to_snapshot_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// The LUN's name; required.
    pub volume: *const c_char,
    /// The snapshot's name; required.
    pub snapshot: *const c_char,
    /// The size in GiB that Cinder knows the volume by; 0: the size that it has.
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

    unsafe fn request(&self) -> Result<RevertToSnapshot> {
        // SAFETY: the caller's promise.
        unsafe {
            Ok(RevertToSnapshot {
                volume: strings::required(self.volume, "volume")?,
                snapshot: strings::required(self.snapshot, "snapshot")?,
                size_gib: self.size_gib,
            })
        }
    }
}

/// Sets a volume back to what it was when a snapshot was taken, and keeps its size. What was
/// written since is lost. Newer snapshots and their clones stand in the way: they are named and
/// stay untouched, ZFSSA_E_REVERT_BLOCKED. One taken in the same second counts as newer. A volume
/// that a host sees is ZFSSA_E_VOLUME_BUSY.
///
/// Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
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
