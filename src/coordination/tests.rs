//! Locks, leases and journals, with a real etcd.

mod journals;

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::config::{CoordinationConfig, Endpoint};
use crate::coordination::{Coordination, CoordinationMetrics, EtcdLocks};
use crate::error::{Outcome, Status};
use crate::local::Local;
use crate::lock::{Key, Locks, Space};
use crate::scope::Scope;

const LONG: Duration = Duration::from_secs(60);

struct Server {
    process: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Server {
    async fn start() -> Server {
        let port = || {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let (port, peer) = (port(), port());
        let directory = tempfile::tempdir().unwrap();
        let clients = format!("http://127.0.0.1:{port}");
        let peers = format!("http://127.0.0.1:{peer}");
        let process = Command::new("etcd")
            .arg("--data-dir")
            .arg(directory.path())
            .args(["--listen-client-urls", &clients])
            .args(["--advertise-client-urls", &clients])
            .args(["--listen-peer-urls", &peers])
            .args(["--initial-advertise-peer-urls", &peers])
            .args(["--initial-cluster", &format!("default={peers}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("etcd is installed by .ci/setup");
        let server = Server {
            process,
            port,
            _directory: directory,
        };
        // Asks until it answers.
        server
            .host(60, 40)
            .lease(&scope(None))
            .await
            .expect("etcd starts");
        server
    }

    /// The coordination of one more host.
    fn host(&self, ttl: u64, longest_request: u64) -> Coordination {
        let config = CoordinationConfig {
            endpoints: vec![Endpoint {
                host: "127.0.0.1".to_owned(),
                port: self.port,
            }],
            tls: None,
            account: None,
            namespace: "zfssa/a:215".to_owned(),
            ttl: Duration::from_secs(ttl),
            max_connections_total: None,
        };
        let longest_request = Duration::from_secs(longest_request);
        Coordination::new(&config, longest_request, &Local::default()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn scope(time: Option<Duration>) -> Scope {
    let token = CancellationToken::new;
    Scope::new("test", time, Duration::ZERO, token(), token())
}

/// Locks as another host would see them.
fn locks(coordination: &Coordination) -> Locks {
    let space = Space {
        appliance: "a:215".to_owned(),
        volumes: "p/c".to_owned(),
        images: "p/images".to_owned(),
    };
    let etcd = Box::new(EtcdLocks::new(coordination.clone()));
    Locks::of_one_process(space, vec![etcd])
}

fn lun(name: &str) -> Key {
    Key::Lun(name.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_hosts_has_a_lock() {
    let server = Server::start().await;
    let inside = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let host = Arc::new(locks(&server.host(60, 40)));
        for _ in 0..25 {
            let (host, inside) = (host.clone(), inside.clone());
            tasks.push(tokio::spawn(async move {
                let _held = host.lock(&scope(None), lun("v")).await.unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn sharers_share_and_keep_others_out() {
    let server = Server::start().await;
    let (one, other) = (server.host(60, 40), server.host(60, 40));
    let (one, other) = (locks(&one), locks(&other));
    let soon = || scope(Some(Duration::from_millis(300)));
    let first = one.share(&scope(None), lun("v")).await.unwrap();
    let second = other.share(&scope(None), lun("v")).await.unwrap();
    let error = other.lock(&soon(), lun("v")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Deadline, Outcome::None)
    );
    drop(second);
    let error = other.lock(&soon(), lun("v")).await.unwrap_err();
    assert!(
        error.causes()[0].contains("\"operation\":\"test\""),
        "{error:?}"
    );
    drop(first);
    let _held = other.lock(&scope(None), lun("v")).await.unwrap();
    assert!(one.share(&soon(), lun("v")).await.is_err());
    let _another = one.lock(&soon(), lun("w")).await.unwrap();
}

#[test]
fn a_stopped_host_loses_its_locks_and_sends_no_change_when_it_goes_on() {
    use tokio::runtime::Builder;
    // Nothing runs on a runtime of the current thread while no thread waits on it.
    let stopped = Builder::new_current_thread().enable_all().build().unwrap();
    let running = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = running.block_on(Server::start());
    let (one, other) = (server.host(5, 2), server.host(60, 40));
    let operation = scope(None);
    let held = stopped.block_on(async {
        let held = locks(&one).lock(&operation, lun("v")).await.unwrap();
        // Two renewals later, it has the lock still.
        tokio::time::sleep(Duration::from_secs(6)).await;
        held
    });
    operation.may_change().unwrap();
    let got = running.block_on(async { locks(&other).lock(&scope(None), lun("v")).await });
    let error = operation.may_change().unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Coordination, Outcome::None)
    );
    stopped.block_on(async {
        let next = scope(Some(Duration::from_millis(300)));
        assert!(locks(&one).lock(&next, lun("v")).await.is_err());
        drop(held);
    });
    let _runtime = running.enter();
    drop(got);
    // The next operation of the host has a lease of its own.
    let next = scope(None);
    let both = async { locks(&one).lock(&next, lun("v")).await.unwrap() };
    let _held = stopped.block_on(both);
    next.may_change().unwrap();
    assert!(operation.may_change().is_err());
}

#[tokio::test]
async fn a_lock_of_a_change_in_doubt_is_kept_until_it_is_over() {
    let server = Server::start().await;
    let (one, other) = (server.host(60, 40), server.host(60, 40));
    let operation = scope(None);
    let held = locks(&one).lock(&operation, lun("v")).await.unwrap();
    let over = tokio::time::Instant::now() + Duration::from_secs(2);
    operation.doubt_until(over);
    drop(held);
    // The host that knows about the change does not wait.
    drop(locks(&one).lock(&scope(None), lun("v")).await.unwrap());
    let _held = locks(&other).lock(&scope(None), lun("v")).await.unwrap();
    assert!(tokio::time::Instant::now() >= over);
}

#[tokio::test]
async fn without_etcd_a_lock_fails_at_the_deadline_and_says_so() {
    let mut server = Server::start().await;
    let host = server.host(60, 40);
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    let soon = scope(Some(Duration::from_millis(500)));
    let error = locks(&host).lock(&soon, lun("v")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Coordination, Outcome::None)
    );
    assert!(
        error.message().contains("zfssa_coordination_url"),
        "{error}"
    );
}

#[tokio::test]
async fn a_closed_driver_leaves_no_key() {
    let server = Server::start().await;
    let (one, other) = (server.host(60, 40), server.host(60, 40));
    drop(locks(&one).lock(&scope(None), lun("v")).await.unwrap());
    // The other host waits until the key is deleted.
    drop(locks(&other).lock(&scope(None), lun("v")).await.unwrap());
    let held = locks(&one).lock(&scope(None), lun("v")).await.unwrap();
    one.close(Duration::from_secs(5)).await;
    let soon = scope(Some(Duration::from_millis(300)));
    // The lease goes on while a lock is held.
    assert!(locks(&other).lock(&soon, lun("v")).await.is_err());
    drop(held);
    drop(locks(&other).lock(&scope(None), lun("v")).await.unwrap());
}

#[tokio::test]
async fn a_wait_for_the_lock_of_another_host_is_counted() {
    let server = Server::start().await;
    let (one, other) = (server.host(60, 40), server.host(60, 40));
    let (one, other) = (locks(&one), Arc::new(locks(&other)));
    let held = one.lock(&scope(None), lun("v")).await.unwrap();
    let counts = |locks: &Locks| (locks.waits().durations.count, locks.waits().contended);
    assert_eq!(counts(&one), (1, 0));
    let waiter = tokio::spawn({
        let other = other.clone();
        async move { other.lock(&scope(None), lun("v")).await.map(drop) }
    });
    let counted = async {
        while other.waits().contended == 0 {
            tokio::task::yield_now().await;
        }
    };
    // A wait that is not counted fails the test instead of keeping it for ever.
    tokio::time::timeout(LONG, counted).await.unwrap();
    // The wait goes on.
    assert_eq!(counts(&other), (0, 1));
    drop(held);
    waiter.await.unwrap().unwrap();
    assert_eq!(counts(&other), (1, 1));
}

#[tokio::test]
async fn leases_and_requests_are_counted() {
    let mut server = Server::start().await;
    // Renewals are more than a minute apart.
    let host = server.host(600, 400);
    assert_eq!(host.metrics(), CoordinationMetrics::default());
    let lease = host.lease(&scope(None)).await.unwrap();
    let counts = |host: &Coordination| {
        let found = host.metrics();
        (found.requests, found.requests_failed, found.leases_lost)
    };
    assert_eq!(counts(&host), (1, 0, 0));
    let remaining = host.metrics().lease_remaining_us;
    assert!((1..=600_000_000).contains(&remaining), "{remaining}");

    let revoke = json!({"ID": lease.id().to_string()});
    host.etcd().attempt("lease/revoke", &revoke).await.unwrap();
    assert_eq!(counts(&host), (2, 0, 0));
    let held = locks(&host).lock(&scope(None), lun("v")).await.unwrap();
    // A refused key, a new lease, and its key.
    assert_eq!(counts(&host), (5, 1, 1));
    assert!(lease.remaining().is_zero());
    assert!(host.metrics().lease_remaining_us > 0);
    drop(held);

    // A driver that ends its lease loses none.
    let closed = server.host(600, 400);
    closed.lease(&scope(None)).await.unwrap();
    closed.close(Duration::from_secs(60)).await;
    assert_eq!(counts(&closed), (2, 0, 0));
    assert_eq!(closed.metrics().lease_remaining_us, 0);

    server.process.kill().unwrap();
    server.process.wait().unwrap();
    let soon = scope(Some(Duration::from_millis(500)));
    closed.lease(&soon).await.unwrap_err();
    let found = closed.metrics();
    assert!(found.requests_failed > 0, "{found:?}");
    assert_eq!(found.requests, 2 + found.requests_failed);
    assert_eq!((found.lease_remaining_us, found.leases_lost), (0, 0));
}

#[tokio::test]
async fn a_free_lock_costs_one_request() {
    let server = Server::start().await;
    let host = server.host(60, 40);
    host.lease(&scope(None)).await.unwrap();
    let before = host.metrics().requests;
    let _held = locks(&host).lock(&scope(None), lun("v")).await.unwrap();
    assert_eq!(host.metrics().requests - before, 1);
}
