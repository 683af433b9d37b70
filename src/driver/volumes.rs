//! Volumes: create, delete, extend, look up.

use serde::Serialize;

use crate::driver::{Driver, Operation};
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Creates a volume: a LUN presented to nobody.
///
/// Idempotent: a volume of the same name, size and kind that is managed by this driver is
/// answered with [`Volume::created`] false; one that differs is an error.
#[derive(Clone, Debug, Default)]
pub struct CreateVolume {
    /// The LUN's name, such as `volume-<uuid>`.
    pub name: String,
    /// GiB, at least 1.
    pub size_gib: u64,
    /// The volume type's extra specs. `zfssa:*` keys override the backend's defaults; keys of
    /// other scopes are ignored.
    pub extra_specs: Vec<(String, String)>,
}

/// Deletes a volume. One that does not exist is deleted already: success.
///
/// A clone is deleted itself, then the temporary snapshot it came from; nothing is left to a
/// cascade. A volume with snapshots or clones is busy and stays untouched.
#[derive(Clone, Debug, Default)]
pub struct DeleteVolume {
    /// The LUN's name.
    pub name: String,
}

/// Grows a volume. A volume that is as large or larger already is left as it is: success.
#[derive(Clone, Debug, Default)]
pub struct ExtendVolume {
    /// The LUN's name.
    pub name: String,
    /// The new size in GiB. The volume is never shrunk.
    pub size_gib: u64,
}

/// Looks one volume up.
#[derive(Clone, Debug, Default)]
pub struct GetVolume {
    /// The LUN's name.
    pub name: String,
}

/// Lists the volumes of the backend's project.
#[derive(Clone, Debug, Default)]
pub struct ListVolumes {
    /// Only names that begin so; empty for all.
    pub prefix: String,
}

/// A volume as the appliance shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Volume {
    /// The LUN's name.
    pub name: String,
    /// The pool it is in.
    pub pool: String,
    /// The project it is in.
    pub project: String,
    /// The LUN's globally unique id, 32 hexadecimal digits.
    pub guid: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Block size in bytes.
    pub block_size_bytes: u32,
    /// Thin provisioned.
    pub sparse: bool,
    /// Compression, in the appliance's words.
    pub compression: String,
    /// Synchronous write bias: `latency` or `throughput`.
    pub logbias: String,
    /// Bytes of data that the volume holds now, snapshots excluded.
    pub used_bytes: u64,
    /// The initiator groups it is presented to; empty when to nobody.
    pub initiator_groups: Vec<String>,
    /// The target group through which it is presented.
    pub target_group: String,
    /// What it was cloned from.
    pub origin: Option<Origin>,
    /// The `cinder_managed` property, when it is set.
    pub managed: Option<bool>,
    /// When it was made, UTC, in the appliance's form.
    pub created_at: String,
    /// Whether this very call made it. False where an earlier one did, and for look-ups.
    pub created: bool,
}

/// Where a clone came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The project of the source.
    pub project: String,
    /// The source volume.
    pub volume: String,
    /// The source's snapshot.
    pub snapshot: String,
}

/// The volumes found.
#[derive(Clone, Debug, Serialize)]
pub struct Volumes {
    /// In the order of their names.
    pub volumes: Vec<Volume>,
}

/// What became of a volume or snapshot that should be gone.
#[derive(Clone, Debug, Serialize)]
pub struct Deleted {
    /// False where it did not exist before the call.
    pub existed: bool,
}
