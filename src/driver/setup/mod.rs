//! Set-up of a backend, and its check.

pub(super) mod check;
pub(super) mod operation;
pub(super) mod reconcile;
pub(super) mod reconcile_groups;
