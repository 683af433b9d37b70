//! An operation that needs no appliance.

use std::ffi::c_char;
use std::time::Duration;

use super::{Args, submit_optional};
use crate::driver::{Echo, Echoed};
use crate::error::{Error, Result, Status};
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::strings::{ZFSSA_MAX_TEXT, any};
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// What zfssa_echo() takes. `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_echo_args_t {
    /// sizeof(zfssa_echo_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Comes back as it is: any UTF-8 of up to ZFSSA_MAX_TEXT bytes. NULL: empty.
    pub message: *const c_char,
    /// How long the operation takes, in milliseconds.
    pub delay_ms: u64,
    /// The status to fail with; 0 to succeed.
    pub fail_with: zfssa_status_t,
    /// 0.
    pub reserved: u32,
}

versioned_struct!(zfssa_echo_args_t {
    size,
    flags,
    message,
    delay_ms,
    fail_with,
    reserved
});

impl Args for zfssa_echo_args_t {
    type Operation = Echo;

    fn flags(&self) -> u32 {
        self.flags
    }

    unsafe fn request(&self) -> Result<Echo> {
        reserved::<Self>(self.reserved)?;
        let unknown = || {
            Error::invalid_argument(
                "fail_with",
                self.fail_with,
                "one of the ZFSSA_E_ numbers, or 0",
            )
        };
        let fail_with = match self.fail_with {
            0 => None,
            code => Some(Status::from_code(code).ok_or_else(unknown)?),
        };
        // SAFETY: the caller's promise.
        let message = unsafe { any(self.message, "message", ZFSSA_MAX_TEXT) }?;
        Ok(Echo {
            message: message.unwrap_or_default(),
            delay: Duration::from_millis(self.delay_ms),
            fail_with,
        })
    }
}

/// What was echoed. More members may follow in later versions.
#[repr(C)]
pub struct zfssa_echoed_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The message.
    pub message: *const c_char,
}

impl View for Echoed {
    type C = zfssa_echoed_t;

    fn view(&self, arena: &mut Arena) -> zfssa_echoed_t {
        zfssa_echoed_t {
            size: size_of::<zfssa_echoed_t>() as u32,
            reserved: 0,
            message: arena.text(&self.message),
        }
    }
}

/// Waits, then answers with what it was given. Touches no appliance: for tests of hosts and
/// bindings.
///
/// Does not block. Any thread. Result: zfssa_result_echo(). Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_echo(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_echo_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit_optional` needs. The guard is in there.
    unsafe { submit_optional(driver, args, call, ticket, err) }
}

/// The output of zfssa_echo(); NULL for any other result and for a failure.
///
/// Does not block. Any thread. The view belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_echo(result: *const zfssa_result_t) -> *const zfssa_echoed_t {
    guard::value(std::ptr::null(), || view::<Echoed>(result))
}
