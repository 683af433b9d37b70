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

/// The host's word on a transfer that it was asked for by an event ZFSSA_EV_TRANSFER or by its
/// function: each takes one.
///
/// `ticket`: the operation's. `status`: ZFSSA_OK when every byte of the image is on the LUN and
/// the host has let go of it; otherwise any ZFSSA_E_ number, the operation undoes its steps and
/// fails with ZFSSA_E_TRANSFER. `message`: why it failed, for the operation's error; may be NULL.
/// It should hold no secret.
///
/// ZFSSA_E_STALE when the operation waits for no word: a second one, one before it asked, or one
/// after the operation was cancelled, ran out of time or completed. Then the LUN is gone or
/// about to go, and nothing that was written on it counts.
///
/// Does not block. Any thread, callbacks included. Since 1.0.
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
        let over = || Error::new(Status::Stale, "the operation completed already");
        let flight = in_flight::find(ticket)?.ok_or_else(over)?;
        flight.finish_transfer(failed)
    })
}
