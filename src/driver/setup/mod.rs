//! Setup of a backend, and its check.

pub(super) mod check;
mod coordination;
pub(super) mod group_members;
pub(super) mod notes;
pub(super) mod operation;
pub(super) mod reconcile;
pub(super) mod survey;
