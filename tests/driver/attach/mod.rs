//! Attachment of volumes to hosts.

mod chap;
mod several_hosts;
mod two_processes;
