//! The call structure of every operation: timeout, destination of the completion, operation id,
//! and trace context.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use crate::driver::Timeout;
use crate::error::{Error, Result};
use crate::ffi::call::{CallArgs, CompletionTarget};
use crate::ffi::completion::callback::Callback;
use crate::ffi::marshal::strings;
use crate::ffi::marshal::versioned_struct::{self, versioned_struct};
use crate::ffi::process::handle;
use crate::ffi::types::{zfssa_queue_t, zfssa_result_t};

/// Callback invoked when an operation completes, or when an image must be written. The callback
/// owns the result and frees it with zfssa_result_free(). Callbacks run one at a time on the thread
/// zfssa-cb; they may call any function that does not block, and must neither throw nor longjmp.
pub type zfssa_callback_t =
    Option<unsafe extern "C" fn(context: *mut c_void, result: *mut zfssa_result_t)>;

/// Destructor for a callback context. Called exactly once, on the thread zfssa-cb, after the
/// library's last use of `context`.
pub type zfssa_drop_t = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// Post ZFSSA_EV_PROGRESS events before the completion. Requires a queue.
pub const ZFSSA_CALL_PROGRESS: u32 = 1;

/// Options of one call. NULL, or zero in all members but `size`: the configured timeout, and a
/// ticket to wait for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_call_t {
    /// sizeof(zfssa_call_t).
    pub size: u32,
    /// 0 or ZFSSA_CALL_PROGRESS.
    pub flags: u32,
    /// Timeout of the whole operation, with login, retries and polls, in milliseconds. 0: the
    /// option zfssa_operation_timeout; -1: no timeout. A rollback after it has its own timeout,
    /// zfssa_rollback_timeout.
    pub timeout_ms: i64,
    /// Queue for the completion. NULL without a callback: kept for zfssa_ticket_wait().
    pub queue: *mut zfssa_queue_t,
    /// Returned with the completion; opaque to the library.
    pub user_data: u64,
    /// Callback for the completion. Not together with a queue.
    pub callback: zfssa_callback_t,
    /// Context of `callback` and `drop`; opaque to the library.
    pub context: *mut c_void,
    /// Destructor of `context`, called after the callback returned; not called if the submission
    /// was refused. Requires a callback.
    pub drop: zfssa_drop_t,
    /// Operation id, up to 128 bytes, written on the objects that the operation creates. A repeated
    /// call with the same id, even by another process, recognizes them as its own. NULL: a new
    /// UUID.
    pub operation_id: *const c_char,
    /// Trace context of the caller, the value of the header traceparent of W3C Trace Context. Each
    /// request to the appliance carries this header with the same trace id and flags, and a parent
    /// id of its own. NULL: no header.
    pub traceparent: *const c_char,
}

versioned_struct!(zfssa_call_t {
    size,
    flags,
    timeout_ms,
    queue,
    user_data,
    callback,
    context,
    drop,
    operation_id,
    traceparent
});

/// Longest operation id, in bytes.
const LONGEST_ID: usize = 128;

/// Reads what the host says about a call.
///
/// # Safety
///
/// `call` is NULL or as [`versioned_struct::read`] asks, and its strings as [`strings::any`] does.
pub(in crate::ffi) unsafe fn read(call: *const zfssa_call_t) -> Result<CallArgs> {
    if call.is_null() {
        return Ok(CallArgs {
            timeout: Timeout::Configured,
            user_data: 0,
            operation_id: None,
            traceparent: None,
            progress: false,
            further_events: 0,
            to: CompletionTarget::Wait,
        });
    }
    // SAFETY: the caller's promise.
    let call = unsafe { versioned_struct::read(call) }?;
    versioned_struct::known_flags::<zfssa_call_t>(call.flags, ZFSSA_CALL_PROGRESS)?;
    let progress = call.flags & ZFSSA_CALL_PROGRESS != 0;
    if progress && call.queue.is_null() {
        let allowed = "give a queue, which gets the events";
        return Err(Error::invalid_argument(
            "flags",
            "ZFSSA_CALL_PROGRESS",
            allowed,
        ));
    }
    // SAFETY: the caller's promise.
    let operation_id = unsafe { strings::line(call.operation_id, "operation_id") }?;
    if let Some(id) = operation_id
        .as_ref()
        .filter(|id| id.is_empty() || id.len() > LONGEST_ID)
    {
        let allowed = format!("1 to {LONGEST_ID} bytes, or NULL");
        return Err(Error::invalid_argument(
            "operation_id",
            format!("{} bytes long", id.len()),
            &allowed,
        ));
    }
    // SAFETY: the caller's promise.
    let traceparent = unsafe { strings::line(call.traceparent, "traceparent") }?;
    Ok(CallArgs {
        timeout: timeout(call.timeout_ms)?,
        user_data: call.user_data,
        operation_id,
        traceparent: traceparent.map(|text| text.parse()).transpose()?,
        progress,
        further_events: 0,
        to: destination(&call)?,
    })
}

fn timeout(ms: i64) -> Result<Timeout> {
    match ms {
        0 => Ok(Timeout::Configured),
        -1 => Ok(Timeout::Unlimited),
        1.. => Ok(Timeout::After(Duration::from_millis(ms.unsigned_abs()))),
        _ => Err(Error::invalid_argument(
            "timeout_ms",
            ms,
            "give milliseconds, 0 for the configured limit, or -1 for none",
        )),
    }
}

fn destination(call: &zfssa_call_t) -> Result<CompletionTarget> {
    match (call.callback, call.queue.is_null()) {
        (Some(_), false) => Err(Error::invalid_argument(
            "callback",
            "given",
            "give a queue or a callback, not both",
        )),
        (Some(function), true) => Ok(CompletionTarget::Callback(Callback {
            function,
            context: call.context,
            drop: call.drop,
        })),
        (None, _) if call.drop.is_some() => Err(Error::invalid_argument(
            "drop",
            "given",
            "it goes with a callback",
        )),
        (None, false) => Ok(CompletionTarget::Queue(handle::get(call.queue)?)),
        (None, true) => Ok(CompletionTarget::Wait),
    }
}
