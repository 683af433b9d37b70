//! Metrics of the transport: counters, and the kinds of resources that they tell apart.

pub(super) mod counters;
pub(super) mod resource;
