//! Operations on volumes, their snapshots and clones.

pub mod clones;
pub mod retype;
pub mod revert;
pub mod snapshots;
pub mod views;
pub mod volumes;
