//! Migration of volumes by replication between two appliances.

mod failing_steps;
mod late_deletion;
mod malformed_objects;
mod migrate_volume;
mod preflight;
