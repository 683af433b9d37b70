//! How an appliance is set up, and what can be turned while it runs.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dialect::Release;
use crate::fleet::Fleet;
use crate::storage::DataPlane;

/// How an appliance is set up. The default is one appliance on a free port of 127.0.0.1, user `root` with the
/// password `secret`, one pool `pool-0` of 1 TiB and the project `default` in it.
#[derive(Clone)]
pub struct Options {
    /// Where the REST service listens. Port 0 chooses a free one.
    pub listen: SocketAddr,
    /// Where the admin port listens (plain HTTP, loopback), or `None` for none.
    pub admin: Option<SocketAddr>,
    /// The appliance's name: `version.nodename`, and the `owner` of its pools.
    pub nodename: String,
    /// The appliance's serial number, a UUID. `None` makes one.
    pub asn: Option<String>,
    /// The administrator, who may do everything.
    pub user: String,
    /// The administrator's password.
    pub password: String,
    /// More users.
    pub users: Vec<User>,
    /// The pools. Each has a project `default`.
    pub pools: Vec<PoolOptions>,
    /// Many objects to begin with.
    pub fleet: Option<Fleet>,
    /// The network interfaces that an iSCSI target may name.
    pub interfaces: Vec<String>,
    /// Where the PEM of the CA is written at start and at each rotation.
    pub ca_file: Option<PathBuf>,
    /// Where the PEM of the server's certificate is written at start and at each rotation.
    pub certificate_file: Option<PathBuf>,
    /// The certificate and the versions of TLS.
    pub tls: TlsOptions,
    /// Make the appliance a cluster of two heads.
    pub cluster: Option<ClusterOptions>,
    /// What can be turned at run time.
    pub knobs: Knobs,
    /// How many exchanges the trace keeps; 0 switches it off.
    pub trace: usize,
    /// Where the bytes are, or `None` for nowhere.
    pub data_plane: Option<Arc<dyn DataPlane>>,
    /// Worker threads of [`start_blocking`](crate::Appliance::start_blocking).
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            admin: Some((Ipv4Addr::LOCALHOST, 0).into()),
            nodename: "appliance-0".to_owned(),
            asn: None,
            user: "root".to_owned(),
            password: "secret".to_owned(),
            users: Vec::new(),
            pools: vec![PoolOptions::default()],
            fleet: None,
            interfaces: vec!["ixgbe0".to_owned(), "ixgbe1".to_owned()],
            ca_file: None,
            certificate_file: None,
            tls: TlsOptions::default(),
            cluster: None,
            knobs: Knobs::default(),
            trace: 100_000,
            data_plane: None,
            threads: 2,
        }
    }
}

/// A pool to begin with.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// The pool's name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Default for PoolOptions {
    fn default() -> PoolOptions {
        PoolOptions {
            name: "pool-0".to_owned(),
            size: 1 << 40,
        }
    }
}

/// A user beside the administrator.
#[derive(Clone, Debug)]
pub struct User {
    /// The login name.
    pub name: String,
    /// The password.
    pub password: String,
    /// May the user change anything? Without it every change is refused with [`Knobs::unauthorized_status`].
    pub may_change: bool,
}

/// A cluster: this appliance and a peer head. The pools belong to this one.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// The peer's `asn`, a UUID. `None` makes one.
    pub peer_asn: Option<String>,
    /// The peer's name.
    pub peer_nodename: String,
    /// Where the peer's own REST address listens. [`Appliance::url`](crate::Appliance::url) is the address that moves
    /// to the peer with a takeover; this one always answers from the peer.
    pub peer_listen: SocketAddr,
}

impl Default for ClusterOptions {
    fn default() -> ClusterOptions {
        ClusterOptions {
            peer_asn: None,
            peer_nodename: "appliance-1".to_owned(),
            peer_listen: (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }
}

/// The server's certificate and the versions of TLS it speaks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsOptions {
    /// What kind of certificate to make.
    pub certificate: CertificateKind,
    /// Speak TLS 1.2 and nothing newer.
    pub tls12_only: bool,
    /// DNS names and addresses beside `localhost`, `127.0.0.1` and `::1`.
    pub names: Vec<String>,
}

/// A certificate, good or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateKind {
    /// Signed by the appliance's CA, valid now, for the right names.
    #[default]
    Good,
    /// Its time is over.
    Expired,
    /// For `elsewhere.example` only.
    WrongName,
    /// Signed by itself in the form of X.509 version 1, without names and extensions, as old appliances have it.
    VersionOne,
    /// Signed by itself; [`Appliance::ca_pem`](crate::Appliance::ca_pem) is then the certificate itself.
    SelfSigned,
}

/// What can be turned while the appliance runs, in process with [`Appliance::tune`](crate::Appliance::tune) or with
/// `POST /options` of the admin port. Where nobody outside Oracle knows what the appliance does, there is a knob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// The software release, hence the shapes of the answers.
    pub release: Release,
    /// Print `assignednumber` as a list always, as a build of 2015 did.
    pub number_always_list: bool,
    /// Fault bodies in the form of the printed guides (the name in `message`, the prose in `details`).
    pub legacy_fault_bodies: bool,
    /// Answer with `Transfer-Encoding: chunked` instead of a length.
    pub chunked: bool,

    /// How far the appliance's clock is behind, in seconds: what is made now looks that old.
    pub clock_behind_s: u64,

    /// How long a session lives, in milliseconds. The appliance's own default is 15 minutes.
    pub session_ttl_ms: u64,
    /// Count the life of a session from its login, not from its last use.
    pub session_ttl_absolute: bool,
    /// The status for an unknown or expired session: 401, or 500 as Oracle's older clients expect.
    pub expired_status: u16,
    /// The most sessions at one time; one more login is answered 503 `ERR_BUSY`.
    pub session_cap: usize,
    /// The REST service is enabled. Without it everything is answered 503.
    pub rest_enabled: bool,
    /// The software has a REST service at all. Without it everything is answered 404.
    pub rest_present: bool,
    /// The status when a user lacks the right to change something: 401 or 403.
    pub unauthorized_status: u16,

    /// LUN properties that this software does not have, beside those that its release lacks: they are not shown, and a
    /// request that names one is refused as unknown.
    pub lacks: Vec<String>,
    /// LUN properties that a request may name and that are passed over: the answer is a success, and nothing is set.
    pub passes_over: Vec<String>,
    /// The keys of the key stores, as `local:key-1`.
    pub keys: Vec<String>,

    /// What a pool says of itself at the head that has it, such as `degraded`.
    pub pool_status: String,
    /// What targets say of themselves, `online` or `offline`.
    pub target_state: String,

    /// What becomes of the clones when their snapshot or its LUN is destroyed.
    pub cascade: Cascade,
    /// How long `numclones` keeps the old value after a clone is gone, in milliseconds.
    pub numclones_lag_ms: u64,
    /// Snapshots show by their `type` whether the appliance made them.
    pub snapshot_type: bool,
    /// A clone takes over its origin's initiator groups if the request names none.
    pub clone_inherits_initiatorgroup: bool,
    /// A clone passes over `initiatorgroup` and `nodestroy` of its request.
    pub clone_ignores_presentation: bool,
    /// `assignednumber` of a LUN that nobody sees.
    pub masked_number: i64,
    /// The lowest LU number.
    pub first_lu_number: u32,
    /// Deleting a group that a LUN names is refused with 409.
    pub groups_in_use_stay: bool,
    /// Making a LUN smaller is refused with 400.
    pub refuse_shrink: bool,
    /// The part of each LUN that counts as written, in percent. It counts for thin LUNs, and for what the snapshots of
    /// a thick LUN hold beside its reservation.
    pub written_percent: u8,
    /// The status when space runs out.
    pub no_space_status: u16,
    /// The `ERR_` name when space runs out.
    pub no_space_name: String,

    /// `POST /replication/actions` is served, as up to OS8.6 and, undocumented, later.
    pub flat_actions: bool,
    /// How long an update takes, in milliseconds.
    pub replication_ms: u64,
    /// How long an action still shows its old state after `sendupdate`, in milliseconds.
    pub replication_start_lag_ms: u64,
    /// How many looks at an action after `sendupdate` show it idle, tried now, and with `<unknown>` as its last result,
    /// before they show how it is.
    pub replication_unsure_looks: u32,
    /// What `last_result` says after an update. Anything but `success` is a failure, and nothing arrives.
    pub replication_result: String,

    /// The most requests at one time; one more is answered 503 `ERR_BUSY`. 0 is no limit.
    pub max_concurrent: usize,
    /// How many requests are worked on at one time; more wait their turn. 0 is no limit.
    pub workers: usize,
    /// `Retry-After` of the 503 answers above, in seconds.
    pub retry_after: Option<u64>,
    /// A takeover or failback resets the connections of the address that moves.
    pub takeover_resets: bool,
    /// For how long after a takeover or failback new connections are reset, in milliseconds.
    pub takeover_outage_ms: u64,
}

impl Knobs {
    /// The same knobs, but for those that a JSON object names.
    pub fn with(&self, changes: Map<String, Value>) -> serde_json::Result<Knobs> {
        let mut knobs = serde_json::to_value(self)?;
        if let Value::Object(knobs) = &mut knobs {
            knobs.extend(changes);
        }
        serde_json::from_value(knobs)
    }

    /// Whether the software has a property of LUNs.
    pub(crate) fn has(&self, property: &str) -> bool {
        !self.release.lacks().contains(&property) && !self.lacks.iter().any(|one| one == property)
    }
}

impl Default for Knobs {
    fn default() -> Knobs {
        Knobs {
            release: Release::default(),
            number_always_list: false,
            legacy_fault_bodies: false,
            chunked: false,
            clock_behind_s: 0,
            session_ttl_ms: 15 * 60 * 1000,
            session_ttl_absolute: false,
            expired_status: 401,
            session_cap: 1000,
            rest_enabled: true,
            rest_present: true,
            unauthorized_status: 403,
            lacks: Vec::new(),
            passes_over: Vec::new(),
            keys: vec!["local:key-1".to_owned(), "local:key-2".to_owned()],
            pool_status: "online".to_owned(),
            target_state: "online".to_owned(),
            cascade: Cascade::Silent,
            numclones_lag_ms: 0,
            snapshot_type: true,
            clone_inherits_initiatorgroup: true,
            clone_ignores_presentation: false,
            masked_number: 0,
            first_lu_number: 1,
            groups_in_use_stay: true,
            refuse_shrink: false,
            written_percent: 0,
            no_space_status: 400,
            no_space_name: "ERR_INVALID_ARG".to_owned(),
            flat_actions: true,
            replication_ms: 0,
            replication_start_lag_ms: 0,
            replication_unsure_looks: 0,
            replication_result: "success".to_owned(),
            max_concurrent: 0,
            workers: 0,
            retry_after: None,
            takeover_resets: true,
            takeover_outage_ms: 0,
        }
    }
}

/// What becomes of clones when their origin is destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cascade {
    /// They are destroyed with it, unasked: Oracle's own driver relies on that.
    #[default]
    Silent,
    /// 409 `ERR_CONFIRM_REQUIRED` without `?confirm=true`: the error table has it since OS8.7.
    ConfirmRequired,
}
