//! Table of the metrics: name, kind, labels and help, by the conventions of Prometheus.

use crate::coordination::CoordinationMetrics;
use crate::driver::metrics::snapshot::Metrics;

/// A metric. The Prometheus text and `docs/metrics.md` are made of the table.
pub struct Metric {
    /// Name, with the base unit and, for a counter, `_total`.
    pub name: &'static str,
    /// How to read it.
    pub kind: MetricKind,
    /// Description in one sentence.
    pub help: &'static str,
    pub(super) value: Value,
}

/// Kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Grows as long as the driver lives.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Counts durations in buckets.
    Histogram,
}

/// Where the values of a metric are in a snapshot.
pub(super) enum Value {
    /// One number.
    Number(fn(&Metrics) -> u64),
    /// A number for each result of an operation.
    Results,
    /// A histogram for each resource and verb.
    Durations,
    /// The histogram of the waits for locks.
    LockWaits,
    /// Microseconds, shown as seconds; `None` has no sample.
    Seconds(fn(&Metrics) -> Option<u64>),
}

impl MetricKind {
    /// The word for it in the Prometheus text.
    pub fn name(self) -> &'static str {
        match self {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        }
    }
}

impl Metric {
    /// Names of its labels.
    pub fn labels(&self) -> &'static [&'static str] {
        match self.value {
            Value::Number(_) | Value::LockWaits | Value::Seconds(_) => &[],
            Value::Results => &["result"],
            Value::Durations => &["resource", "verb"],
        }
    }
}

const fn counter(name: &'static str, value: fn(&Metrics) -> u64, help: &'static str) -> Metric {
    Metric {
        name,
        kind: MetricKind::Counter,
        help,
        value: Value::Number(value),
    }
}

const fn gauge(name: &'static str, value: fn(&Metrics) -> u64, help: &'static str) -> Metric {
    Metric {
        kind: MetricKind::Gauge,
        ..counter(name, value, help)
    }
}

/// A number of the coordination; 0 without one.
fn coordinated(metrics: &Metrics, number: fn(&CoordinationMetrics) -> u64) -> u64 {
    metrics.coordination.as_ref().map_or(0, number)
}

/// Every metric.
pub const METRICS: &[Metric] = &[
    counter(
        "zfssa_requests_total",
        |metrics| metrics.requests,
        "Requests sent to the appliance, with repetitions, logins and logouts.",
    ),
    Metric {
        name: "zfssa_request_duration_seconds",
        kind: MetricKind::Histogram,
        help: "Duration of a request, from its start to the end of its answer or to its failure, by \
               kind of resource and HTTP method.",
        value: Value::Durations,
    },
    counter(
        "zfssa_requests_unanswered_total",
        |metrics| metrics.requests_unanswered,
        "Requests that ended without a complete answer: no connection, a timeout, a cancellation.",
    ),
    gauge(
        "zfssa_requests_in_flight",
        |metrics| metrics.requests_in_flight,
        "Requests that wait for their answer.",
    ),
    gauge(
        "zfssa_requests_waiting",
        |metrics| metrics.requests_waiting,
        "Requests that wait for a connection.",
    ),
    counter(
        "zfssa_retries_total",
        |metrics| metrics.retries,
        "Requests sent again after a failure.",
    ),
    counter(
        "zfssa_logins_total",
        |metrics| metrics.logins,
        "Logins sent.",
    ),
    counter(
        "zfssa_logouts_total",
        |metrics| metrics.logouts,
        "Logouts sent.",
    ),
    counter(
        "zfssa_connections_opened_total",
        |metrics| metrics.connections_opened,
        "TLS connections made.",
    ),
    gauge(
        "zfssa_connections_open",
        |metrics| metrics.connections_open,
        "TLS connections that are open; one that the appliance closed counts until the next request.",
    ),
    gauge(
        "zfssa_connections_limit",
        |metrics| metrics.connections_limit,
        "Connections that may be in use; falls when the appliance is busy or slow, and rises again. \
         Never more than zfssa_connections_share.",
    ),
    gauge(
        "zfssa_connections_max",
        |metrics| metrics.connections_max,
        "The most connections that the configuration allows (zfssa_max_connections).",
    ),
    counter(
        "zfssa_changes_in_doubt_total",
        |metrics| metrics.changes_in_doubt,
        "Changes that the appliance did not answer clearly; the object is read to settle them.",
    ),
    gauge(
        "zfssa_operations_in_flight",
        |metrics| metrics.operations_in_flight,
        "Operations that run.",
    ),
    Metric {
        name: "zfssa_operations_total",
        kind: MetricKind::Counter,
        help: "Ended operations, by result: success, or the outcome of the error.",
        value: Value::Results,
    },
    counter(
        "zfssa_unknown_outcomes_total",
        |metrics| metrics.unknown_outcomes,
        "Operations that ended with the outcome UNKNOWN: the appliance may have been changed.",
    ),
    counter(
        "zfssa_rollbacks_total",
        |metrics| metrics.rollbacks,
        "Operations that rolled steps back, completely or not.",
    ),
    Metric {
        name: "zfssa_lock_wait_seconds",
        kind: MetricKind::Histogram,
        help: "Duration of a wait for a lock, in the queue of this process and beyond, until the lock \
               is held or the wait ends without it. Locks that were free count, too.",
        value: Value::LockWaits,
    },
    counter(
        "zfssa_locks_contended_total",
        |metrics| metrics.lock_waits.contended,
        "Locks that were not free when they were asked for: another operation, process or host had \
         them.",
    ),
    Metric {
        name: "zfssa_coordination_lease_remaining_seconds",
        kind: MetricKind::Gauge,
        help: "Time for which the lease in etcd lasts if it is not renewed any more; 0 without a \
               lease. Only with zfssa_coordination_url.",
        value: Value::Seconds(|metrics| {
            let coordination = metrics.coordination.as_ref();
            coordination.map(|found| found.lease_remaining_us)
        }),
    },
    counter(
        "zfssa_coordination_leases_lost_total",
        |metrics| coordinated(metrics, |found| found.leases_lost),
        "Leases in etcd that ended before the driver ended them: their operations sent no more \
         changes.",
    ),
    counter(
        "zfssa_coordination_requests_total",
        |metrics| coordinated(metrics, |found| found.requests),
        "Requests sent to etcd.",
    ),
    counter(
        "zfssa_coordination_requests_failed_total",
        |metrics| coordinated(metrics, |found| found.requests_failed),
        "Requests that etcd did not answer, or answered with an error; one that a cancellation cut \
         short counts, too.",
    ),
    gauge(
        "zfssa_connections_share",
        |metrics| metrics.connections_share,
        "Connections that the hosts of the backend leave to this process; zfssa_connections_max \
         without zfssa_max_connections_total.",
    ),
    gauge(
        "zfssa_connections_wanted",
        |metrics| metrics.connections_wanted,
        "Connections that the requests of this process could use: those in flight and those that \
         wait, at most zfssa_connections_max.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_names_follow_the_conventions() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for Metric {
            name,
            kind,
            help,
            value,
        } in METRICS
        {
            assert!(name.starts_with("zfssa_"), "{name}");
            let letters = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            assert!(name.chars().all(letters), "{name}");
            let is_counter = *kind == MetricKind::Counter;
            assert_eq!(name.ends_with("_total"), is_counter, "{name}");
            let is_time = *kind == MetricKind::Histogram || matches!(value, Value::Seconds(_));
            assert_eq!(name.ends_with("_seconds"), is_time, "{name}");
            assert!(
                help.ends_with('.') && !help.contains(['\n', '\\', '|']),
                "{name}"
            );
        }
    }
}
