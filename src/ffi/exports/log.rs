//! Exports on logs: the host's log function or queue, and its records.

use std::ffi::{c_char, c_void};

use super::call::zfssa_drop_t;
use crate::error::{Error, Result};
use crate::ffi::completion::log_feed::{LogFeed, LogRecords};
use crate::ffi::completion::result::{View, view};
use crate::ffi::guard::{self, ErrorOut};
use crate::ffi::log::{LogDestination, LogTarget};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::process::handle;
use crate::ffi::types::{
    DropFunction, zfssa_driver_t, zfssa_error_t, zfssa_queue_t, zfssa_result_t, zfssa_status_t,
};
use crate::telemetry::{LevelNumber, Record};

/// Log nothing.
pub const ZFSSA_LOG_OFF: u32 = 0;
/// Failures.
pub const ZFSSA_LOG_ERROR: u32 = 1;
/// Succeeded, but needs attention.
pub const ZFSSA_LOG_WARN: u32 = 2;
/// Actions of the driver: a few records for each operation.
pub const ZFSSA_LOG_INFO: u32 = 3;
/// Every request to the appliance.
pub const ZFSSA_LOG_DEBUG: u32 = 4;
/// Everything.
pub const ZFSSA_LOG_TRACE: u32 = 5;

/// A log record. Valid until the log function returns, or as long as the result that it belongs to.
/// Contains no secrets.
#[repr(C)]
pub struct zfssa_log_record_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// One of the ZFSSA_LOG_ numbers.
    pub level: u32,
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    pub time_ns: i64,
    /// Records lost immediately before this one because the host was too slow.
    pub lost: u64,
    /// Module of the library, such as zfssa::rest.
    pub target: *const c_char,
    /// Message, one sentence.
    pub message: *const c_char,
    /// Data of the record, a JSON object; "{}" without data. In a call with a traceparent it has
    /// trace_id, and for a request to the appliance its span_id.
    pub fields: *const c_char,
    /// Operation, such as create_volume, or NULL.
    pub operation: *const c_char,
    /// Object of the operation, or NULL.
    pub resource: *const c_char,
    /// Id of the operation, or NULL.
    pub operation_id: *const c_char,
}

/// Log function. Runs on the thread zfssa-cb, as callbacks do and under the same rules.
pub type zfssa_log_t =
    Option<unsafe extern "C" fn(context: *mut c_void, record: *const zfssa_log_record_t)>;

/// A log function with its context, which is given up when this is dropped.
struct HostFunction {
    function: unsafe extern "C" fn(*mut c_void, *const zfssa_log_record_t),
    context: *mut c_void,
    drop: Option<DropFunction>,
}

// SAFETY: the host passes the function and its context for use on other threads, as the header
// says; the library calls it on one thread at a time.
unsafe impl Send for HostFunction {}

impl Drop for HostFunction {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: the host gave both together; this runs once and after the last call.
            unsafe { drop(self.context) };
        }
    }
}

impl LogTarget for HostFunction {
    fn log(&self, record: &Record, lost: u64) {
        let mut memory = Arena::default();
        let view = describe(record, lost, &mut memory);
        // SAFETY: the host gave the function for this context, both stay good until this is
        // dropped, and by the header it does not throw. The record outlives the call.
        unsafe { (self.function)(self.context, &view) };
    }
}

fn describe(record: &Record, lost: u64, memory: &mut Arena) -> zfssa_log_record_t {
    let fields = serde_json::to_string(&record.fields).unwrap_or_else(|_| "{}".into());
    zfssa_log_record_t {
        size: size_of::<zfssa_log_record_t>() as u32,
        level: record.level.into(),
        time_ns: record.time_ns(),
        lost,
        target: memory.text(record.target),
        message: memory.text(&record.message),
        fields: memory.text(&fields),
        operation: memory.optional(record.operation.as_deref()),
        resource: memory.optional(record.resource.as_deref()),
        operation_id: memory.optional(record.operation_id.as_deref()),
    }
}

/// Replaces the log function or queue of a driver; none is set at first. On return the previous
/// function is not running, will not be called again, and its destructor has run. If called from
/// inside the previous function, this holds once that function returns.
///
/// Up to 1,024 records wait for the function; further records are lost and counted. After the
/// driver is freed, the waiting records are still delivered, then the destructor runs; a program
/// that needs the last ones waits for the destructor before it exits.
///
/// `level`: a ZFSSA_LOG_ number. `function`: NULL disables the log. `drop`: destructor of
/// `context`; may be NULL, and is not called on failure.
///
/// Blocks while the previous function runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_driver_set_log(
    driver: *mut zfssa_driver_t,
    level: u32,
    function: zfssa_log_t,
    context: *mut c_void,
    drop: zfssa_drop_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        let driver = handle::get(driver)?;
        let level = check(level, function.is_some() || drop.is_none())?;
        let log = driver.log()?;
        // Nothing can fail from here on: the context is the library's.
        let destination = function.map_or(LogDestination::Nowhere, |function| {
            LogDestination::Function(Box::new(HostFunction {
                function,
                context,
                drop,
            }))
        });
        log.replace(level, destination);
        Ok(())
    })
}

/// Log records, from the result of a ZFSSA_EV_LOG event.
#[repr(C)]
pub struct zfssa_log_list_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Number of records, at least 1.
    pub count: u32,
    /// Pointers to the records, in the order in which they were written.
    pub records: *const *const zfssa_log_record_t,
}

impl View for LogRecords {
    type C = zfssa_log_list_t;

    fn view(&self, arena: &mut Arena) -> zfssa_log_list_t {
        let records: Vec<_> = self
            .0
            .iter()
            .map(|one| describe(&one.record, one.lost, arena))
            .collect();
        zfssa_log_list_t {
            size: size_of::<zfssa_log_list_t>() as u32,
            count: records.len() as u32,
            records: arena.pointers(records),
        }
    }
}

/// Sends the log of a driver to a queue, as ZFSSA_EV_LOG events, in place of a log function or of
/// another queue. For hosts whose threads are not to be entered by the library. A function that was
/// set before is replaced as by zfssa_driver_set_log().
///
/// Up to 1,024 records wait in one event; further records are lost and counted. Events that are on
/// a queue remain there. After the queue is freed, records are discarded.
///
/// `level`: a ZFSSA_LOG_ number; ZFSSA_LOG_OFF disables the log. `user_data`: returned with each
/// event; opaque to the library.
///
/// Blocks while the previous function runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_driver_set_log_queue(
    driver: *mut zfssa_driver_t,
    level: u32,
    queue: *mut zfssa_queue_t,
    user_data: u64,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        let driver = handle::get(driver)?;
        let level = check(level, true)?;
        let queue = handle::get(queue)?;
        let destination = if level == 0 {
            LogDestination::Nowhere
        } else {
            LogDestination::Queue(LogFeed::new(&queue, user_data)?)
        };
        driver.log()?.replace(level, destination);
        Ok(())
    })
}

/// Log records, from the result of a ZFSSA_EV_LOG event; NULL for other results. They belong to the
/// result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_log(
    result: *const zfssa_result_t,
) -> *const zfssa_log_list_t {
    guard::value(std::ptr::null(), || view::<LogRecords>(result))
}

fn check(level: u32, whole: bool) -> Result<LevelNumber> {
    const LEVELS: [u32; 6] = [
        ZFSSA_LOG_OFF,
        ZFSSA_LOG_ERROR,
        ZFSSA_LOG_WARN,
        ZFSSA_LOG_INFO,
        ZFSSA_LOG_DEBUG,
        ZFSSA_LOG_TRACE,
    ];
    if !whole {
        return Err(Error::invalid_argument(
            "drop",
            "given",
            "it goes with a function",
        ));
    }
    if !LEVELS.contains(&level) {
        return Err(Error::invalid_argument(
            "level",
            level,
            "give one of the ZFSSA_LOG_ numbers",
        ));
    }
    Ok(level as LevelNumber)
}
