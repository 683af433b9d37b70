//! The export that ends an image transfer.

use std::ffi::c_char;

use crate::error::{Error, Result, Status};
use crate::ffi::completion::in_flight;
use crate::ffi::guard::{self, ErrorOut};
use crate::ffi::marshal::strings::{self, ZFSSA_MAX_TEXT};
use crate::ffi::types::{zfssa_error_t, zfssa_status_t, zfssa_ticket_t};

/// Why a host says that its transfer failed.
fn reason(status: zfssa_status_t, message: Option<String>) -> Result<Option<String>> {
    if status == 0 {
        return Ok(None);
    }
    let Some(status) = Status::from_code(status) else {
        let allowed = "give ZFSSA_OK or one of the ZFSSA_E_ numbers";
        return Err(Error::invalid_argument("status", status, allowed));
    };
    let words = message.unwrap_or_else(|| "no reason was given".to_owned());
    Ok(Some(format!(
        "the host could not transfer the image ({}): {words}",
        status.name()
    )))
}

/// Ends an image transfer that was requested by ZFSSA_EV_TRANSFER or by the transfer callback. Call
/// it exactly once per request.
///
/// `ticket`: of the operation. `status`: ZFSSA_OK when the whole image is on the LUN and the host
/// has detached it; otherwise any ZFSSA_E_ number: the operation rolls back and fails with
/// ZFSSA_E_TRANSFER. `message`: reason of the failure, for the operation's error; may be NULL and
/// must not contain secrets.
///
/// ZFSSA_E_STALE if no transfer is pending: not requested yet, already finished, or the operation
/// was cancelled, timed out or completed. In the last three cases the LUN may already be deleted;
/// discard what was written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_transfer_finish(
    ticket: zfssa_ticket_t,
    status: zfssa_status_t,
    message: *const c_char,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `message` is NULL or NUL-terminated, as the header asks.
        let message = unsafe { strings::any(message, "message", ZFSSA_MAX_TEXT) }?;
        let failed = reason(status, message)?;
        let over = || {
            Error::new(
                Status::Stale,
                "image transfer: is over: the operation completed already",
            )
        };
        let flight = in_flight::find(ticket)?.ok_or_else(over)?;
        flight.finish_transfer(failed)
    })
}
