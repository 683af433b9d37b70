//! Exports on drivers: new, close and free.

use std::sync::Arc;

use crate::error::Error;
use crate::ffi::driver::RunningDriver;
use crate::ffi::guard::{self, ErrorOut, Out};
use crate::ffi::process::callback_thread;
use crate::ffi::process::handle;
use crate::ffi::process::wait::WaitLimit;
use crate::ffi::types::{zfssa_config_t, zfssa_driver_t, zfssa_error_t, zfssa_status_t};

/// Close: wait for the operations in flight.
pub const ZFSSA_CLOSE_DRAIN: u32 = 0;
/// Close: cancel the operations in flight; they roll back.
pub const ZFSSA_CLOSE_CANCEL: u32 = 1;

/// Creates a driver. Sends nothing to the appliance. The configuration is copied and may be freed
/// at once. Fails with ZFSSA_E_CONFIG, which lists all problems of the configuration.
///
/// The first driver of a process starts the engine's threads, zfssa_worker_threads in number; all
/// drivers share them, and they end with the last driver. The first driver with zfssa_state_dir
/// starts the thread for files, the first with a host name the thread for lookups. Fails with
/// ZFSSA_E_LOCAL_IO if a thread cannot be started; threads already started end.
///
/// `driver`: free it with zfssa_driver_free(); NULL on failure.
///
/// Reads the files that options name before it returns.
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

/// Closes a driver: it refuses new operations with ZFSSA_E_CLOSED, waits for those in flight, and
/// logs out of the appliance. On ZFSSA_E_TIMED_OUT closing continues, and the call may be repeated.
///
/// `how`: ZFSSA_CLOSE_DRAIN or ZFSSA_CLOSE_CANCEL. `timeout_ms`: 0 does not wait, -1 waits without
/// a limit. The driver must still be freed with zfssa_driver_free().
///
/// Blocks up to timeout_ms. Fails with ZFSSA_E_WOULD_DEADLOCK inside a callback, unless timeout_ms
/// is 0.
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

/// Frees a driver. NULL is ignored. Operations in flight are cancelled and complete with
/// ZFSSA_E_SHUTDOWN, or with their own result if they finish first. The teardown runs on the thread
/// zfssa-reap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_driver_free(driver: *mut zfssa_driver_t) {
    guard::quiet(|| {
        if let Some(driver) = handle::take(driver) {
            // Fails only where the time is over, of which there is none here.
            let _ = driver.close(true, WaitLimit::None);
        }
    });
}
