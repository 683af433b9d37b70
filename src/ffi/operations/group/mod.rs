//! Operations on groups of volumes and their snapshots.

pub mod groups;
