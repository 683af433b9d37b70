//! Migration of a volume to another pool, project or appliance.

mod copy;
pub(super) mod destination;
pub(super) mod flow;
mod likeness;
pub(super) mod location_info;
pub(super) mod marker;
pub(super) mod operation;
pub(super) mod preflight;
pub(super) mod recovery;
pub(super) mod replication_update;
pub(super) mod request;
pub(super) mod rollback;
mod source_deletion;
