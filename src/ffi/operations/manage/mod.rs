//! Operations that take existing volumes and snapshots under management, and release them.

pub mod candidates;
pub mod provider_info;
pub mod snapshots;
pub mod volumes;
