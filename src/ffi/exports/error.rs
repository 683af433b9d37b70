//! Exports on errors: what an error object says, and the names of the numbers.

use std::ffi::{CString, c_char};

use once_cell::race::OnceBox;

use crate::error::{Error, Outcome, Status};
use crate::ffi::guard::{self, OptionalOut};
use crate::ffi::marshal::view_memory::{self, c_string};
use crate::ffi::process::handle;
use crate::ffi::types::{zfssa_error_t, zfssa_outcome_t, zfssa_status_t};

/// The details of an error. Contains no secrets.
#[repr(C)]
pub struct zfssa_error_info_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Status.
    pub status: zfssa_status_t,
    /// Whether the appliance was changed.
    pub outcome: zfssa_outcome_t,
    /// 1 if the same call may succeed later without any change, else 0.
    pub retryable: u32,
    /// HTTP status of the response; 0 without a response.
    pub http_status: u32,
    /// Number of times that the failed request was sent; 0 if it was not.
    pub attempts: u32,
    /// Wait that the appliance asked for, in milliseconds; -1 if it did not.
    pub retry_after_ms: i64,
    /// Operation, resource, message, causes and objects left behind, in one line.
    pub text: *const c_char,
    /// Failure and remedy, in one sentence.
    pub message: *const c_char,
    /// Fault name of the appliance, such as ERR_OBJECT_EXISTS; NULL if there is none.
    pub fault: *const c_char,
    /// Operation, such as create_volume; NULL outside of operations.
    pub operation: *const c_char,
    /// Object of the operation; NULL if there is none.
    pub resource: *const c_char,
    /// Objects that the rollback could not remove; see ZFSSA_OUTCOME_PARTIAL.
    pub left_behind: *const *const c_char,
    /// Underlying messages, outermost first. For ZFSSA_E_CONFIG, one for each problem.
    pub causes: *const *const c_char,
    /// Elements of `left_behind`.
    pub left_behind_count: u32,
    /// Elements of `causes`.
    pub causes_count: u32,
}

fn describe(error: &Error, arena: &mut view_memory::Arena) -> zfssa_error_info_t {
    let ms = |delay: std::time::Duration| i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
    zfssa_error_info_t {
        size: size_of::<zfssa_error_info_t>() as u32,
        status: error.status().code(),
        outcome: error.outcome().code(),
        retryable: error.retryable().into(),
        http_status: error.http_status().unwrap_or(0).into(),
        attempts: error.attempts(),
        retry_after_ms: error.retry_after().map_or(-1, ms),
        text: arena.text(&error.to_string()),
        message: arena.text(error.message()),
        fault: arena.optional(error.fault()),
        operation: arena.optional(error.operation()),
        resource: arena.optional(error.resource().filter(|text| !text.is_empty())),
        left_behind: arena.texts(error.left_behind()),
        causes: arena.texts(error.causes()),
        left_behind_count: view_memory::count(error.left_behind()),
        causes_count: view_memory::count(error.causes()),
    }
}

/// Details of an error; NULL for NULL and for a freed error. They belong to the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_error_info(
    error: *const zfssa_error_t,
) -> *const zfssa_error_info_t {
    guard::value(std::ptr::null(), || handle::get(error).ok()?.info(describe))
}

/// The details as a JSON object, with `status_name` and `outcome_name` in addition to the numbers.
/// `length` receives the bytes without the NUL, and may be NULL. Returns NULL, and 0 in `length`,
/// for NULL and for a freed error. The text belongs to the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_error_json(
    error: *const zfssa_error_t,
    length: *mut u64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        // SAFETY: `length` is NULL or writable, as the header asks.
        let length = unsafe { OptionalOut::new(length, 0) };
        let object = handle::get(error).ok()?;
        let json = object.json();
        length.set(json.count_bytes() as u64);
        Some(json.as_ptr())
    })
}

/// Frees an error. NULL is ignored, and so is an error that belongs to a result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_error_free(error: *mut zfssa_error_t) {
    guard::quiet(|| drop(handle::take(error)));
}

/// Name of a status without the prefix, such as VOLUME_BUSY; OK for 0, UNKNOWN for an unknown
/// number. Never NULL. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_status_name(status: zfssa_status_t) -> *const c_char {
    guard::value(c"UNKNOWN".as_ptr(), || {
        Some(status_texts(status)?.name.as_ptr())
    })
}

/// Description of a status, in one sentence. Never NULL. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_status_description(status: zfssa_status_t) -> *const c_char {
    guard::value(
        c"A status of a later version; treat it by its class.".as_ptr(),
        || Some(status_texts(status)?.description.as_ptr()),
    )
}

/// 1 if the same call may succeed later without any change, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_status_retryable(status: zfssa_status_t) -> u32 {
    guard::value(0, || Some(Status::from_code(status)?.retryable().into()))
}

/// Name of an outcome without the prefix, such as ROLLED_BACK; INVALID for an unknown number. Never
/// NULL. The text is static.
#[unsafe(no_mangle)]
pub extern "C" fn zfssa_outcome_name(outcome: zfssa_outcome_t) -> *const c_char {
    guard::value(c"INVALID".as_ptr(), || {
        // `OnceBox` never blocks, so that a fork during the first use does not hang the child.
        static NAMES: OnceBox<Vec<CString>> = OnceBox::new();
        let names = NAMES.get_or_init(|| {
            let names = Outcome::ALL.iter().map(|outcome| c_string(outcome.name()));
            Box::new(names.collect())
        });
        Some(names.get(outcome as usize)?.as_ptr())
    })
}

struct StatusTexts {
    name: CString,
    description: CString,
}

fn status_texts(status: zfssa_status_t) -> Option<&'static StatusTexts> {
    // `OnceBox` never blocks, so that a fork during the first use does not hang the child.
    static TEXTS: OnceBox<Vec<(zfssa_status_t, StatusTexts)>> = OnceBox::new();
    let texts = TEXTS.get_or_init(|| {
        let row = |code, name, description| {
            (
                code,
                StatusTexts {
                    name: c_string(name),
                    description: c_string(description),
                },
            )
        };
        let success = std::iter::once(row(0, "OK", "Success."));
        let failures = Status::ALL
            .iter()
            .map(|status| row(status.code(), status.name(), status.description()));
        Box::new(success.chain(failures).collect())
    });
    texts
        .iter()
        .find(|(code, _)| *code == status)
        .map(|(_, texts)| texts)
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;
    use crate::ffi::error::give;

    #[test]
    fn every_fact_comes_out() {
        let error = Error::new(Status::VolumeBusy, "has snapshots")
            .with_http_status(409)
            .with_fault("ERR_X")
            .with_attempts(2)
            .with_cause("deep")
            .with_left_behind(["snap-1".to_owned()])
            .in_operation("delete_volume", "v1");
        let handle = give(error);
        // SAFETY: the error lives until it is freed below; its texts are C strings.
        unsafe {
            let info = &*zfssa_error_info(handle);
            assert_eq!(info.size as usize, size_of::<zfssa_error_info_t>());
            assert_eq!((info.status, info.outcome), (-302, Outcome::Partial.code()));
            assert_eq!(
                (info.http_status, info.attempts, info.retryable),
                (409, 2, 0)
            );
            assert_eq!(CStr::from_ptr(info.resource), c"v1");
            assert_eq!(CStr::from_ptr(*info.left_behind), c"snap-1");
            assert_eq!(info.retry_after_ms, -1);
            let mut length = 0;
            let json = CStr::from_ptr(zfssa_error_json(handle, &mut length));
            assert_eq!(json.count_bytes() as u64, length);
            let json: serde_json::Value = serde_json::from_slice(json.to_bytes()).unwrap();
            assert_eq!(json["status_name"], "VOLUME_BUSY");
            zfssa_error_free(handle);
            assert!(zfssa_error_info(handle).is_null());
            zfssa_error_free(handle);
        }
    }

    #[test]
    fn numbers_have_names() {
        let name = |status| unsafe { CStr::from_ptr(zfssa_status_name(status)) };
        assert_eq!(name(0), c"OK");
        assert_eq!(name(Status::Stale.code()), c"STALE");
        assert_eq!(name(-999), c"UNKNOWN");
        let outcome = |code| unsafe { CStr::from_ptr(zfssa_outcome_name(code)) };
        assert_eq!(outcome(4), c"ROLLED_BACK");
        assert_eq!(outcome(77), c"INVALID");
        assert_eq!(zfssa_status_retryable(Status::Busy.code()), 1);
    }
}
