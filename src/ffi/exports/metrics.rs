//! Exports on metrics: a driver's snapshot as numbers and as Prometheus text.

use std::ffi::c_char;

use crate::driver::{Metrics, RESULTS};
use crate::ffi::guard::{self, ErrorOut, OptionalOut, Out};
use crate::ffi::marshal::view_memory::{Arena, count};
use crate::ffi::metrics;
use crate::ffi::process::handle;
use crate::ffi::types::{zfssa_driver_t, zfssa_error_t, zfssa_metrics_t, zfssa_status_t};
use crate::lock::LockWaits;
use crate::metrics::BOUNDS_US;
use crate::rest::RequestDurations;

/// Number of operations that ended with one result.
#[repr(C)]
pub struct zfssa_operation_count_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// success, or the outcome of the error: none, rejected, applied, unknown, rolled_back or
    /// partial.
    pub result: *const c_char,
    /// Number of operations.
    pub count: u64,
}

/// Histogram of the durations of requests, from the start of a request to the end of its answer or
/// to its failure.
#[repr(C)]
pub struct zfssa_request_durations_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `bounds_us` and of `buckets`.
    pub buckets_count: u32,
    /// Kind of the resource, such as lun or snapshot: one of a fixed set, never a name.
    pub resource: *const c_char,
    /// HTTP method: GET, POST, PUT or DELETE.
    pub verb: *const c_char,
    /// Number of requests.
    pub count: u64,
    /// Sum of the durations, in microseconds.
    pub sum_us: u64,
    /// Upper bounds of the buckets in microseconds, ascending. Infinity has none.
    pub bounds_us: *const u64,
    /// Number of requests that took at most as long as the bound. A bucket includes those before it;
    /// `count` is the bucket of infinity.
    pub buckets: *const u64,
}

/// Histogram of the waits for locks, in the queue of the process and beyond, until the lock is held
/// or the wait ends without it. Locks that were free count, too.
#[repr(C)]
pub struct zfssa_lock_waits_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `bounds_us` and of `buckets`.
    pub buckets_count: u32,
    /// Number of waits.
    pub count: u64,
    /// Sum of their durations, in microseconds.
    pub sum_us: u64,
    /// Upper bounds of the buckets in microseconds, ascending. Infinity has none.
    pub bounds_us: *const u64,
    /// Number of waits that took at most as long as the bound. A bucket includes those before it;
    /// `count` is the bucket of infinity.
    pub buckets: *const u64,
    /// Locks that were not free when they were asked for: another operation, process or host had
    /// them.
    pub contended: u64,
}

/// Metrics of a driver at one moment. Counts are since the driver was created. Requests include
/// those to the destination of a migration.
#[repr(C)]
pub struct zfssa_metric_values_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// Elements of `operations`.
    pub operations_count: u32,
    /// Elements of `durations`.
    pub durations_count: u32,
    /// 0.
    pub reserved: u32,
    /// Requests sent, with repetitions, logins and logouts.
    pub requests: u64,
    /// Requests that ended without a complete answer.
    pub requests_unanswered: u64,
    /// Requests that wait for their answer.
    pub requests_in_flight: u64,
    /// Requests that wait for a connection.
    pub requests_waiting: u64,
    /// Requests sent again after a failure.
    pub retries: u64,
    /// Logins sent.
    pub logins: u64,
    /// Logouts sent.
    pub logouts: u64,
    /// TLS connections made.
    pub connections_opened: u64,
    /// TLS connections that are open. One that the appliance closed counts until the next request.
    pub connections_open: u64,
    /// Connections that may be in use. The library lowers it while the appliance is busy or slow.
    pub connections_limit: u64,
    /// The option zfssa_max_connections.
    pub connections_max: u64,
    /// Changes that the appliance did not answer clearly. The library reads the object to settle
    /// them.
    pub changes_in_doubt: u64,
    /// Operations that run.
    pub operations_in_flight: u64,
    /// Operations that ended with ZFSSA_OUTCOME_UNKNOWN.
    pub unknown_outcomes: u64,
    /// Operations that rolled steps back, completely or not.
    pub rollbacks: u64,
    /// Ended operations, one element for each result.
    pub operations: *const *const zfssa_operation_count_t,
    /// Durations of requests, one element for each kind of resource and HTTP method that were used.
    pub durations: *const *const zfssa_request_durations_t,
    /// Waits for locks. Never NULL.
    pub lock_waits: *const zfssa_lock_waits_t,
    /// Microseconds for which the lease in etcd lasts if it is not renewed any more; 0 without a
    /// lease, and without zfssa_coordination_url.
    pub lease_remaining_us: u64,
    /// Leases in etcd that ended before the driver ended them.
    pub leases_lost: u64,
    /// Requests sent to etcd.
    pub coordination_requests: u64,
    /// Requests that etcd did not answer, or answered with an error.
    pub coordination_requests_failed: u64,
    /// Connections that the hosts of the backend leave to this process; `connections_max` without
    /// zfssa_max_connections_total.
    pub connections_share: u64,
    /// Connections that the requests of this process could use, at most `connections_max`.
    pub connections_wanted: u64,
}

fn describe(metrics: &Metrics, arena: &mut Arena) -> zfssa_metric_values_t {
    let results = RESULTS.iter().zip(metrics.operations);
    let operations: Vec<_> = results
        .map(|(result, count)| zfssa_operation_count_t {
            size: size_of::<zfssa_operation_count_t>() as u32,
            reserved: 0,
            result: arena.text(result),
            count,
        })
        .collect();
    let found = metrics.durations.iter();
    let durations: Vec<_> = found.map(|one| durations(one, arena)).collect();
    let lock_waits = lock_waits(&metrics.lock_waits, arena);
    let coordination = metrics.coordination.unwrap_or_default();
    zfssa_metric_values_t {
        size: size_of::<zfssa_metric_values_t>() as u32,
        operations_count: count(&operations),
        durations_count: count(&durations),
        reserved: 0,
        requests: metrics.requests,
        requests_unanswered: metrics.requests_unanswered,
        requests_in_flight: metrics.requests_in_flight,
        requests_waiting: metrics.requests_waiting,
        retries: metrics.retries,
        logins: metrics.logins,
        logouts: metrics.logouts,
        connections_opened: metrics.connections_opened,
        connections_open: metrics.connections_open,
        connections_limit: metrics.connections_limit,
        connections_max: metrics.connections_max,
        changes_in_doubt: metrics.changes_in_doubt,
        operations_in_flight: metrics.operations_in_flight,
        unknown_outcomes: metrics.unknown_outcomes,
        rollbacks: metrics.rollbacks,
        operations: arena.pointers(operations),
        durations: arena.pointers(durations),
        lock_waits: arena.array(vec![lock_waits]),
        lease_remaining_us: coordination.lease_remaining_us,
        leases_lost: coordination.leases_lost,
        coordination_requests: coordination.requests,
        coordination_requests_failed: coordination.requests_failed,
        connections_share: metrics.connections_share,
        connections_wanted: metrics.connections_wanted,
    }
}

fn lock_waits(found: &LockWaits, arena: &mut Arena) -> zfssa_lock_waits_t {
    zfssa_lock_waits_t {
        size: size_of::<zfssa_lock_waits_t>() as u32,
        buckets_count: count(&BOUNDS_US),
        count: found.durations.count,
        sum_us: found.durations.sum_us,
        bounds_us: arena.array(BOUNDS_US.to_vec()),
        buckets: arena.array(found.durations.at_most.to_vec()),
        contended: found.contended,
    }
}

fn durations(found: &RequestDurations, arena: &mut Arena) -> zfssa_request_durations_t {
    zfssa_request_durations_t {
        size: size_of::<zfssa_request_durations_t>() as u32,
        buckets_count: count(&BOUNDS_US),
        resource: arena.text(found.resource.name()),
        verb: arena.text(found.verb.name()),
        count: found.durations.count,
        sum_us: found.durations.sum_us,
        bounds_us: arena.array(BOUNDS_US.to_vec()),
        buckets: arena.array(found.durations.at_most.to_vec()),
    }
}

/// Takes a snapshot of a driver's metrics. Sends nothing to the appliance, and works for a closed
/// driver, too.
///
/// `metrics`: free it with zfssa_metrics_free(); NULL on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_driver_metrics(
    driver: *mut zfssa_driver_t,
    metrics: *mut *mut zfssa_metrics_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `metrics` is NULL or writable, as the header asks.
        let out = unsafe { Out::new(metrics, "metrics", std::ptr::null_mut()) }?;
        out.set(metrics::give(handle::get(driver)?.metrics()?));
        Ok(())
    })
}

/// The metrics as numbers; NULL for NULL and for a freed snapshot. They belong to the snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_metrics_values(
    metrics: *const zfssa_metrics_t,
) -> *const zfssa_metric_values_t {
    guard::value(std::ptr::null(), || {
        handle::get(metrics).ok()?.values(describe)
    })
}

/// The metrics in the Prometheus text format, version 0.0.4, for the body of a response to a scrape;
/// its content type is "text/plain; version=0.0.4; charset=utf-8". Names and labels are in
/// docs/metrics.md. `length` receives the bytes without the NUL, and may be NULL. Returns NULL, and
/// 0 in `length`, for NULL and for a freed snapshot. The text belongs to the snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_metrics_prometheus(
    metrics: *const zfssa_metrics_t,
    length: *mut u64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        // SAFETY: `length` is NULL or writable, as the header asks.
        let length = unsafe { OptionalOut::new(length, 0) };
        let object = handle::get(metrics).ok()?;
        let text = object.prometheus();
        length.set(text.count_bytes() as u64);
        Some(text.as_ptr())
    })
}

/// Frees a snapshot and everything that belongs to it. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_metrics_free(metrics: *mut zfssa_metrics_t) {
    guard::quiet(|| drop(handle::take(metrics)));
}
