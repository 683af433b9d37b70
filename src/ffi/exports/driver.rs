//! Exports on drivers: new, close and free.

use std::sync::Arc;

use crate::error::Error;
use crate::ffi::driver::RunningDriver;
use crate::ffi::guard::{self, ErrorOut, Out};
use crate::ffi::process::callback_thread;
use crate::ffi::process::handle;
use crate::ffi::process::wait::WaitLimit;
use crate::ffi::types::{zfssa_config_t, zfssa_driver_t, zfssa_error_t, zfssa_status_t};

/// Close: let the operations in flight end by themselves.
pub const ZFSSA_CLOSE_DRAIN: u32 = 0;
/// Close: stop the operations in flight; they undo the steps they made.
pub const ZFSSA_CLOSE_CANCEL: u32 = 1;

/// Makes a driver. Nothing is sent to the appliance. The configuration is copied and may be
/// freed at once. ZFSSA_E_CONFIG lists everything that is wrong with it.
///
/// The first driver of a process starts the engine's threads, as many as its option
/// zfssa_worker_threads says; all drivers share them, and they end with the last one. The first
/// one with zfssa_state_dir, or with a host that is named by a name, starts those for files and
/// names. ZFSSA_E_LOCAL_IO: a thread could not be started; those that were have ended, or end.
///
/// `driver`: free it with zfssa_driver_free(); NULL on failure.
///
/// Does not block, but for reading the files that options name. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_driver_new(
    config: *const zfssa_config_t,
    driver: *mut *mut zfssa_driver_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `driver` is NULL or writable, as the header asks.
        let driver = unsafe { Out::new(driver, "driver", std::ptr::null_mut()) }?;
        let config = handle::get(config)?.build()?;
        driver.set(handle::give(Arc::new(RunningDriver::begin(config)?)));
        Ok(())
    })
}

/// Closes a driver: it takes no more operations (ZFSSA_E_CLOSED), those in flight end, and the
/// session on the appliance is logged out. Waits for that; when the time is over first,
/// ZFSSA_E_TIMED_OUT is returned, closing goes on, and this may be called again.
///
/// `how`: ZFSSA_CLOSE_DRAIN or ZFSSA_CLOSE_CANCEL. `timeout_ms`: 0 does not wait, -1 waits
/// without a limit. The driver must still be freed.
///
/// Blocks up to timeout_ms. Any thread; ZFSSA_E_WOULD_DEADLOCK inside a callback, unless
/// timeout_ms is 0. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_driver_close(
    driver: *mut zfssa_driver_t,
    how: u32,
    timeout_ms: i64,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        if ![ZFSSA_CLOSE_DRAIN, ZFSSA_CLOSE_CANCEL].contains(&how) {
            let allowed = "give ZFSSA_CLOSE_DRAIN or ZFSSA_CLOSE_CANCEL";
            return Err(Error::invalid_argument("how", how, allowed));
        }
        let limit = WaitLimit::from_ms(timeout_ms)?;
        let driver = handle::get(driver)?;
        callback_thread::may_block("zfssa_driver_close", limit)?;
        driver.close(how == ZFSSA_CLOSE_CANCEL, limit)
    })
}

/// Frees a driver. NULL is fine. Operations in flight are stopped as zfssa_driver_close() with
/// ZFSSA_CLOSE_CANCEL does, and complete in their places with ZFSSA_E_SHUTDOWN, or with their
/// own results where those are quicker. The rest happens on the thread zfssa-reap.
///
/// Does not block. Any thread, callbacks included. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_driver_free(driver: *mut zfssa_driver_t) {
    guard::quiet(|| {
        if let Some(driver) = handle::take(driver) {
            // Fails only where the time is over, of which there is none here.
            let _ = driver.close(true, WaitLimit::None);
        }
    });
}
