//! Attachment of volumes to hosts, detachment, exports, and the registration of hosts.

pub(super) mod connection;
pub(super) mod connections;
pub(super) mod detach;
pub(super) mod exports;
pub(super) mod initiator_index;
pub(super) mod register;
pub(super) mod registered_host;
pub(super) mod target;
pub(super) mod unregister;
