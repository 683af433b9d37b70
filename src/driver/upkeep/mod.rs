//! Audit of objects without an owner, their repair, and recovery after a crash.

pub(super) mod audit;
pub(super) mod audit_deferred;
pub(super) mod audit_finding;
pub(super) mod audit_repair;
pub(super) mod audit_scan;
pub(super) mod recover;
