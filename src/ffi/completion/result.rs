//! Result objects: output or error of an operation.

use std::any::Any;
use std::ffi::{CStr, CString};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;

use crate::error::Error;
use crate::ffi::error::ErrorObject;
use crate::ffi::marshal::view_memory::{Arena, OwnedView, c_string};
use crate::ffi::process::handle::{self, Handle};
use crate::ffi::types::{zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t};
use crate::scope::traceparent::Traceparent;

/// An operation's output of any type.
pub(in crate::ffi) trait AnyOutput: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn json(&self) -> String;
}

impl<T: Serialize + Send + Sync + 'static> AnyOutput for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn json(&self) -> String {
        // Fails only for maps with keys that are not text, of which there are none.
        serde_json::to_string(self).unwrap_or_else(|_| "null".into())
    }
}

/// Output or error of an operation.
pub(in crate::ffi) type Completion = std::result::Result<Box<dyn AnyOutput>, Error>;

/// A result, with the views made for the host.
pub(in crate::ffi) struct ResultObject {
    ticket: zfssa_ticket_t,
    user_data: u64,
    operation: &'static str,
    requests: u32,
    elapsed: Duration,
    outcome: std::result::Result<Box<dyn AnyOutput>, Arc<ErrorObject>>,
    traceparent: Option<CString>,
    operation_text: OnceLock<CString>,
    json: OnceLock<CString>,
    view: OnceLock<OwnedView>,
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
        outcome: Completion,
    ) -> Self {
        ResultObject {
            ticket,
            user_data,
            operation,
            requests,
            elapsed,
            outcome: outcome.map_err(|error| Arc::new(ErrorObject::new(error))),
            traceparent: None,
            operation_text: OnceLock::new(),
            json: OnceLock::new(),
            view: OnceLock::new(),
            lent: OnceLock::new(),
        }
    }

    /// The same result with the trace context of its call.
    pub(in crate::ffi) fn traced(self, traceparent: Option<&Traceparent>) -> Self {
        ResultObject {
            traceparent: traceparent.map(|value| c_string(value.as_str())),
            ..self
        }
    }

    /// The trace context of the call, if it has one.
    pub(in crate::ffi) fn traceparent(&self) -> Option<&CStr> {
        self.traceparent.as_deref()
    }

    pub(in crate::ffi) fn ticket(&self) -> zfssa_ticket_t {
        self.ticket
    }

    pub(in crate::ffi) fn user_data(&self) -> u64 {
        self.user_data
    }

    /// The operation's name.
    pub(in crate::ffi) fn operation(&self) -> &CStr {
        self.operation_text.get_or_init(|| c_string(self.operation))
    }

    /// Requests that the operation sent.
    pub(in crate::ffi) fn requests(&self) -> u32 {
        self.requests
    }

    /// Time from submission to completion.
    pub(in crate::ffi) fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The error of an operation that failed.
    #[cfg(test)]
    pub(in crate::ffi) fn failure(&self) -> Option<&Error> {
        self.outcome.as_ref().err().map(|error| error.error())
    }

    pub(in crate::ffi) fn status(&self) -> zfssa_status_t {
        self.outcome
            .as_ref()
            .map_or_else(|error| error.error().status().code(), |_| 0)
    }

    /// The error's handle, which belongs to the result; none for a success.
    pub(in crate::ffi) fn error(&self) -> Option<*const zfssa_error_t> {
        let error = self.outcome.as_ref().err()?;
        let lent = self
            .lent
            .get_or_init(|| LentError(handle::lend(Arc::clone(error))));
        Some(lent.0)
    }

    /// The output or the error as JSON, made at the first call.
    pub(in crate::ffi) fn json(&self) -> &CStr {
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
        .get_or_init(|| OwnedView::new(|arena| output.view(arena)))
        .pointer()
}
