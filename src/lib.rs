//! Asynchronous client of Oracle ZFS Storage Appliances, with the operations of a Cinder driver.
//!
//! A [`Driver`] is one backend: an appliance, a pool and a project. An operation of [`ops`] is a
//! request, which the driver runs on a tokio runtime. It may be called again after any failure,
//! and each [`Error`] tells by its [`Outcome`] whether the appliance was changed.
//!
//! ```no_run
//! use zfssa::ops::CreateVolume;
//! use zfssa::{ConfigBuilder, Driver};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut options = ConfigBuilder::new();
//! options.load_cinder_conf_file("/etc/cinder/cinder.conf".as_ref(), "zfssa");
//! let driver = Driver::new(options.build()?)?;
//! let volume = CreateVolume {
//!     name: "volume-0001".to_owned(),
//!     size_gib: 10,
//!     ..CreateVolume::default()
//! };
//! println!("{:?}", driver.call(volume).await?);
//! # Ok(())
//! # }
//! ```
//!
//! A minor release may add members to requests and outputs. End a request with
//! `..Default::default()`, as above ([`ops::CloneImage`], whose transfer has no default, is the
//! exception); outputs are `#[non_exhaustive]`.
//!
//! Hosts in other languages use the C ABI of `include/zfssa.h`.
//!
//! The modules that are not documented here are the library's inside. They are public for its own
//! tests, and change without notice.

#![deny(unsafe_code)]
#![warn(missing_docs)]

#[macro_use]
mod canary;

#[doc(hidden)]
pub mod appliance;
mod backoff;
mod built_in_groups;
pub mod config;
#[doc(hidden)]
pub mod coordination;
mod digest;
#[doc(hidden)]
pub mod driver;
pub mod error;
mod ffi;
#[doc(hidden)]
pub mod flow;
#[doc(hidden)]
pub mod local;
#[doc(hidden)]
pub mod lock;
#[doc(hidden)]
pub mod maker;
#[doc(hidden)]
pub mod metrics;
#[doc(hidden)]
pub mod progress;
#[doc(hidden)]
pub mod rest;
#[doc(hidden)]
pub mod scope;
pub mod secret;
mod sorting;
mod sync;
#[doc(hidden)]
pub mod telemetry;
#[doc(hidden)]
pub mod timestamp;
#[doc(hidden)]
pub mod token_file;

pub use config::{Config, ConfigBuilder};
pub use driver::{Call, Driver, Operation, Timeout};
pub use error::{Error, Outcome, Result, Status};
pub use scope::traceparent::Traceparent;

/// The operations: requests with their outputs.
pub mod ops {
    #[doc(inline)]
    pub use crate::driver::*;
}
