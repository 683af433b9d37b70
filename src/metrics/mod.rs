//! Parts of metrics that several modules count with.

mod histogram;

pub(crate) use histogram::Histogram;
pub use histogram::{BOUNDS_US, Durations};
