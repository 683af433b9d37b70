//! Attachment of volumes to hosts.

mod chap;
mod hosts;
mod register;
mod register_accounts;
mod several_hosts;
mod two_processes;
mod two_processes_register;
mod unregister;
