//! libzfssa: an asynchronous engine for Oracle ZFS Storage Appliances.
//!
//! Floors, one direction: `ffi` (the C ABI) → [`driver`] (Cinder's operations) → [`appliance`]
//! (typed REST resources) → [`rest`] (transport). Beside them: [`config`], [`error`], [`flow`],
//! [`local`], [`lock`], [`maker`], [`progress`], [`scope`], [`secret`].

#![deny(unsafe_code)]
#![warn(missing_docs)]

#[macro_use]
mod canary;

pub mod appliance;
mod backoff;
mod built_in_groups;
pub mod config;
mod digest;
pub mod driver;
pub mod error;
mod ffi;
pub mod flow;
pub mod local;
pub mod lock;
pub mod maker;
pub mod progress;
pub mod rest;
mod runtime;
pub mod scope;
pub mod secret;
mod sync;
mod telemetry;
mod timestamp;
