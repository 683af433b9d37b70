//! Volumes, their snapshots and their clones.

pub(super) mod clone;
pub(super) mod clone_flow;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod delete_flow;
pub(super) mod dependents;
pub(super) mod extend;
pub(super) mod lookup;
pub(super) mod properties;
pub(super) mod protection;
pub(super) mod retype;
pub(super) mod revert;
pub(super) mod snapshots;
