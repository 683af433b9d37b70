//! iSCSI initiator in user space, by libiscsi, for `zfssa verify --data`.
//!
//! - [`library`] loads libiscsi at run time and has its functions.
//! - [`session`] is a session with a target: login, commands, logout, each with a time limit.
//! - [`disk`] is the SCSI commands that the probes send.
//! - [`host`] runs them off the threads of the runtime.

pub mod disk;
pub mod host;
pub mod library;
pub mod session;
