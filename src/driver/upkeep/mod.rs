//! Audit of what no volume owns, its repair, and recovery after a crash.

pub(super) mod audit;
pub(super) mod audit_finding;
pub(super) mod audit_repair;
pub(super) mod audit_scan;
pub(super) mod recover;
