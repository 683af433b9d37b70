//! Audit and recovery.

mod audit;
mod recover;
mod recover_migration;
mod volume_age;
