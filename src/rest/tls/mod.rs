//! TLS of the transport: trusted certificates, their verification, and the client configuration.

pub(super) mod anchors;
pub(super) mod certificate_verifier;
pub(super) mod client_config;
mod signature;
pub(super) mod trust;
