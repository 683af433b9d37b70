//! Exports on tickets: wait, cancel and detach.

use crate::ffi::completion::in_flight::{find, stale};
use crate::ffi::guard::{self, ErrorOut, Out};
use crate::ffi::process::callback_thread;
use crate::ffi::process::handle;
use crate::ffi::process::wait::WaitLimit;
use crate::ffi::types::{zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t};

/// Waits until an operation completes and takes its result, which says how it went: a failed
/// operation is a successful wait. The first taker wins; a second one gets ZFSSA_E_STALE.
///
/// When the time is over first, ZFSSA_E_TIMED_OUT is returned, the operation goes on, and the
/// ticket stays good. Only for operations that were submitted without a queue and without a
/// callback.
///
/// `timeout_ms`: 0 only looks, -1 waits without a limit. `result`: free it with
/// zfssa_result_free(); NULL on failure.
///
/// Blocks up to timeout_ms. Any thread; ZFSSA_E_WOULD_DEADLOCK inside a callback, unless
/// timeout_ms is 0. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_wait(
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
        callback_thread::may_block("zfssa_wait", limit)?;
        let flight = find(ticket)?.ok_or_else(|| stale("an operation"))?;
        let (object, _slot) = flight.wait(limit)?.take();
        result.set(handle::give(object));
        Ok(())
    })
}

/// Asks an operation to stop. It undoes the steps it made and then completes, in its place and
/// once, like any other: with ZFSSA_E_CANCELLED, or with its own result if that was quicker.
///
/// May be repeated, and does nothing to an operation that completed already. ZFSSA_E_STALE only
/// for a number that is no ticket.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_cancel(
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

/// Gives up an operation's result: the operation goes on, nobody need wait for it, and its
/// result is thrown away. Only for operations that were submitted without a queue and without a
/// callback. It can still be cancelled.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_detach(
    ticket: zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        find(ticket)?.ok_or_else(|| stale("an operation"))?.detach()
    })
}
