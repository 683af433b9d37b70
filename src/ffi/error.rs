//! Error objects: the errors that the host holds.

use std::ffi::{CStr, CString};
use std::sync::{Arc, OnceLock};

use serde_json::json;

use super::types::zfssa_error_t;
use crate::error::Error;
use crate::ffi::marshal::view_memory::{Arena, OwnedView, c_string};
use crate::ffi::process::handle::{self, Handle};

/// An error object.
pub(in crate::ffi) struct ErrorObject {
    error: Error,
    info: OnceLock<OwnedView>,
    json: OnceLock<CString>,
}

impl Handle for zfssa_error_t {
    type Object = ErrorObject;
    const KIND: &'static str = "error";
}

impl ErrorObject {
    pub(in crate::ffi) fn new(error: Error) -> Self {
        ErrorObject {
            error,
            info: OnceLock::new(),
            json: OnceLock::new(),
        }
    }

    pub(in crate::ffi) fn error(&self) -> &Error {
        &self.error
    }

    /// The error as a structure, made by `describe` at the first call.
    pub(in crate::ffi) fn info<T: 'static>(
        &self,
        describe: impl FnOnce(&Error, &mut Arena) -> T,
    ) -> Option<*const T> {
        self.info
            .get_or_init(|| OwnedView::new(|arena| describe(&self.error, arena)))
            .pointer()
    }

    /// The error as JSON, made at the first call.
    pub(in crate::ffi) fn json(&self) -> &CStr {
        self.json.get_or_init(|| c_string(&json_of(&self.error)))
    }
}

/// Makes a handle for an error that the host frees.
pub(in crate::ffi) fn give(error: Error) -> *mut zfssa_error_t {
    handle::give(Arc::new(ErrorObject::new(error)))
}

fn json_of(error: &Error) -> String {
    json!({
        "status": error.status().code(),
        "status_name": error.status().name(),
        "outcome": error.outcome().code(),
        "outcome_name": error.outcome().name(),
        "retryable": error.retryable(),
        "http_status": error.http_status(),
        "attempts": error.attempts(),
        "retry_after_ms": error.retry_after().map(|delay| delay.as_millis() as u64),
        "message": error.message(),
        "fault": error.fault(),
        "operation": error.operation(),
        "resource": error.resource().filter(|text| !text.is_empty()),
        "left_behind": error.left_behind(),
        "causes": error.causes(),
    })
    .to_string()
}
