//! Configuration as the engine uses it: typed, checked, immutable.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

use crate::config::lun::delete_with_clones::DeleteWithClones;
use crate::config::lun::properties::LunProperties;

/// The configuration of one backend: one appliance, pool and project.
///
/// Made by [`ConfigBuilder`](super::ConfigBuilder), which checks all values.
/// Field docs name the option that a field comes from. Prints without secrets.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// REST service of the appliance (`san_ip`, `san_api_port`).
    pub appliance: Endpoint,
    /// User on the appliance (`san_login`); no colon, no control characters.
    pub login: String,
    /// What proves that user's identity (`san_password` or `zfssa_token_file`).
    pub credentials: Credentials,
    /// Pool (`zfssa_pool`).
    pub pool: String,
    /// Project of the volumes (`zfssa_project`).
    pub project: String,
    /// Whether images are cached on the appliance (`zfssa_enable_local_cache`).
    pub local_cache: bool,
    /// Project of the cached images (`zfssa_cache_project`); never equal to
    /// `project` while `local_cache` is set.
    pub cache_project: String,
    /// What new LUNs are like (`zfssa_lun_*`).
    pub lun: LunProperties,
    /// Groups to make, and the initiators in them (`zfssa_initiator_config`, or
    /// `zfssa_initiator` with its companions). No group is listed twice, and an
    /// iSCSI name once in each; its account is the same in all. See
    /// [`InitiatorGroup::is_default`].
    pub initiator_groups: Vec<InitiatorGroup>,
    /// `zfssa_initiator_group`, where it names a group other than `default`.
    pub initiator_group: Option<String>,
    /// Whether a host that is in no group gets its volumes through the built-in
    /// group `default` (`zfssa_initiator_group = default`).
    pub default_group: bool,
    /// Whether an attachment registers a host that is in no group
    /// (`zfssa_register_hosts`); never set together with `default_group`.
    pub register_hosts: bool,
    /// Whether the last detachment of a registered host deletes its initiator
    /// and its group (`zfssa_unregister_hosts`).
    pub unregister_hosts: bool,
    /// CHAP account of the registered hosts (`zfssa_initiator_user`,
    /// `_password`); `None` without `register_hosts`.
    pub registered_chap: Option<Chap>,
    /// Target group, and alias of the target (`zfssa_target_group`).
    pub target_group: String,
    /// CHAP account that hosts present (`zfssa_target_user`, `_password`).
    pub target_chap: Option<Chap>,
    /// Where hosts reach the target (`zfssa_target_portal`); at least one, none
    /// twice.
    pub target_portals: Vec<Portal>,
    /// Interfaces of the target (`zfssa_target_interfaces`); at least one, none
    /// twice.
    pub target_interfaces: Vec<String>,
    /// Where this appliance receives replication data (`zfssa_replication_ip`);
    /// an IPv6 address has no brackets here.
    pub replication_ip: Option<String>,
    /// Accounts on the appliances that volumes may migrate to
    /// (`zfssa_migration_destinations`); no host is listed twice.
    pub migration_destinations: Vec<Destination>,
    /// Which LUNs may be managed (`zfssa_manage_policy`).
    pub manage_policy: ManagePolicy,
    /// Deletion of volumes and snapshots that have clones (`zfssa_delete_with_clones`).
    pub delete_with_clones: DeleteWithClones,
    /// Whether attached volumes may grow (`zfssa_online_extend`).
    pub online_extend: bool,
    /// Certificates to trust (`zfssa_tls_*`, or Cinder's `driver_ssl_cert_*`).
    pub tls: TlsMode,
    /// Version of the REST API (`zfssa_api_version`).
    pub api_version: ApiVersion,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Limits of load.
    pub limits: Limits,
    /// Directory of the journals (`zfssa_state_dir`), absolute; it need not
    /// exist.
    pub state_dir: Option<PathBuf>,
    /// Directory of the lock files (`zfssa_lock_dir`).
    pub lock_dir: LockDir,
    /// Coordination with other hosts (`zfssa_coordination_*`).
    pub coordination: Option<CoordinationConfig>,
    /// Name in Cinder's reports (`volume_backend_name`).
    pub volume_backend_name: Option<String>,
    /// Percent of the capacity that the scheduler leaves free, 0 to 100
    /// (`reserved_percentage`).
    pub reserved_percentage: u8,
    /// `max_over_subscription_ratio`.
    pub max_over_subscription_ratio: OverSubscription,
    /// Whether volumes report support for discard (`report_discard_supported`).
    pub report_discard_supported: bool,
    /// Warnings about allowed but probably unintended settings, one sentence
    /// each, without secrets. For the log, once.
    pub warnings: Vec<String>,
}

/// What proves the identity of the user on the appliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// The password (`san_password`); not empty.
    Password(Secret),
    /// A file with a persistent API token, absolute path (`zfssa_token_file`).
    TokenFile(PathBuf),
}

impl Credentials {
    /// The password, if it is one.
    pub fn password(&self) -> Option<&Secret> {
        match self {
            Self::Password(password) => Some(password),
            Self::TokenFile(_) => None,
        }
    }
}

/// A host and a port of the management network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// IPv4 address, IPv6 address without brackets, or DNS name.
    pub host: String,
    /// TCP port, 1 to 65,535.
    pub port: u16,
}

/// How hosts coordinate their work: through etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoordinationConfig {
    /// Members of the etcd cluster (`zfssa_coordination_url`); at least one, none twice.
    pub endpoints: Vec<Endpoint>,
    /// TLS, if the URL asks for it.
    pub tls: Option<CoordinationTls>,
    /// User and password of etcd (`zfssa_coordination_user`, `_password`).
    pub account: Option<(String, Secret)>,
    /// Prefix of the keys, without a slash at its end (`zfssa_coordination_namespace`).
    pub namespace: String,
    /// Time for which this host's locks outlive it (`zfssa_coordination_ttl`).
    pub ttl: Duration,
    /// Connections of all hosts together (`zfssa_max_connections_total`).
    pub max_connections_total: Option<usize>,
}

/// TLS of the connections to etcd.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoordinationTls {
    /// The only authorities to trust (`zfssa_coordination_ca_file`).
    pub ca_file: Option<PathBuf>,
    /// Certificate and key of this host (`zfssa_coordination_cert_file`, `_key_file`).
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// An appliance that volumes may migrate to, and the account there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Its REST service.
    pub appliance: Endpoint,
    /// User on it; no colon, no control characters.
    pub login: String,
    /// The user's password; not empty.
    pub password: Secret,
}

/// Address at which a host reaches an iSCSI target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Portal {
    /// IPv4 address, IPv6 address without brackets, or DNS name.
    pub host: String,
    /// TCP port, 1 to 65,535.
    pub port: u16,
}

/// Prints `host:port`, an IPv6 address in brackets, as in a URL.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        authority(f, &self.host, self.port)
    }
}

/// Prints `host:port`, an IPv6 address in brackets, as iSCSI tools take it.
impl fmt::Display for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        authority(f, &self.host, self.port)
    }
}

fn authority(f: &mut fmt::Formatter<'_>, host: &str, port: u16) -> fmt::Result {
    if host.contains(':') {
        write!(f, "[{host}]:{port}")
    } else {
        write!(f, "{host}:{port}")
    }
}

/// Directory in which the processes of one host share their locks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LockDir {
    /// In the directory that is usual for the user.
    #[default]
    Usual,
    /// In this one; absolute, it need not exist.
    At(PathBuf),
    /// Nowhere: locks hold inside one process.
    Nowhere,
}

/// A CHAP account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chap {
    /// User name, on one line. It may hold spaces.
    pub user: String,
    /// CHAP secret, 12 to 16 characters of printable ASCII.
    pub secret: Secret,
}

/// One iSCSI initiator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiator {
    /// Its iSCSI name as given (`iqn.`, `eui.` or `naa.`).
    pub iqn: String,
    /// Its CHAP account, if it has one.
    pub chap: Option<Chap>,
}

/// A group of initiators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitiatorGroup {
    /// Name of the group.
    pub name: String,
    /// Its initiators.
    pub initiators: Vec<Initiator>,
}

impl InitiatorGroup {
    /// Whether this is the appliance's built-in group. Its initiators are to be
    /// registered and put into no group, since all are in it anyway.
    pub fn is_default(&self) -> bool {
        self.name == crate::built_in_groups::DEFAULT_GROUP
    }
}

/// How the appliance's certificate is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// By the roots of the system, and by those in the file if there is one.
    System {
        /// PEM certificates, absolute path.
        ca_file: Option<PathBuf>,
    },
    /// Only by the roots in the file.
    Ca {
        /// PEM certificates, absolute path. A directory of PEM files where it
        /// comes from Cinder's `driver_ssl_cert_path`.
        ca_file: PathBuf,
    },
    /// Only by its SHA-256 fingerprint.
    Pin {
        /// Fingerprints of leaf certificates; at least one, none twice.
        pins: Vec<[u8; 32]>,
    },
    /// Not at all.
    Insecure,
}

/// Which LUNs may be taken under management.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ManagePolicy {
    /// Any LUN.
    Loose,
    /// Only a LUN that carries `cinder_managed = false`.
    Strict,
}

/// Version of the REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiVersion {
    /// The library chooses; at present v1.
    Auto,
    /// `/api/…/v1`.
    V1,
    /// `/api/…/v2`.
    V2,
}

/// Cinder's `max_over_subscription_ratio`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OverSubscription {
    /// The scheduler works it out.
    Auto,
    /// A fixed ratio, at least 1.
    Ratio(f64),
}

/// Time limits. All are at least a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// TCP connection and TLS handshake (`zfssa_connect_timeout`).
    pub connect: Duration,
    /// The answer to one request (`zfssa_rest_timeout`).
    pub request: Duration,
    /// A whole operation, if the caller sets no deadline
    /// (`zfssa_operation_timeout`).
    pub operation: Duration,
    /// Rolling back, on top of the operation (`zfssa_rollback_timeout`).
    pub rollback: Duration,
    /// Longest time for which the appliance may still carry out an unanswered
    /// request (`zfssa_late_request_timeout`).
    pub late_request: Duration,
}

impl Timeouts {
    /// The longest time from the sending of a request to the moment at which the appliance can no
    /// longer carry it out.
    pub fn longest_request(&self) -> Duration {
        self.request + self.late_request
    }
}

/// Limits of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections to the appliance, 1 to 64 (`zfssa_max_connections`).
    pub max_connections: usize,
    /// Operations accepted and not yet taken, 1 to 1,000,000
    /// (`zfssa_max_in_flight`).
    pub max_in_flight: usize,
    /// Attempts at a request that is safe to repeat, 1 to 20, the first
    /// included (`zfssa_max_attempts`).
    pub max_attempts: u32,
    /// Elements of a list, 1 to 100,000,000 (`zfssa_max_list_items`).
    pub max_list_items: usize,
    /// Threads of the engine, 1 to 64 (`zfssa_worker_threads`).
    pub worker_threads: usize,
}
