//! Volumes, their snapshots and their clones.

pub(super) mod clone_flow;
pub(super) mod clones;
pub(super) mod delete_flow;
pub(super) mod retype;
pub(super) mod revert;
pub(super) mod snapshots;
pub(super) mod volumes;
