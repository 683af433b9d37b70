//! A simulator of the Oracle ZFS Storage Appliance.

pub mod data_plane;
pub mod storage;
