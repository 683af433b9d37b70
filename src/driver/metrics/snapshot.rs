//! Snapshot of the metrics.

use crate::coordination::CoordinationMetrics;
use crate::lock::LockWaits;
use crate::rest::RequestDurations;

/// Results of an operation, the values of a label: success, and the outcomes of an error in the
/// order of their numbers.
pub const RESULTS: [&str; 7] = [
    "success",
    "none",
    "rejected",
    "applied",
    "unknown",
    "rolled_back",
    "partial",
];

/// The metrics of a backend at one moment. Counts are since the driver was made.
///
/// They include the requests to the destination of a migration; the limits are those of the
/// backend's own appliance.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Requests sent, with repetitions, logins and logouts.
    pub requests: u64,
    /// Requests that ended without a complete answer.
    pub requests_unanswered: u64,
    /// Requests that wait for their answer now.
    pub requests_in_flight: u64,
    /// Requests that wait for a connection now.
    pub requests_waiting: u64,
    /// Requests sent again after a failure, with logins.
    pub retries: u64,
    /// Logins sent.
    pub logins: u64,
    /// Logouts sent.
    pub logouts: u64,
    /// Connections made.
    pub connections_opened: u64,
    /// Connections that are open now.
    pub connections_open: u64,
    /// Connections that may be in use now; adapts to the appliance.
    pub connections_limit: u64,
    /// The most connections that the configuration allows.
    pub connections_max: u64,
    /// Changes that the appliance did not answer clearly.
    pub changes_in_doubt: u64,
    /// Operations that run now.
    pub operations_in_flight: u64,
    /// Operations that ended with the outcome `UNKNOWN`.
    pub unknown_outcomes: u64,
    /// Operations that rolled steps back.
    pub rollbacks: u64,
    /// Ended operations, in the order of [`RESULTS`].
    pub operations: [u64; RESULTS.len()],
    /// Durations of requests by resource and verb, where there was one.
    pub durations: Vec<RequestDurations>,
    /// Waits for locks.
    pub lock_waits: LockWaits,
    /// The part in the coordination with other hosts; `None` without one.
    pub coordination: Option<CoordinationMetrics>,
    /// Connections that the hosts leave to this process; `connections_max` if they share none.
    pub connections_share: u64,
    /// Connections that the requests of this process could use now.
    pub connections_wanted: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::metrics::counters::number;
    use crate::error::Outcome;

    #[test]
    fn each_outcome_has_the_place_of_its_name() {
        assert_eq!(RESULTS[number(None)], "success");
        for outcome in Outcome::ALL {
            let name = RESULTS[number(Some(*outcome))];
            assert_eq!(name, outcome.name().to_lowercase());
        }
        assert_eq!(RESULTS.len(), 1 + Outcome::ALL.len());
    }
}
