//! Deferred deletion: volumes and snapshots that are deleted with the last of their clones.
//!
//! The appliance cannot make a clone independent of its origin (it has no promotion), so an object
//! with clones cannot be deleted before them. With the policy `defer`, of the volume's type or of
//! the backend (`zfssa_delete_with_clones`), its deletion is one request that renames it to a
//! reserved name (`deleted-…`); for a volume, the same request masks it and writes the marker with
//! its former name and the time. From then on the library shows it in no list and takes its name in
//! no call.
//!
//! The deletion of a clone deletes the origin if it waits for nothing else, and so on up the chain
//! of origins. A snapshot of another owner, a clone, a presentation to a host or an unreadable
//! object keeps it. A failure there does not fail the deletion of the clone: the object stays, and
//! an audit finds it (`deferred`), or without journals the next deletion of a volume that does not
//! exist.
//!
//! A deferral and the deletion of a clone at the same time exclude each other by the lock of the
//! clone: see [`rename::ClonesInUse`] and [`origins`].
//!
//! Snapshots have no properties, so the form of the name marks them. A volume counts only with its
//! marker, which holds its GUID: a late rename that meets another LUN makes it no deleted volume.

pub(super) mod mark;
pub(super) mod needless;
pub(super) mod origins;
pub(super) mod policy;
pub(super) mod rename;
