//! Exports on tickets: wait, cancel and detach.

use crate::ffi::completion::in_flight::{find, stale};
use crate::ffi::guard::{self, ErrorOut, Out};
use crate::ffi::process::callback_thread;
use crate::ffi::process::handle;
use crate::ffi::process::wait::WaitLimit;
use crate::ffi::types::{zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t};

/// Waits for an operation to complete and takes its result. Returns ZFSSA_OK for a failed operation
/// too: zfssa_result_status() has its status. A result can be taken once; after that,
/// ZFSSA_E_STALE.
///
/// On ZFSSA_E_TIMED_OUT the operation continues, and the ticket stays valid. Only for operations
/// submitted without a queue and without a callback.
///
/// `timeout_ms`: 0 does not wait, -1 waits without a limit. `result`: free it with
/// zfssa_result_free().
///
/// Blocks up to timeout_ms. Fails with ZFSSA_E_WOULD_DEADLOCK inside a callback, unless timeout_ms
/// is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_ticket_wait(
    ticket: zfssa_ticket_t,
    timeout_ms: i64,
    result: *mut *mut zfssa_result_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `result` is NULL or writable, as the header asks.
        let result = unsafe { Out::new(result, "result", std::ptr::null_mut()) }?;
        let limit = WaitLimit::from_ms(timeout_ms)?;
        callback_thread::may_block("zfssa_ticket_wait", limit)?;
        let flight = find(ticket)?.ok_or_else(|| stale("an operation"))?;
        let (object, _slot) = flight.wait(limit)?.take();
        result.set(handle::give(object));
        Ok(())
    })
}

/// Cancels an operation. It rolls back and then completes as any other does: with
/// ZFSSA_E_CANCELLED, or with its own result if it finishes first.
///
/// May be repeated; has no effect on a completed operation. Fails with ZFSSA_E_STALE only for a
/// number that was never a ticket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_ticket_cancel(
    ticket: zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        if let Some(flight) = find(ticket)?
            && !canary!("cancel-does-nothing")
        {
            flight.cancel();
        }
        Ok(())
    })
}

/// Abandons the result of an operation: the operation continues, and its result is discarded. Only
/// for operations submitted without a queue and without a callback. It can still be cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_ticket_abandon(
    ticket: zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        find(ticket)?.ok_or_else(|| stale("an operation"))?.detach()
    })
}
