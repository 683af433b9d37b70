//! Options: one table, and everything that follows from it.
//!
//! [`OPTIONS`] says what each option is. [`ConfigBuilder`] gathers values from
//! the host, from TOML or from a `cinder.conf`, and makes a [`Config`] that the
//! engine can use as it stands, or tells everything that is wrong at once
//! ([`ConfigErrors`]). [`LunSpecs`] reads the extra specs of a volume type.
//!
//! Nothing here touches the network, and no file but the one that the caller
//! names. Secrets live in [`Secret`](crate::secret::Secret) and never reach an
//! error or a warning.

mod access;
mod assemble;
mod builder;
mod cinder_conf;
mod destinations;
mod error;
mod foreign;
mod hosts;
mod initiators;
mod iscsi_name;
mod literal;
mod lun;
mod oslo_ini;
mod render;
mod spec;
mod substitute;
mod suggest;
mod table;
mod toml_text;
mod trust;
mod types;
mod values;

pub use builder::ConfigBuilder;
pub use destinations::REST_PORT;
pub use error::{ConfigError, ConfigErrors, Location};
pub use lun::{Compression, Logbias, LunProperties, LunSpecs};
pub use spec::{OptionKind, OptionOrigin, OptionSpec};
pub use table::{OPTIONS, find};
pub use types::{
    ApiVersion, Chap, Config, Destination, Endpoint, Initiator, InitiatorGroup, Limits, LockDir,
    LunDefaults, ManagePolicy, OverSubscription, Portal, Timeouts, Tls, TlsMode,
};
