//! An appliance, a cluster of etcd, and hosts that coordinate through it.

use support::HOST_A;
use support::etcd::{Cluster, Options, USER, USER_PASSWORD};
use support::fleet::{Fleet, Host, Pending, Ways, attach, bare, on};
use support::path_text;
use support::tcp_proxy::TcpProxy;
use support::until_blocking;
use zfssa_appliance::{Fault, FaultKind};

/// Where the lock keys of the bench are.
pub const NAMESPACE: &str = "zfssa/fleet";
/// A lease that no test outlasts, in seconds.
pub const LONG: u64 = 300;
/// The longest time that a request of [`Bench::mortal`] takes, in seconds.
pub const LONGEST_REQUEST: u64 = 6;
/// A lease whose end a test waits for.
const SHORT: u64 = LONGEST_REQUEST + 6;
/// The change of a mapping.
pub const LUN: &str = "/luns/volume-1$";

pub struct Bench {
    /// The hosts' ways are ends of it.
    pub cluster: Cluster,
    pub fleet: Fleet,
}

/// A host, and its ways to etcd and to the appliance.
pub struct Member {
    pub host: Host,
    pub ways: Ways,
    pub appliance: TcpProxy,
}

impl Bench {
    /// A set-up appliance with a volume.
    pub fn start(options: &Options) -> Bench {
        let bench = Bench {
            cluster: Cluster::start(options),
            fleet: Fleet::start(),
        };
        let mut host = bench.host();
        host.host.call(bare("do_setup")).unwrap();
        host.host.call(on("create_volume", "volume-1")).unwrap();
        host.host.end();
        bench.fleet.appliance.clear_trace();
        bench
    }

    /// The options of a new host.
    pub fn options(&self, ways: &Ways) -> Vec<(String, String)> {
        let mut options = self.fleet.options();
        let url = format!("etcd://{}", ways.addresses());
        for (name, value) in [
            ("zfssa_coordination_url", url.as_str()),
            ("zfssa_coordination_namespace", NAMESPACE),
        ] {
            options.push((name.to_owned(), value.to_owned()));
        }
        options
    }

    /// A host with options of its own.
    pub fn host_with(&self, changes: &[(&str, &str)]) -> Member {
        let ways = Ways::to(&self.cluster);
        let appliance = TcpProxy::start(self.fleet.appliance.port());
        let mut options = self.options(&ways);
        set(
            &mut options,
            &[("san_api_port", &appliance.port.to_string())],
        );
        set(&mut options, changes);
        let host = Host::start(CHILD, &options).unwrap();
        Member {
            host,
            ways,
            appliance,
        }
    }

    /// A host whose lease outlasts the test.
    pub fn host(&self) -> Member {
        self.host_with(&[("zfssa_coordination_ttl", &LONG.to_string())])
    }

    /// A host whose lease ends soon after its process.
    pub fn mortal(&self) -> Member {
        self.host_with(&[
            ("zfssa_rest_timeout", &(LONGEST_REQUEST - 1).to_string()),
            ("zfssa_late_request_timeout", "1"),
            ("zfssa_coordination_ttl", &SHORT.to_string()),
        ])
    }

    /// Begins the attachment to the host A, and returns when the appliance holds a request of it.
    pub fn begin_held(&self, host: &mut Member, method: &str) -> Pending {
        let hang = Fault::new(FaultKind::Hang { ms: None }).on(method, LUN);
        self.fleet.appliance.faults().push(hang.nth(1));
        let begun = host.host.begin(attach("volume-1", HOST_A));
        assert!(until_blocking(|| self.fleet.appliance.held() == 1));
        begun
    }

    /// The keys of locks that hosts hold or wait for.
    pub fn locks(&self) -> Vec<String> {
        self.cluster.keys(&format!("{NAMESPACE}/locks/"))
    }
}

/// The module of the test that is the process of a host.
pub const CHILD: &str = "coordination";

/// Replaces options.
pub fn set(options: &mut Vec<(String, String)>, changes: &[(&str, &str)]) {
    options.retain(|(name, _)| changes.iter().all(|(changed, _)| name != changed));
    let changes = changes.iter();
    options.extend(changes.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
}

/// The options of a host of a cluster with TLS and users.
pub fn secure(cluster: &Cluster, ways: &Ways) -> Vec<(&'static str, String)> {
    let tls = cluster.tls();
    let client = &tls.client;
    vec![
        (
            "zfssa_coordination_url",
            format!("etcds://{}", ways.addresses()),
        ),
        ("zfssa_coordination_user", USER.to_owned()),
        ("zfssa_coordination_password", USER_PASSWORD.to_owned()),
        (
            "zfssa_coordination_ca_file",
            path_text(&tls.authority.ca).to_owned(),
        ),
        (
            "zfssa_coordination_cert_file",
            path_text(&client.certificate).to_owned(),
        ),
        (
            "zfssa_coordination_key_file",
            path_text(&client.key).to_owned(),
        ),
        ("zfssa_coordination_ttl", LONG.to_string()),
    ]
}
