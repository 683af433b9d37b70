//! Counters of the coordination, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one driver's part in the coordination. Changed without a lock.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    failed: AtomicU64,
    leases_lost: AtomicU64,
}

/// State and counts of one driver's part in the coordination, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoordinationMetrics {
    /// Microseconds for which the lease lasts at least if it is not renewed any more; 0 without one.
    pub lease_remaining_us: u64,
    /// Leases that ended before the driver ended them.
    pub leases_lost: u64,
    /// Requests sent to etcd.
    pub requests: u64,
    /// Requests that etcd did not answer, or answered with an error.
    pub requests_failed: u64,
}

impl Counters {
    /// Counts a request that is about to be sent. It counts as failed unless it succeeds before the
    /// drop of the result.
    pub(super) fn send(&self) -> Sending<'_> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Sending {
            counters: self,
            succeeded: false,
        }
    }

    /// Counts a lease that was lost.
    pub(super) fn lose_lease(&self) {
        self.leases_lost.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts; the lease is not known here.
    pub(super) fn read(&self) -> CoordinationMetrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CoordinationMetrics {
            lease_remaining_us: 0,
            leases_lost: read(&self.leases_lost),
            requests: read(&self.requests),
            requests_failed: read(&self.failed),
        }
    }
}

/// A request to etcd. Dropped when it ends in any way.
pub(super) struct Sending<'a> {
    counters: &'a Counters,
    succeeded: bool,
}

impl Sending<'_> {
    /// etcd answered with a result.
    pub(super) fn succeeded(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.succeeded {
            self.counters.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}
