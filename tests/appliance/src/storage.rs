//! What the appliance tells a data plane: the bytes behind its LUNs, and who may see them.
//!
//! The REST side of the simulator keeps names, properties and numbers only. A data plane keeps the bytes and serves
//! them over iSCSI. The state machine calls this trait while it holds its lock, so an implementation queues the work
//! and returns at once; the HTTP reply of a change then waits for [`DataPlane::settled`], so that a client that has
//! read "201 Created" finds the LUN on the wire.
//!
//! LUNs are known by their `lunguid` (32 hexadecimal digits, stable across rename, move and rollback), snapshots by
//! an id of the form of a UUID. Both are unique over all appliances of one process, so one data plane can serve two
//! appliances that replicate to each other.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// What a data plane is told: every change that concerns bytes or presentation.
pub trait DataPlane: Send + Sync + 'static {
    /// A new LUN, all zeroes.
    fn lun_created(&self, lun: &LunBytes);
    /// The LUN has another size. What it held below the smaller of the two sizes stays.
    fn lun_resized(&self, guid: &str, volsize: u64);
    /// The LUN is gone, with all its bytes.
    fn lun_deleted(&self, guid: &str);
    /// The bytes of the LUN `lun`, as they are now, are kept under the snapshot's id.
    fn snapshot_taken(&self, lun: &str, snapshot: &str);
    /// The snapshot is gone.
    fn snapshot_deleted(&self, snapshot: &str);
    /// A new LUN that begins with the bytes of the snapshot. `clone.volsize` is the snapshot's size.
    fn cloned(&self, snapshot: &str, clone: &LunBytes);
    /// The LUN has the bytes of its own snapshot again. Its size may change with that; a resize is told separately.
    fn rolled_back(&self, lun: &str, snapshot: &str);
    /// `copy` holds what the source (a snapshot's id or a LUN's GUID, perhaps of another appliance) holds now.
    ///
    /// It is told to the data plane of the appliance that receives. The first time `copy.guid` is new; each later
    /// update replaces the bytes of the same GUID, and perhaps the size. Nobody sees the copy before it is severed.
    fn replicated(&self, source_snapshot_or_lun: &str, copy: &LunBytes);
    /// The whole presentation of one appliance after a change of it. It replaces the one told before.
    fn presentation_changed(&self, presentation: &Presentation);
    /// Resolves when everything told before this call is in effect. An error becomes the reply's 500.
    fn settled(&self) -> Pin<Box<dyn Future<Output = std::io::Result<()>> + Send + '_>>;
}

/// A LUN as far as its bytes are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LunBytes {
    /// The `lunguid`: 32 upper-case hexadecimal digits, `600144F0…` (an NAA identifier of type 6).
    pub guid: String,
    /// The size in bytes.
    pub volsize: u64,
    /// The `volblocksize` in bytes. The logical block of the SCSI disk is 512 bytes all the same.
    pub blocksize: u32,
}

/// Who sees which LUN through which target, for one appliance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presentation {
    /// The `asn` of the appliance, to tell two appliances apart that share a data plane.
    pub appliance: String,
    /// Every iSCSI target of the appliance by its IQN, those without any view too.
    pub targets: BTreeMap<String, TargetView>,
    /// The initiator objects that have CHAP credentials, by IQN: what the initiator must prove at login.
    /// They matter only at targets whose [`TargetView::requires_chap`] is set.
    pub initiator_chap: BTreeMap<String, Chap>,
}

/// One target and what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetView {
    /// The target's `auth` is `chap`: initiators with credentials have to prove them, those without get no access.
    pub requires_chap: bool,
    /// What the target proves to the initiator (mutual CHAP), if it is set up.
    pub target_chap: Option<Chap>,
    /// LU number and LUN GUID in the order of the numbers, by initiator IQN. `None` stands for any initiator that
    /// has no entry of its own; each entry is complete, so nothing has to be merged. An initiator without an entry
    /// and without a `None` entry sees nothing.
    pub views: BTreeMap<Option<String>, Vec<(u32, String)>>,
}

/// CHAP credentials. The secret does not appear in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Chap {
    /// The CHAP name.
    pub user: String,
    /// The CHAP secret.
    pub secret: String,
}

impl fmt::Debug for Chap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chap")
            .field("user", &self.user)
            .field("secret", &"***")
            .finish()
    }
}

/// The default: no bytes at all, nothing on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDataPlane;

impl DataPlane for NoDataPlane {
    fn lun_created(&self, _lun: &LunBytes) {}
    fn lun_resized(&self, _guid: &str, _volsize: u64) {}
    fn lun_deleted(&self, _guid: &str) {}
    fn snapshot_taken(&self, _lun: &str, _snapshot: &str) {}
    fn snapshot_deleted(&self, _snapshot: &str) {}
    fn cloned(&self, _snapshot: &str, _clone: &LunBytes) {}
    fn rolled_back(&self, _lun: &str, _snapshot: &str) {}
    fn replicated(&self, _source_snapshot_or_lun: &str, _copy: &LunBytes) {}
    fn presentation_changed(&self, _presentation: &Presentation) {}
    fn settled(&self) -> Pin<Box<dyn Future<Output = std::io::Result<()>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
