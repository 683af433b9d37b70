//! A simulator of the Oracle ZFS Storage Appliance.

pub mod storage;
