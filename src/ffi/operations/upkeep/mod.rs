//! Operations of upkeep: recovery and audit.

pub mod audit;
pub mod recover;
