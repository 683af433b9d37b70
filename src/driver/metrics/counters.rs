//! Counters of operations, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::driver::metrics::snapshot::{Metrics, RESULTS};
use crate::error::{Error, Outcome};
use crate::rest::Rest;
use crate::scope::Scope;

/// Counters of the operations of one backend. Changed without a lock.
#[derive(Default)]
pub(in crate::driver) struct OperationCounters {
    in_flight: AtomicU64,
    rollbacks: AtomicU64,
    /// Ended operations, in the order of [`RESULTS`].
    ended: [AtomicU64; RESULTS.len()],
}

impl OperationCounters {
    /// Counts an operation as running until the result is dropped.
    pub(in crate::driver) fn run(&self) -> Running<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Running(self)
    }

    /// Counts the end of an operation.
    pub(in crate::driver) fn end(&self, scope: &Scope, error: Option<&Error>) {
        let outcome = error.map(Error::outcome);
        self.ended[number(outcome)].fetch_add(1, Ordering::Relaxed);
        if scope.take_rollback() {
            self.rollbacks.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A snapshot of these counters and those of the transport, of which at most `most` connections
    /// are allowed. Those of locks and coordination are left empty.
    pub(in crate::driver) fn snapshot(&self, rest: &Rest, most: usize) -> Metrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let requests = rest.metrics();
        let operations = self.ended.each_ref().map(read);
        Metrics {
            requests: requests.requests,
            requests_unanswered: requests.unanswered,
            requests_in_flight: requests.in_flight,
            requests_waiting: requests.waiting,
            retries: requests.retries,
            logins: requests.logins,
            logouts: requests.logouts,
            connections_opened: requests.connections,
            connections_open: requests.open,
            connections_limit: requests.limit as u64,
            connections_max: most as u64,
            changes_in_doubt: requests.unknown,
            operations_in_flight: read(&self.in_flight),
            unknown_outcomes: operations[number(Some(Outcome::Unknown))],
            rollbacks: read(&self.rollbacks),
            operations,
            durations: rest.counters().durations(),
            connections_share: rest.share().unwrap_or(most) as u64,
            connections_wanted: rest.demand().connections(most) as u64,
            ..Metrics::default()
        }
    }
}

/// Place of an outcome in [`RESULTS`]; `None` for a success.
pub(super) fn number(outcome: Option<Outcome>) -> usize {
    outcome.map_or(0, |outcome| 1 + outcome as usize)
}

/// An operation that runs.
pub(in crate::driver) struct Running<'a>(&'a OperationCounters);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
