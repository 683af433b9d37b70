//! Configuration of a backend: the option table, and what is derived from it.
//!
//! [`OPTIONS`] describes each option. [`ConfigBuilder`] gathers values from the
//! host, from TOML or from a `cinder.conf`, and makes a checked [`Config`], or
//! reports all errors together ([`ConfigErrors`]). [`LunSpecs`] reads the extra
//! specs of a volume type.
//!
//! Nothing here touches the network, and no file but the one that the caller
//! names. Secrets live in [`Secret`](crate::secret::Secret) and never reach an
//! error or a warning.

mod assemble;
mod builder;
#[expect(clippy::module_inception, reason = "the type that the folder is about")]
mod config;
mod coordination;
mod did_you_mean;
mod error;
mod gathered;
mod initiator_access;
mod input;
mod lun;
mod option_spec;
mod option_text;
mod options;
mod sources;
mod tls;
mod values;

pub use builder::ConfigBuilder;
pub use config::{
    ApiVersion, Chap, Config, CoordinationConfig, CoordinationTls, Credentials, Destination,
    Endpoint, Initiator, InitiatorGroup, Limits, LockDir, ManagePolicy, OverSubscription, Portal,
    Timeouts, TlsMode,
};
pub use error::{ConfigError, ConfigErrors, Location};
pub use lun::delete_with_clones::DeleteWithClones;
pub use lun::optional::{LunProperty, PropertyValue, PropertyValues, shown_value};
pub use lun::properties::{Compression, Logbias, LunProperties, LunSpecs};
pub use option_spec::{OptionKind, OptionOrigin, OptionSpec};
pub use options::{OPTIONS, find};
pub(crate) use values::iscsi_name::check as check_iscsi_name;
pub use values::migration_destinations::REST_PORT;
