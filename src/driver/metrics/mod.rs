//! Metrics of a backend: counters, their snapshot, their table, and the Prometheus text.

pub(super) mod counters;
pub(super) mod prometheus;
pub(super) mod snapshot;
pub(super) mod table;
