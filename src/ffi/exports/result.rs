//! Exports on results: how an operation ended.

use std::ffi::c_char;

use crate::error::Status;
use crate::ffi::guard::{self, OptionalOut};
use crate::ffi::process::handle;
use crate::ffi::types::{zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t};

/// Status of the operation. ZFSSA_E_INVALID_ARGUMENT for NULL and for a freed result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_status(result: *const zfssa_result_t) -> zfssa_status_t {
    guard::value(Status::InvalidArgument.code(), || {
        Some(
            handle::get(result)
                .map_or_else(|error| error.status().code(), |result| result.status()),
        )
    })
}

/// Error of a failed operation; NULL if it succeeded. It belongs to the result: do not free it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_error(result: *const zfssa_result_t) -> *const zfssa_error_t {
    guard::value(std::ptr::null(), || handle::get(result).ok()?.error())
}

/// Name of the operation, such as create_volume; NULL for a bad handle. It belongs to the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_operation(result: *const zfssa_result_t) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = handle::get(result).ok()?;
        Some(object.operation().as_ptr())
    })
}

/// Ticket of the operation; 0 for a bad handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_ticket(result: *const zfssa_result_t) -> zfssa_ticket_t {
    guard::value(0, || Some(handle::get(result).ok()?.ticket()))
}

/// The `user_data` of the call; 0 for a bad handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_user_data(result: *const zfssa_result_t) -> u64 {
    guard::value(0, || Some(handle::get(result).ok()?.user_data()))
}

/// The `traceparent` of the call, as the caller gave it; NULL without one and for a bad handle. It
/// belongs to the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_traceparent(result: *const zfssa_result_t) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Some(handle::get(result).ok()?.traceparent()?.as_ptr())
    })
}

/// Number of requests sent to the appliance, including those of a rollback.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_requests(result: *const zfssa_result_t) -> u32 {
    guard::value(0, || Some(handle::get(result).ok()?.requests()))
}

/// Time from submission to completion, in microseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_elapsed_us(result: *const zfssa_result_t) -> u64 {
    guard::value(0, || {
        u64::try_from(handle::get(result).ok()?.elapsed().as_micros()).ok()
    })
}

/// The output as JSON; for a failure, the error as in zfssa_error_json(). Secrets are printed as
/// "***". `length` receives the bytes without the NUL, and may be NULL. NULL for a bad handle. The
/// text belongs to the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_json(
    result: *const zfssa_result_t,
    length: *mut u64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        // SAFETY: `length` is NULL or writable, as the header asks.
        let length = unsafe { OptionalOut::new(length, 0) };
        let object = handle::get(result).ok()?;
        let json = object.json();
        length.set(json.count_bytes() as u64);
        Some(json.as_ptr())
    })
}

/// Frees a result and everything that belongs to it, and wipes its secrets. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_free(result: *mut zfssa_result_t) {
    guard::quiet(|| drop(handle::take(result)));
}
