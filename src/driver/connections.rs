//! Presenting volumes to hosts, and taking them away.

use serde::{Serialize, Serializer};

use crate::driver::{Driver, Operation};
use crate::error::{Error, Result, Status};
use crate::scope::Scope;
use crate::secret::Secret;

/// Presents a volume to the host of an initiator, beside the hosts that have it already.
#[derive(Clone, Debug, Default)]
pub struct InitializeConnection {
    /// The LUN's name.
    pub volume: String,
    /// Cinder's id of the volume, handed back in the connection; empty: the name.
    pub volume_id: String,
    /// The host's iSCSI name.
    pub initiator: String,
}

/// Takes a volume away from one host, or from all.
#[derive(Clone, Debug, Default)]
pub struct TerminateConnection {
    /// The LUN's name.
    pub volume: String,
    /// The host's iSCSI name; empty: every host.
    pub initiator: String,
    /// Initiators that still use the volume and must keep it. `None`: not known, in which case
    /// an initiator group that holds other initiators too keeps the volume.
    pub still_attached: Option<Vec<String>>,
}

/// Prepares a volume for attachment. The appliance needs nothing: no request is sent.
#[derive(Clone, Debug, Default)]
pub struct CreateExport {
    /// The LUN's name.
    pub volume: String,
}

/// Undoes [`CreateExport`]. No request is sent.
#[derive(Clone, Debug, Default)]
pub struct RemoveExport {
    /// The LUN's name.
    pub volume: String,
}

/// Called by Cinder for each volume in use at start. No request is sent.
#[derive(Clone, Debug, Default)]
pub struct EnsureExport {
    /// The LUN's name.
    pub volume: String,
}

/// How a host reaches a volume, in the words of Cinder's connection properties.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// Always `iscsi`.
    pub driver_volume_type: &'static str,
    /// Always false: the host need not discover.
    pub target_discovered: bool,
    /// The first portal, `address:port`.
    pub target_portal: String,
    /// The target's iSCSI name.
    pub target_iqn: String,
    /// The LU number for this host.
    pub target_lun: u32,
    /// Every portal; aligned with `target_iqns` and `target_luns`.
    pub target_portals: Vec<String>,
    /// The target's name at each portal.
    pub target_iqns: Vec<String>,
    /// The LU number at each portal.
    pub target_luns: Vec<u32>,
    /// As given in the request.
    pub volume_id: String,
    /// CHAP, when the target asks for it.
    pub auth: Option<ConnectionAuth>,
    /// Whether the host may send discards.
    pub discard: bool,
    /// The initiator groups through which the host sees the volume.
    pub initiator_groups: Vec<String>,
    /// Whether this very call presented it.
    pub changed: bool,
}

/// What a host proves itself with.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionAuth {
    /// Always `CHAP`.
    pub method: &'static str,
    /// CHAP name.
    pub username: String,
    /// CHAP secret; `***` in JSON.
    #[serde(serialize_with = "masked")]
    pub password: Secret,
}

fn masked<S: Serializer>(_: &Secret, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str("***")
}

/// What is left after a host was taken away.
#[derive(Clone, Debug, Serialize)]
pub struct Detached {
    /// Whether the host still sees the volume, through a group that had to be kept.
    pub still_presented: bool,
    /// Every initiator group that the volume is presented to now.
    pub initiator_groups: Vec<String>,
    /// Whether this very call changed anything.
    pub changed: bool,
}

/// An operation that had nothing to do.
#[derive(Clone, Debug, Serialize)]
pub struct Nothing {}
