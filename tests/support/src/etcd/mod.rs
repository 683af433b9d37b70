//! Clusters of etcd as child processes, which a test can kill, stop, fill, lock up and cut away.
//!
//! Administration goes through `etcdctl`, a program that does not know the engine. All calls block.

mod authority;
mod member;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub use authority::{Authority, Identity};
pub use member::Member;

use crate::until_blocking;

/// The user that [`Cluster::protect`] makes for the engine.
pub const USER: &str = "zfssa";
/// Every secret of the tests holds this word, and nothing that they print may.
pub const USER_PASSWORD: &str = "CANARY-etcd-user-5c2e";
const ROOT_PASSWORD: &str = "CANARY-etcd-root-71b0";

/// How a cluster is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// 1 or 3.
    pub members: usize,
    /// TLS for clients, who need a certificate of the cluster's CA.
    pub tls: bool,
    /// Size of the database in bytes past which changes are refused.
    pub quota: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            members: 1,
            tls: false,
            quota: None,
        }
    }
}

/// A cluster. Dropping it kills its members and removes their data.
pub struct Cluster {
    /// They end before the directory is removed.
    pub members: Vec<Member>,
    tls: Option<Tls>,
    is_protected: bool,
    _dir: tempfile::TempDir,
}

/// What clients of a cluster with TLS need.
pub struct Tls {
    pub authority: Authority,
    /// A client's certificate. It has no CN: with users, etcd's JSON gateway refuses one that has.
    pub client: Identity,
}

impl Cluster {
    /// Starts a cluster, and returns when every member answers.
    pub fn start(options: &Options) -> Cluster {
        // A port may be taken between its choice and its use: etcd fails then, and others follow.
        for _ in 0..20 {
            let mut cluster = Cluster::prepare(options);
            for member in &mut cluster.members {
                member.start();
            }
            let mut ended = None;
            let answers = until_blocking(|| {
                ended = cluster.members.iter_mut().position(|one| !one.runs());
                ended.is_some() || cluster.is_healthy()
            });
            let Some(ended) = ended else {
                assert!(answers, "no answer: {}", cluster.members[0].printed());
                return cluster;
            };
            let printed = cluster.members[ended].printed();
            assert!(printed.contains("address already in use"), "{printed}");
        }
        panic!("every port is in use");
    }

    fn prepare(options: &Options) -> Cluster {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let tls = options.tls.then(|| {
            let authority = Authority::new(root, "etcd-ca");
            let client = authority.identity("etcd-client", None);
            Tls { authority, client }
        });
        let scheme = if options.tls { "https" } else { "http" };
        let names: Vec<String> = (0..options.members)
            .map(|n| format!("member-{n}"))
            .collect();
        let ports: Vec<[u16; 2]> = names.iter().map(|_| [any_port(), any_port()]).collect();
        let peer = |ports: &[u16; 2]| format!("http://127.0.0.1:{}", ports[1]);
        let all = names.iter().zip(&ports);
        let all: Vec<String> = all
            .map(|(name, ports)| format!("{name}={}", peer(ports)))
            .collect();
        let token = format!("{:016x}", random());
        let member = |(name, ports): (String, [u16; 2])| {
            let client = format!("{scheme}://127.0.0.1:{}", ports[0]);
            let mut arguments: Vec<String> = [
                ("--listen-client-urls", &client),
                ("--advertise-client-urls", &client),
                ("--listen-peer-urls", &peer(&ports)),
                ("--initial-advertise-peer-urls", &peer(&ports)),
                ("--initial-cluster", &all.join(",")),
                ("--initial-cluster-token", &token),
                // The least that is allowed: each login costs a member that much.
                ("--bcrypt-cost", &"4".to_owned()),
            ]
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value.clone()])
            .collect();
            if let Some(tls) = &tls {
                let identity = tls.authority.identity(&name, Some(&name));
                arguments.push("--client-cert-auth".to_owned());
                for (name, file) in [
                    ("--trusted-ca-file", &tls.authority.ca),
                    ("--cert-file", &identity.certificate),
                    ("--key-file", &identity.key),
                ] {
                    arguments.extend([name.to_owned(), file.display().to_string()]);
                }
            }
            if let Some(quota) = options.quota {
                arguments.extend(["--quota-backend-bytes".to_owned(), quota.to_string()]);
            }
            Member::new(name, root.to_owned(), ports, arguments)
        };
        Cluster {
            members: names.into_iter().zip(ports).map(member).collect(),
            tls,
            is_protected: false,
            _dir: dir,
        }
    }

    /// What clients need, where the cluster has TLS.
    pub fn tls(&self) -> &Tls {
        self.tls.as_ref().expect("a cluster with TLS")
    }

    /// The clients' ports, in the order of the members.
    pub fn ports(&self) -> Vec<u16> {
        self.members
            .iter()
            .map(|member| member.client_port)
            .collect()
    }

    /// Whether every member answers a linearizable read.
    pub fn is_healthy(&self) -> bool {
        let health = self.ctl(&["--command-timeout", "1s", "endpoint", "health"]);
        health.status.success()
    }

    /// Waits until every member answers.
    pub fn must_be_healthy(&self) {
        assert!(
            until_blocking(|| self.is_healthy()),
            "a member does not answer"
        );
    }

    /// The index of the leader, if the members that answer agree on one.
    pub fn leader(&self) -> Option<usize> {
        let status = self.ctl(&[
            "--command-timeout",
            "1s",
            "endpoint",
            "status",
            "-w",
            "json",
        ]);
        let found: Value = serde_json::from_slice(&status.stdout).ok()?;
        let mut answers = found.as_array()?.iter();
        let leader = answers.find(|one| {
            let status = &one["Status"];
            status["leader"] != 0 && status["leader"] == status["header"]["member_id"]
        });
        let endpoint = leader?["Endpoint"].as_str()?.rsplit_once(':')?.1.to_owned();
        let is = |member: &Member| member.client_port.to_string() == endpoint;
        self.members.iter().position(is)
    }

    /// Waits for a leader, and returns its index.
    pub fn must_have_leader(&self) -> usize {
        let mut leader = None;
        let found = until_blocking(|| {
            leader = self.leader();
            leader.is_some()
        });
        assert!(found, "no leader");
        leader.unwrap()
    }

    /// Makes every request need a user and a password, and allows [`USER`] the keys below `prefix`.
    pub fn protect(&mut self, prefix: &str) {
        self.must(
            &["user", "add", "root", "--interactive=false"],
            ROOT_PASSWORD,
        );
        self.must(&["user", "grant-role", "root", "root"], "");
        self.must(&["role", "add", USER], "");
        let grant = [
            "role",
            "grant-permission",
            USER,
            "--prefix",
            "readwrite",
            prefix,
        ];
        self.must(&grant, "");
        self.must(&["user", "add", USER, "--interactive=false"], USER_PASSWORD);
        self.must(&["user", "grant-role", USER, USER], "");
        self.must(&["auth", "enable"], "");
        self.is_protected = true;
    }

    /// Writes until the database is full and every change is refused. Needs a quota.
    pub fn fill(&self) {
        let value = "x".repeat(1 << 20);
        for number in 0..64 {
            let put = self.ctl_with(&["put", &format!("filler-{number}")], &value);
            let said = String::from_utf8_lossy(&put.stderr).into_owned();
            if said.contains("database space exceeded") {
                return;
            }
            assert!(put.status.success(), "{said}");
        }
        panic!("the database is never full");
    }

    /// Takes away what [`fill`](Self::fill) wrote, and lets changes in again.
    pub fn make_room(&self) {
        self.must(&["del", "--prefix", "filler-"], "");
        self.compact();
        self.must(&["defrag"], "");
        self.must(&["alarm", "disarm"], "");
    }

    /// Drops every revision but the last one.
    pub fn compact(&self) {
        let status = self.must(&["endpoint", "status", "-w", "json"], "");
        let status: Value = serde_json::from_str(&status).unwrap();
        let revision = status[0]["Status"]["header"]["revision"].to_string();
        self.must(&["compact", "--physical", &revision], "");
    }

    /// The keys below a prefix, in their order.
    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let keys = self.must(&["get", "--prefix", "--keys-only", prefix], "");
        let keys = keys.lines().filter(|line| !line.is_empty());
        keys.map(str::to_owned).collect()
    }

    /// The value of a key, if it is there.
    pub fn value(&self, key: &str) -> Option<String> {
        let value = self.must(&["get", "--print-value-only", key], "");
        (!value.is_empty()).then(|| value.trim_end_matches('\n').to_owned())
    }

    /// The ids of the leases, in hexadecimal.
    pub fn leases(&self) -> Vec<String> {
        let leases = self.must(&["lease", "list"], "");
        // The first line counts them.
        leases.lines().skip(1).map(str::to_owned).collect()
    }

    /// Seconds that a lease lasts if it is not renewed; 0 when it ended.
    pub fn time_to_live(&self, lease: &str) -> i64 {
        let lease = self.must(&["lease", "timetolive", lease, "-w", "json"], "");
        let lease: Value = serde_json::from_str(&lease).unwrap();
        lease["ttl"].as_i64().unwrap().max(0)
    }

    /// Runs `etcdctl`, which must succeed, and returns what it prints.
    pub fn must(&self, arguments: &[&str], input: &str) -> String {
        let output = self.ctl_with(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn ctl(&self, arguments: &[&str]) -> Output {
        self.ctl_with(arguments, "")
    }

    fn ctl_with(&self, arguments: &[&str], input: &str) -> Output {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let endpoint = |port: u16| format!("{scheme}://127.0.0.1:{port}");
        let endpoints: Vec<String> = self.ports().into_iter().map(endpoint).collect();
        let mut command = Command::new("etcdctl");
        command
            .env("ETCDCTL_API", "3")
            .env("ETCDCTL_ENDPOINTS", endpoints.join(","));
        if let Some(tls) = &self.tls {
            command
                .env("ETCDCTL_CACERT", &tls.authority.ca)
                .env("ETCDCTL_CERT", &tls.client.certificate)
                .env("ETCDCTL_KEY", &tls.client.key);
        }
        if self.is_protected {
            command.env("ETCDCTL_USER", format!("root:{ROOT_PASSWORD}"));
        }
        // Through a file, which no program has to read to its end.
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, input.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let command = command.args(arguments).stdin(Stdio::from(file));
        command
            .output()
            .expect("etcdctl, of Debian's package etcd-client")
    }
}

/// A port below those that the kernel takes for itself, so that one of a member that is restarted
/// is not taken meanwhile.
fn any_port() -> u16 {
    20_000 + (random() % 12_000) as u16
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
