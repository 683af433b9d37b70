//! The call structure of every operation: how long, where to, and for whom.

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

/// A function of the host's that is told of a completion, or asked for a transfer. The result is
/// the host's, to be freed with zfssa_result_free(). It runs on the thread zfssa-cb, one at a
/// time; it may call everything but functions that block, and must neither throw nor longjmp.
pub type zfssa_callback_t =
    Option<unsafe extern "C" fn(context: *mut c_void, result: *mut zfssa_result_t)>;

/// A function of the host's that gives up a context, called once, when the library is done with
/// it, on the thread zfssa-cb.
pub type zfssa_drop_t = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// The queue gets events ZFSSA_EV_PROGRESS before the completion. Only together with a queue.
pub const ZFSSA_CALL_PROGRESS: u32 = 1;

/// How an operation is called. All zero but `size`, or NULL in its place: the configured time
/// limit, and a ticket to wait for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_call_t {
    /// sizeof(zfssa_call_t).
    pub size: u32,
    /// 0 or ZFSSA_CALL_PROGRESS.
    pub flags: u32,
    /// The time for the whole operation: login, every retry, every poll. In milliseconds; 0 for
    /// the option zfssa_operation_timeout, -1 for no limit. Undoing steps after it has a time
    /// of its own, zfssa_undo_timeout.
    pub timeout_ms: i64,
    /// Where the completion goes; NULL with no callback: it is kept for zfssa_wait().
    pub queue: *mut zfssa_queue_t,
    /// Handed back with the completion; never looked at.
    pub user_data: u64,
    /// Is told of the completion. Not together with a queue.
    pub callback: zfssa_callback_t,
    /// For the callback and the drop function; never looked at.
    pub context: *mut c_void,
    /// Called with `context` after the callback returned. Never called when the submission was
    /// refused. Only together with a callback.
    pub drop: zfssa_drop_t,
    /// The operation's id, written on what it creates, up to 128 bytes. When the same call is
    /// made again, even by another process, it knows its own work by it. NULL: a new UUID.
    pub operation_id: *const c_char,
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
    operation_id
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
    Ok(CallArgs {
        timeout: timeout(call.timeout_ms)?,
        user_data: call.user_data,
        operation_id,
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
