//! The three hooks of Cinder for which the appliance needs nothing.

use std::ffi::c_char;

use crate::driver::{CreateExport, EnsureExport, RemoveExport};
use crate::error::Result;
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::versioned_struct::versioned_struct;
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// Arguments of zfssa_create_export().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_create_export_args_t {
    /// sizeof(zfssa_create_export_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
}

versioned_struct!(zfssa_create_export_args_t {
    size,
    flags,
    volume
});

impl Args for zfssa_create_export_args_t {
    type Operation = CreateExport;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CreateExport> {
        Ok(CreateExport {
            volume: host.required(self.volume, "volume")?,
        })
    }
}

/// Arguments of zfssa_remove_export().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_remove_export_args_t {
    /// sizeof(zfssa_remove_export_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
}

versioned_struct!(zfssa_remove_export_args_t {
    size,
    flags,
    volume
});

impl Args for zfssa_remove_export_args_t {
    type Operation = RemoveExport;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<RemoveExport> {
        Ok(RemoveExport {
            volume: host.required(self.volume, "volume")?,
        })
    }
}

/// Arguments of zfssa_ensure_export().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_ensure_export_args_t {
    /// sizeof(zfssa_ensure_export_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub volume: *const c_char,
}

versioned_struct!(zfssa_ensure_export_args_t {
    size,
    flags,
    volume
});

impl Args for zfssa_ensure_export_args_t {
    type Operation = EnsureExport;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<EnsureExport> {
        Ok(EnsureExport {
            volume: host.required(self.volume, "volume")?,
        })
    }
}

/// Prepares a volume for attachment. The appliance needs no preparation: no request is sent.
///
/// Result: none but its JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_create_export(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_create_export_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Reverses zfssa_create_export(). No request is sent.
///
/// Result: none but its JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_remove_export(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_remove_export_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Restores the export of a volume in use, which Cinder asks for at its start. No request is sent.
///
/// Result: none but its JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_ensure_export(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_ensure_export_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
