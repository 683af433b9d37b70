//! Metrics of the transport: counters, histograms, and the kinds of resources that they tell apart.

pub(super) mod counters;
pub(super) mod histogram;
pub(super) mod resource;
