//! Readers of option sources: `cinder.conf` and TOML.

pub(super) mod cinder_conf;
pub(super) mod oslo_ini;
pub(super) mod oslo_substitution;
pub(super) mod toml;
pub(super) mod unknown_options;
