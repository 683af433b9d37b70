//! Operations of the driver on a simulated appliance.

mod api_dialects;
mod api_token;
mod attach;
mod cluster_takeover;
mod deferred;
mod image;
mod journal_fsync;
mod late_requests;
mod malformed_objects;
mod manage;
mod metrics;
mod migrate;
mod replay;
mod setup;
mod timeout_and_cancel;
mod traceparent;
mod upkeep;
mod volume;
