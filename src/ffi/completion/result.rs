//! How an operation ended, in the host's hands.

use std::any::Any;
use std::ffi::{CString, c_char};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, Status};
use crate::ffi::error::{ErrorObject, write_length};
use crate::ffi::guard;
use crate::ffi::marshal::view_memory::{Arena, Frozen, c_string};
use crate::ffi::process::handle::{self, Handle};
use crate::ffi::types::{zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t};

/// An operation's output, whatever it is.
pub(in crate::ffi) trait Output: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn json(&self) -> String;
}

impl<T: Serialize + Send + Sync + 'static> Output for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn json(&self) -> String {
        // Fails only for maps with keys that are not text, of which there are none.
        serde_json::to_string(self).unwrap_or_else(|_| "null".into())
    }
}

/// What an operation came to.
pub(in crate::ffi) type Outcome = std::result::Result<Box<dyn Output>, Error>;

/// A result, with what was made of it for the host.
pub(in crate::ffi) struct ResultObject {
    ticket: zfssa_ticket_t,
    user_data: u64,
    operation: &'static str,
    requests: u32,
    elapsed: Duration,
    outcome: std::result::Result<Box<dyn Output>, Arc<ErrorObject>>,
    operation_text: OnceLock<CString>,
    json: OnceLock<CString>,
    view: OnceLock<Frozen>,
    lent: OnceLock<LentError>,
}

impl Handle for zfssa_result_t {
    type Object = ResultObject;
    const KIND: &'static str = "result";
}

/// An output that the host can read as a structure.
pub(in crate::ffi) trait View: Any + Sized {
    /// The structure.
    type C: 'static;

    /// Fills the structure; what it points to is in the arena.
    fn view(&self, arena: &mut Arena) -> Self::C;
}

/// An error's handle that goes with the result.
struct LentError(*mut zfssa_error_t);

// SAFETY: a handle is a number; it is never dereferenced.
unsafe impl Send for LentError {}
// SAFETY: as above.
unsafe impl Sync for LentError {}

impl Drop for LentError {
    fn drop(&mut self) {
        handle::take_back(self.0);
    }
}

impl ResultObject {
    pub(in crate::ffi) fn new(
        ticket: zfssa_ticket_t,
        user_data: u64,
        operation: &'static str,
        requests: u32,
        elapsed: Duration,
        outcome: Outcome,
    ) -> Self {
        ResultObject {
            ticket,
            user_data,
            operation,
            requests,
            elapsed,
            outcome: outcome.map_err(|error| Arc::new(ErrorObject::new(error))),
            operation_text: OnceLock::new(),
            json: OnceLock::new(),
            view: OnceLock::new(),
            lent: OnceLock::new(),
        }
    }

    pub(in crate::ffi) fn ticket(&self) -> zfssa_ticket_t {
        self.ticket
    }

    pub(in crate::ffi) fn user_data(&self) -> u64 {
        self.user_data
    }

    /// The error of an operation that failed.
    #[cfg(test)]
    pub(in crate::ffi) fn failure(&self) -> Option<&Error> {
        self.outcome.as_ref().err().map(|error| error.error())
    }

    fn status(&self) -> zfssa_status_t {
        self.outcome
            .as_ref()
            .map_or_else(|error| error.error().status().code(), |_| 0)
    }

    fn error(&self) -> Option<*const zfssa_error_t> {
        let error = self.outcome.as_ref().err()?;
        let lent = self
            .lent
            .get_or_init(|| LentError(handle::lend(Arc::clone(error))));
        Some(lent.0)
    }

    fn json(&self) -> &CString {
        self.json.get_or_init(|| match &self.outcome {
            Ok(output) => c_string(&output.json()),
            Err(error) => error.json().to_owned(),
        })
    }
}

/// The structure of a result of this kind; none for a result of another kind and for a failure.
pub(in crate::ffi) fn view<V: View>(result: *const zfssa_result_t) -> Option<*const V::C> {
    let object = handle::get(result).ok()?;
    let output = object.outcome.as_ref().ok()?.as_any().downcast_ref::<V>()?;
    object
        .view
        .get_or_init(|| Frozen::new(|arena| output.view(arena)))
        .pointer()
}

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
        Some(
            object
                .operation_text
                .get_or_init(|| c_string(object.operation))
                .as_ptr(),
        )
    })
}

/// The ticket of the operation; 0 for a bad handle.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_ticket(result: *const zfssa_result_t) -> zfssa_ticket_t {
    guard::value(0, || Some(handle::get(result).ok()?.ticket))
}

/// What the host gave as `user_data` at submission; 0 for a bad handle.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_user_data(result: *const zfssa_result_t) -> u64 {
    guard::value(0, || Some(handle::get(result).ok()?.user_data))
}

/// How many requests the operation sent to the appliance, those for undoing included.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_requests(result: *const zfssa_result_t) -> u32 {
    guard::value(0, || Some(handle::get(result).ok()?.requests))
}

/// Microseconds from submission to completion.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_elapsed_us(result: *const zfssa_result_t) -> u64 {
    guard::value(0, || {
        u64::try_from(handle::get(result).ok()?.elapsed.as_micros()).ok()
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
    // SAFETY: `length` is NULL or writable, as the header asks.
    guard::value(std::ptr::null(), || unsafe {
        write_length(length, 0);
        let object = handle::get(result).ok()?;
        let json = object.json();
        write_length(length, json.count_bytes());
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
