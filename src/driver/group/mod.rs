//! Generic volume groups and their consistent snapshots.

pub(super) mod consistent_snapshot;
pub(super) mod groups;
pub(super) mod snapshots;
