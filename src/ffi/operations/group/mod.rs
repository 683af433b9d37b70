//! Operations on groups of volumes and their snapshots.

pub mod deletion_report;
pub mod groups;
pub mod snapshots;
