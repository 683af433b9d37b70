//! Text form of a configuration, option by option.

use std::path::Path;

use crate::secret::MASK;

use super::{options, values};
use crate::config::config::*;
use crate::config::lun::optional::LunProperty;

impl Config {
    /// The effective value of an option, as text that sets the same value
    /// again; `***` for a secret that is set. `None` when the option has no
    /// value or does not exist.
    ///
    /// For support: what a host shows when it is asked how it is configured.
    pub fn option_text(&self, name: &str) -> Option<String> {
        let spec = options::find(name)?;
        let seconds = |time: std::time::Duration| Some(time.as_secs().to_string());
        let path = |path: Option<&Path>| path.map(|path| path.display().to_string());
        let mask = |set: bool| set.then(|| MASK.to_owned());
        match spec.name {
            "san_ip" => Some(self.appliance.host.clone()),
            "san_api_port" => Some(self.appliance.port.to_string()),
            "san_login" => Some(self.login.clone()),
            "san_password" => mask(self.credentials.password().is_some()),
            "zfssa_token_file" => match &self.credentials {
                Credentials::TokenFile(file) => path(Some(file)),
                Credentials::Password(_) => None,
            },
            "zfssa_pool" => Some(self.pool.clone()),
            "zfssa_project" => Some(self.project.clone()),
            "zfssa_lun_volblocksize" => Some(values::size_text(self.lun.volblocksize)),
            "zfssa_lun_sparse" => Some(self.lun.sparse.to_string()),
            "zfssa_lun_compression" => Some(self.lun.compression.to_string()),
            "zfssa_lun_logbias" => Some(self.lun.logbias.to_string()),
            // The older options are shown as what they became.
            "zfssa_initiator_config" => mask(!self.initiator_groups.is_empty()),
            "zfssa_initiator_group" if self.default_group => {
                Some(crate::built_in_groups::DEFAULT_GROUP.to_owned())
            }
            "zfssa_initiator_group" => self.initiator_group.clone(),
            "zfssa_initiator_user" => self.registered_chap.as_ref().map(|chap| chap.user.clone()),
            "zfssa_initiator_password" => mask(self.registered_chap.is_some()),
            "zfssa_register_hosts" => Some(self.register_hosts.to_string()),
            "zfssa_unregister_hosts" => Some(self.unregister_hosts.to_string()),
            "zfssa_target_group" => Some(self.target_group.clone()),
            "zfssa_target_interfaces" => Some(self.target_interfaces.join(",")),
            "zfssa_target_portal" => Some(join(&self.target_portals, Portal::to_string)),
            "zfssa_target_user" => self.target_chap.as_ref().map(|chap| chap.user.clone()),
            "zfssa_target_password" => mask(self.target_chap.is_some()),
            "zfssa_enable_local_cache" => Some(self.local_cache.to_string()),
            "zfssa_cache_project" => Some(self.cache_project.clone()),
            "zfssa_manage_policy" => Some(self.manage_policy.as_str().to_owned()),
            "zfssa_delete_with_clones" => Some(self.delete_with_clones.as_str().to_owned()),
            "zfssa_replication_ip" => self.replication_ip.clone(),
            "zfssa_migration_destinations" => mask(!self.migration_destinations.is_empty()),
            "zfssa_online_extend" => Some(self.online_extend.to_string()),
            "zfssa_tls_mode" => Some(self.tls.as_str().to_owned()),
            "zfssa_tls_ca_file" => path(self.tls.ca_file()),
            "zfssa_tls_pins" => match &self.tls {
                TlsMode::Pin { pins } => Some(join(pins, values::fingerprint_text)),
                _ => None,
            },
            "zfssa_connect_timeout" => seconds(self.timeouts.connect),
            "zfssa_rest_timeout" => seconds(self.timeouts.request),
            "zfssa_operation_timeout" => seconds(self.timeouts.operation),
            "zfssa_rollback_timeout" => seconds(self.timeouts.rollback),
            "zfssa_late_request_timeout" => seconds(self.timeouts.late_request),
            "zfssa_max_connections" => Some(self.limits.max_connections.to_string()),
            "zfssa_max_in_flight" => Some(self.limits.max_in_flight.to_string()),
            "zfssa_max_attempts" => Some(self.limits.max_attempts.to_string()),
            "zfssa_max_list_items" => Some(self.limits.max_list_items.to_string()),
            "zfssa_worker_threads" => Some(self.limits.worker_threads.to_string()),
            "zfssa_api_version" => Some(self.api_version.as_str().to_owned()),
            "zfssa_state_dir" => path(self.state_dir.as_deref()),
            "zfssa_lock_dir" => match &self.lock_dir {
                LockDir::Usual => None,
                LockDir::At(directory) => path(Some(directory)),
                LockDir::Nowhere => Some("none".to_owned()),
            },
            name if name.starts_with("zfssa_coordination_")
                || name == "zfssa_max_connections_total" =>
            {
                self.coordination
                    .as_ref()
                    .and_then(|it| it.option_text(name))
            }
            "volume_backend_name" => self.volume_backend_name.clone(),
            "reserved_percentage" => Some(self.reserved_percentage.to_string()),
            "max_over_subscription_ratio" => Some(match self.max_over_subscription_ratio {
                OverSubscription::Auto => "auto".to_owned(),
                OverSubscription::Ratio(ratio) => format!("{ratio:?}"),
            }),
            "report_discard_supported" => Some(self.report_discard_supported.to_string()),
            name if let Some(property) = lun_property(name) => {
                self.lun.optional.get(property).map(ToString::to_string)
            }
            // `driver_ssl_cert_*` and `zfssa_initiator` have become values of
            // other options.
            _ => None,
        }
    }
}

impl CoordinationConfig {
    /// The same for the options of coordination, which have no value without its URL.
    fn option_text(&self, name: &str) -> Option<String> {
        let tls = self.tls.as_ref();
        let certificate = tls.and_then(|tls| tls.certificate.as_ref());
        let path = |path: Option<&std::path::PathBuf>| path.map(|path| path.display().to_string());
        match name {
            "zfssa_coordination_url" => {
                let scheme = if tls.is_some() { "etcds" } else { "etcd" };
                Some(format!(
                    "{scheme}://{}",
                    join(&self.endpoints, Endpoint::to_string)
                ))
            }
            "zfssa_coordination_user" => self.account.as_ref().map(|(user, _)| user.clone()),
            "zfssa_coordination_password" => self.account.as_ref().map(|_| MASK.to_owned()),
            "zfssa_coordination_ca_file" => path(tls.and_then(|tls| tls.ca_file.as_ref())),
            "zfssa_coordination_cert_file" => path(certificate.map(|(certificate, _)| certificate)),
            "zfssa_coordination_key_file" => path(certificate.map(|(_, key)| key)),
            "zfssa_coordination_namespace" => Some(self.namespace.clone()),
            "zfssa_coordination_ttl" => Some(self.ttl.as_secs().to_string()),
            "zfssa_max_connections_total" => self.max_connections_total.map(|it| it.to_string()),
            _ => None,
        }
    }
}

fn lun_property(option: &str) -> Option<LunProperty> {
    let mut all = LunProperty::ALL.iter().copied();
    all.find(|property| property.option() == option)
}

fn join<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(",")
}

impl TlsMode {
    /// The mode as `zfssa_tls_mode` spells it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::System { .. } => "system",
            Self::Ca { .. } => "ca",
            Self::Pin { .. } => "pin",
            Self::Insecure => "insecure",
        }
    }

    /// The file of trusted authorities, if this mode has one.
    pub fn ca_file(&self) -> Option<&Path> {
        match self {
            Self::System { ca_file } => ca_file.as_deref(),
            Self::Ca { ca_file } => Some(ca_file),
            Self::Pin { .. } | Self::Insecure => None,
        }
    }
}

impl ManagePolicy {
    /// The policy as `zfssa_manage_policy` spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loose => "loose",
            Self::Strict => "strict",
        }
    }
}

impl ApiVersion {
    /// The version as `zfssa_api_version` spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }
}
