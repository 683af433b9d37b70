//! Retype of a volume.

use std::ffi::c_char;

use super::views::zfssa_volume_t;
use crate::driver::{Retype, Retyped};
use crate::error::Result;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::strings::zfssa_pair_t;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::operations::{Args, submit};
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Arguments of zfssa_retype().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_retype_args_t {
    /// sizeof(zfssa_retype_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the LUN; required.
    pub name: *const c_char,
    /// Extra specs of the new volume type. NULL: none.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_retype_args_t {
    size,
    flags,
    name,
    extra_specs,
    extra_specs_count,
    reserved
});

impl Args for zfssa_retype_args_t {
    type Operation = Retype;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<Retype> {
        reserved::<Self>(self.reserved)?;
        Ok(Retype {
            name: host.required(self.name, "name")?,
            extra_specs: host.pairs(self.extra_specs, self.extra_specs_count, "extra_specs")?,
        })
    }
}

/// The report of a retype.
#[repr(C)]
pub struct zfssa_retype_report_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when the volume matches the type now; 0 when that is impossible in place, and nothing was
    /// changed.
    pub in_place: u32,
    /// Elements of `changes`.
    pub changes_count: u32,
    /// 0.
    pub reserved: u32,
    /// Reason why it is impossible in place; empty otherwise.
    pub reason: *const c_char,
    /// Changes, one sentence each.
    pub changes: *const *const c_char,
    /// Volume as it is now.
    pub volume: *const zfssa_volume_t,
}

impl View for Retyped {
    type C = zfssa_retype_report_t;

    fn view(&self, arena: &mut Arena) -> zfssa_retype_report_t {
        zfssa_retype_report_t {
            size: size_of::<zfssa_retype_report_t>() as u32,
            in_place: self.in_place.into(),
            changes_count: count(&self.changes),
            reserved: 0,
            reason: arena.text(&self.reason),
            changes: arena.texts(&self.changes),
            volume: {
                let volume = self.volume.view(arena);
                arena.array(vec![volume])
            },
        }
    }
}

/// Output of zfssa_retype().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_retype_report(
    result: *const zfssa_result_t,
) -> *const zfssa_retype_report_t {
    guard::value(std::ptr::null(), || view::<Retyped>(result))
}

/// Changes a volume to match a volume type, as far as that is possible in place: all properties but
/// block size and encryption. Compression, deduplication and copies apply to data written from then
/// on. A type with another block size or encryption: `in_place` is 0, and nothing was changed.
///
/// Properties of zfssa_volume_t::properties that neither the type nor the backend sets are inherited
/// from the project again, and limits end; the write cache stays as it is.
///
/// Result: zfssa_result_retype_report().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_retype(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_retype_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}
