//! Volumes made from snapshots and from other volumes.

use crate::driver::{Driver, Operation, Volume};
use crate::error::{Error, Result, Status};
use crate::scope::Scope;

/// Makes a volume from a snapshot, grown to its size where that is larger.
#[derive(Clone, Debug, Default)]
pub struct CreateVolumeFromSnapshot {
    /// The new LUN's name.
    pub name: String,
    /// GiB, at least the snapshot's size.
    pub size_gib: u64,
    /// The snapshot's volume.
    pub source_volume: String,
    /// The snapshot's name.
    pub snapshot: String,
    /// The volume type's extra specs; see [`crate::driver::CreateVolume`]. The block size of a
    /// clone is its source's and cannot be chosen.
    pub extra_specs: Vec<(String, String)>,
}

/// Makes a volume from another volume, by way of a temporary snapshot that lives as long as
/// the new volume does.
#[derive(Clone, Debug, Default)]
pub struct CreateClonedVolume {
    /// The new LUN's name.
    pub name: String,
    /// The new volume's Cinder id, which names the temporary snapshot `tmp-snapshot-<id>`.
    /// Empty: taken from the name, without the prefix `volume-`.
    pub id: String,
    /// GiB, at least the source's size.
    pub size_gib: u64,
    /// The source LUN's name.
    pub source_volume: String,
    /// The volume type's extra specs; see [`crate::driver::CreateVolume`].
    pub extra_specs: Vec<(String, String)>,
}
