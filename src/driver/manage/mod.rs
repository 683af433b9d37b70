//! Adoption of LUNs and snapshots, their release, and what is reported of them.

pub(super) mod adopt;
pub(super) mod candidates;
pub(super) mod provider_info;
pub(super) mod release;
pub(super) mod snapshots;
