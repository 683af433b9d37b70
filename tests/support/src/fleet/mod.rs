//! Several hosts on one appliance: each is a process with a driver, directories and locks of its
//! own, and reaches the members of a cluster of etcd through proxies of its own.

mod child;
mod host;

use std::io::Write as _;

use serde_json::{Value, json};
use zfssa_appliance::{Appliance, Exchange, MASK_ALL, Options};

pub use child::child;
pub use host::{Failure, Host, Pending};

use crate::etcd::Cluster;
use crate::tcp_proxy::{TcpProxy, Way};
use crate::{PASSWORD, POOL, PROJECT, options_at, path_text};

/// Where a host's calls come from.
const SOCKET: &str = "ZFSSA_FLEET_SOCKET";

/// An appliance and what its hosts share: nothing but its address.
pub struct Fleet {
    pub appliance: Appliance,
    pub ca: tempfile::NamedTempFile,
    /// A directory for each host.
    dir: tempfile::TempDir,
    hosts: std::cell::Cell<usize>,
}

impl Fleet {
    pub fn start() -> Fleet {
        let options = Options {
            password: PASSWORD.to_owned(),
            ..Options::default()
        };
        let appliance = Appliance::start_blocking(options).expect("the simulator starts");
        let mut ca = tempfile::NamedTempFile::new().unwrap();
        ca.write_all(appliance.ca_pem().as_bytes()).unwrap();
        Fleet {
            appliance,
            ca,
            dir: tempfile::tempdir().unwrap(),
            hosts: std::cell::Cell::default(),
        }
    }

    /// The options of a new host, with directories of its own.
    pub fn options(&self) -> Vec<(String, String)> {
        let number = self.hosts.get() + 1;
        self.hosts.set(number);
        let dir = self.dir.path().join(format!("host-{number}"));
        let mut options: Vec<(String, String)> = options_at(self.appliance.port(), self.ca.path())
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for (option, name) in [("zfssa_state_dir", "state"), ("zfssa_lock_dir", "locks")] {
            let path = dir.join(name);
            options.push((option.to_owned(), path_text(&path).to_owned()));
        }
        options
    }

    /// A LUN as the appliance has it; null where there is none.
    pub fn lun(&self, name: &str) -> Value {
        self.appliance.state()["pools"][POOL]["projects"][PROJECT]["luns"][name].clone()
    }

    /// The initiator groups that a LUN is presented to, sorted.
    pub fn seen_by(&self, lun: &str) -> Vec<String> {
        let lun = self.lun(lun);
        let views = lun["views"].as_array().into_iter().flatten();
        let mut groups: Vec<String> = views
            .map(|view| view["group"].as_str().unwrap().to_owned())
            .filter(|group| group != MASK_ALL)
            .collect();
        groups.sort_unstable();
        groups
    }

    /// The requests of the trace that could change a LUN.
    pub fn changes(&self) -> Vec<Exchange> {
        let mut trace = self.appliance.trace();
        trace.retain(|one| one.method != "GET" && one.path.contains("/luns"));
        trace
    }
}

/// A host's own ways to the members of a cluster.
pub struct Ways(pub Vec<TcpProxy>);

impl Ways {
    pub fn to(cluster: &Cluster) -> Ways {
        Ways(cluster.ports().into_iter().map(TcpProxy::start).collect())
    }

    /// Changes what becomes of the bytes to every member.
    pub fn set(&self, way: Way) {
        for proxy in &self.0 {
            proxy.set(way);
        }
    }

    /// The addresses, as a URL of `etcd://` takes them.
    pub fn addresses(&self) -> String {
        let ports = self
            .0
            .iter()
            .map(|proxy| format!("127.0.0.1:{}", proxy.port));
        ports.collect::<Vec<_>>().join(",")
    }
}

/// The call that attaches a volume to an initiator.
pub fn attach(volume: &str, initiator: &str) -> Value {
    json!({"call": "initialize_connection", "volume": volume, "initiator": initiator})
}

/// The call that detaches a volume from an initiator.
pub fn detach(volume: &str, initiator: &str) -> Value {
    json!({"call": "terminate_connection", "volume": volume, "initiator": initiator})
}

/// A call that needs nothing but the volume's name.
pub fn on(call: &str, volume: &str) -> Value {
    json!({"call": call, "volume": volume})
}

/// A call of the backend.
pub fn bare(call: &str) -> Value {
    json!({"call": call})
}

/// A call with a time limit.
pub fn within(milliseconds: u64, mut call: Value) -> Value {
    call["timeout_ms"] = milliseconds.into();
    call
}
