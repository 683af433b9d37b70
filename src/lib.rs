//! libzfssa: an asynchronous engine for Oracle ZFS Storage Appliances.
//!
//! Floors, one direction: `ffi` (the C ABI) → [`driver`] (Cinder's operations) → [`appliance`]
//! (typed REST resources) → [`rest`] (transport). Beside them: [`error`], [`scope`].

pub mod config;
pub mod error;
pub mod rest;
pub mod scope;
pub mod secret;
