//! Exchange of one request and its answer over one connection, and its failures.

#[cfg(feature = "cli")]
pub(super) mod forward;
pub(super) mod list_stream;
pub(super) mod round_trip;
pub(super) mod transport_error;
