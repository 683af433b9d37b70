//! Exports on results: how an operation ended.

use std::ffi::c_char;

use crate::error::Status;
use crate::ffi::guard::{self, OptionalOut};
use crate::ffi::process::handle;
use crate::ffi::types::{zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t};

/// How the operation ended: ZFSSA_OK or an error's number. ZFSSA_E_INVALID_ARGUMENT for NULL
/// and for a result that was freed.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_status(result: *const zfssa_result_t) -> zfssa_status_t {
    guard::value(Status::InvalidArgument.code(), || {
        Some(
            handle::get(result)
                .map_or_else(|error| error.status().code(), |result| result.status()),
        )
    })
}

/// The error of an operation that failed; NULL for one that did not.
///
/// Does not block. Any thread. The error belongs to the result: do not free it. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_error(result: *const zfssa_result_t) -> *const zfssa_error_t {
    guard::value(std::ptr::null(), || handle::get(result).ok()?.error())
}

/// The operation's name, such as create_volume; NULL for a bad handle.
///
/// Does not block. Any thread. The text belongs to the result. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_operation(result: *const zfssa_result_t) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = handle::get(result).ok()?;
        Some(object.operation().as_ptr())
    })
}

/// The ticket of the operation; 0 for a bad handle.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_ticket(result: *const zfssa_result_t) -> zfssa_ticket_t {
    guard::value(0, || Some(handle::get(result).ok()?.ticket()))
}

/// What the host gave as `user_data` at submission; 0 for a bad handle.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_user_data(result: *const zfssa_result_t) -> u64 {
    guard::value(0, || Some(handle::get(result).ok()?.user_data()))
}

/// How many requests the operation sent to the appliance, those for undoing included.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_requests(result: *const zfssa_result_t) -> u32 {
    guard::value(0, || Some(handle::get(result).ok()?.requests()))
}

/// Microseconds from submission to completion.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_elapsed_us(result: *const zfssa_result_t) -> u64 {
    guard::value(0, || {
        u64::try_from(handle::get(result).ok()?.elapsed().as_micros()).ok()
    })
}

/// The output as JSON; for a failure, the error as zfssa_error_json() gives it. Secrets print as
/// "***". `length`, which may be NULL, gets the bytes without the NUL. NULL for a bad handle.
///
/// Does not block. Any thread. The text belongs to the result. Since 1.0.
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

/// Frees a result with everything that belongs to it; secrets in it are wiped. NULL is fine.
///
/// Does not block. Any thread, callbacks included. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_free(result: *mut zfssa_result_t) {
    guard::quiet(|| drop(handle::take(result)));
}
