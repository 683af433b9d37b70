//! An operation that needs no appliance.

use std::ffi::c_char;
use std::time::Duration;

use super::{Args, submit_optional};
use crate::driver::{Echo, Echoed};
use crate::error::{Error, Result, Status};
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::zfssa_call_t;
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::strings::ZFSSA_MAX_TEXT;
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Arguments of zfssa_echo(). `args` may be NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_echo_args_t {
    /// sizeof(zfssa_echo_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Returned unchanged: UTF-8 of up to ZFSSA_MAX_TEXT bytes. NULL: an empty text.
    pub message: *const c_char,
    /// Duration of the operation, in milliseconds.
    pub delay_ms: u64,
    /// Status to fail with; 0 to succeed.
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

    fn request(&self, host: &HostMemory) -> Result<Echo> {
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
        let message = host.any(self.message, "message", ZFSSA_MAX_TEXT)?;
        Ok(Echo {
            message: message.unwrap_or_default(),
            delay: Duration::from_millis(self.delay_ms),
            fail_with,
        })
    }
}

/// The reply to an echo.
#[repr(C)]
pub struct zfssa_echo_reply_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The message.
    pub message: *const c_char,
}

impl View for Echoed {
    type C = zfssa_echo_reply_t;

    fn view(&self, arena: &mut Arena) -> zfssa_echo_reply_t {
        zfssa_echo_reply_t {
            size: size_of::<zfssa_echo_reply_t>() as u32,
            reserved: 0,
            message: arena.text(&self.message),
        }
    }
}

/// Waits, then returns its message. Does not access the appliance; for tests of hosts and bindings.
///
/// Result: zfssa_result_echo().
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

/// Output of zfssa_echo().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_echo(
    result: *const zfssa_result_t,
) -> *const zfssa_echo_reply_t {
    guard::value(std::ptr::null(), || view::<Echoed>(result))
}
