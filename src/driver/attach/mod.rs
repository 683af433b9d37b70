//! Attachment of volumes to hosts, detachment, and exports.

pub(super) mod connections;
pub(super) mod detach;
pub(super) mod exports;
pub(super) mod initiator_index;
pub(super) mod target;
