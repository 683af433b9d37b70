//! A simulator of the Oracle ZFS Storage Appliance, for tests of whatever talks to one.
//!
//! It keeps a whole appliance in memory and answers its REST API over HTTPS: access, version, cluster, services,
//! pools, projects, LUNs, snapshots, clones, custom properties, the SAN and replication. It can be slow, full, busy,
//! wrong and broken on request, and it remembers every request it got.
//!
//! ```no_run
//! use zfssa_appliance::{Appliance, Fault, FaultKind, Options};
//!
//! # async fn example() -> std::io::Result<()> {
//! let appliance = Appliance::start(Options::default()).await?;
//! let before = appliance.state();
//! appliance.faults().push(Fault::new(FaultKind::ReplyLost).on("POST", "/luns$").after_commit());
//! // … have the code under test create a LUN at appliance.url(), trusting appliance.ca_pem() …
//! assert_ne!(appliance.state(), before);
//! assert_eq!(zfssa_appliance::sequential_depth(&appliance.trace()), 2);
//! appliance.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! What is not known of the real appliance is a knob ([`Knobs`]).

#![forbid(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

mod access;
pub mod admin;
mod appliance;
mod clones;
mod core;
pub mod data_plane;
mod dialect;
mod encryption;
mod exchange;
mod faults;
mod fleet;
mod late;
mod latency;
mod lu_numbers;
mod lun_edit;
mod lun_shown;
mod luns;
mod misfortune;
mod odd;
mod options;
mod pools;
mod profile;
mod project_snapshots;
mod projects;
mod properties;
mod refusal;
mod replay;
mod replication;
mod report;
mod request;
mod router;
mod san;
mod san_groups;
mod schema;
mod server;
mod services;
mod sizes;
mod snapshots;
mod space;
mod state;
pub mod storage;
mod system;
mod table;
mod tls;
mod tokens;
mod trace;
mod version_one;
mod views;
mod wire;

pub use appliance::{Appliance, Faults};
pub use core::Stats;
pub use dialect::Release;
pub use faults::{Fault, FaultKind, FaultReport, When};
pub use fleet::Fleet;
pub use latency::{Latency, PathLatency};
pub use odd::Odd;
pub use options::{
    Cascade, CertificateKind, ClusterOptions, Knobs, Options, PoolOptions, TlsOptions, User,
};
pub use profile::Profile;
pub use replay::{Replay, ReplayOptions, ReplayReport};
pub use sizes::parse_text as parse_size;
pub use state::{DEFAULT_GROUP, MASK_ALL};
pub use tokens::ShownToken;
pub use trace::{Exchange, requests, sequential_depth};
