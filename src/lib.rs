//! libzfssa: an asynchronous engine for Oracle ZFS Storage Appliances.

pub mod config;
pub mod secret;
