//! Snapshots of volumes: create, delete, list.

use serde::Serialize;

use crate::driver::{Driver, Operation};
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Takes a snapshot of a volume.
///
/// Idempotent: a snapshot of this name on this volume is answered with [`Snapshot::created`]
/// false.
#[derive(Clone, Debug, Default)]
pub struct CreateSnapshot {
    /// The LUN's name.
    pub volume: String,
    /// The snapshot's name, such as `snapshot-<uuid>`.
    pub name: String,
}

/// Deletes a snapshot. One that does not exist is deleted already: success. One with clones is
/// busy and stays untouched.
#[derive(Clone, Debug, Default)]
pub struct DeleteSnapshot {
    /// The LUN's name.
    pub volume: String,
    /// The snapshot's name.
    pub name: String,
}

/// Lists the snapshots of one volume.
#[derive(Clone, Debug, Default)]
pub struct ListSnapshots {
    /// The LUN's name.
    pub volume: String,
}

/// A snapshot as the appliance shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// The snapshot's name.
    pub name: String,
    /// The volume it was taken of.
    pub volume: String,
    /// The pool it is in.
    pub pool: String,
    /// The project it is in.
    pub project: String,
    /// When it was taken, UTC, in the appliance's form.
    pub created_at: String,
    /// How many clones the appliance counts. The count may lag behind deletions.
    pub clones: u64,
    /// Bytes held by this snapshot alone.
    pub unique_bytes: u64,
    /// Whether this very call took it.
    pub created: bool,
}

/// The snapshots found.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshots {
    /// In the order in which they were taken.
    pub snapshots: Vec<Snapshot>,
}
