//! The cluster of etcd that the other tests use, and the proxy in front of it: each of them does
//! what it says.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use support::etcd::{Cluster, Options, USER};
use support::tcp_proxy::{TcpProxy, Way};

use super::turn;

/// Sends a request to the JSON gateway, and returns the answer or the error of the connection.
fn ask(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    stream.write_all(
        b"POST /v3/maintenance/status HTTP/1.1\r\nHost: etcd\r\nContent-Length: 2\r\n\
          Connection: close\r\n\r\n{}",
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_proxy_carries_cuts_stalls_and_loses_answers() {
    let _turn = turn();
    let cluster = Cluster::start(&Options::default());
    let proxy = TcpProxy::start(cluster.ports()[0]);
    let answers = || ask(proxy.port).is_ok_and(|answer| answer.contains("3.4"));
    assert!(answers());
    for way in [Way::Cut, Way::Stalled, Way::AnswersLost] {
        proxy.set(way);
        assert!(!answers(), "{way:?}");
        proxy.set(Way::Open);
        assert!(answers(), "after {way:?}");
    }
    proxy.set(Way::Slow(Duration::from_millis(1)));
    assert!(answers());
}

/// The request of a lost answer is carried out.
#[test]
fn a_lost_answer_is_that_of_a_request_that_was_carried_out() {
    let _turn = turn();
    let cluster = Cluster::start(&Options::default());
    let proxy = TcpProxy::start(cluster.ports()[0]);
    proxy.set(Way::AnswersLost);
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port)).unwrap();
    // The key `a` and the value `b` in base64.
    let body = r#"{"key":"YQ==","value":"Yg=="}"#;
    let head = format!(
        "POST /v3/kv/put HTTP/1.1\r\nHost: etcd\r\nContent-Length: {}",
        body.len()
    );
    write!(stream, "{head}\r\n\r\n{body}").unwrap();
    assert!(support::until_blocking(
        || cluster.value("a").as_deref() == Some("b")
    ));
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(stream.read(&mut [0]).is_err(), "an answer arrives");
}

#[test]
fn a_cluster_outlives_its_leader() {
    let _turn = turn();
    let mut cluster = Cluster::start(&Options {
        members: 3,
        ..Options::default()
    });
    let leader = cluster.must_have_leader();
    cluster.must(&["put", "a", "1"], "");
    cluster.members[leader].kill();
    assert!(!cluster.is_healthy());
    let next = cluster.must_have_leader();
    assert_ne!(next, leader);
    cluster.members[leader].start();
    cluster.must_be_healthy();
    assert_eq!(cluster.value("a").as_deref(), Some("1"));
}

#[test]
fn a_stopped_member_answers_again() {
    let _turn = turn();
    let cluster = Cluster::start(&Options::default());
    cluster.members[0].stop();
    assert!(!cluster.is_healthy());
    cluster.members[0].go_on();
    cluster.must_be_healthy();
}

#[test]
fn a_full_cluster_refuses_changes_until_there_is_room() {
    let _turn = turn();
    let cluster = Cluster::start(&Options {
        quota: Some(4 << 20),
        ..Options::default()
    });
    cluster.fill();
    assert!(cluster.must(&["alarm", "list"], "").contains("NOSPACE"));
    cluster.make_room();
    cluster.must(&["put", "a", "1"], "");
    assert_eq!(cluster.keys(""), ["a"]);
}

#[test]
fn a_protected_cluster_with_tls_knows_its_users_and_clients() {
    let _turn = turn();
    let mut cluster = Cluster::start(&Options {
        members: 3,
        tls: true,
        ..Options::default()
    });
    cluster.protect("/zfssa/");
    cluster.must_be_healthy();
    cluster.must(&["put", "/zfssa/a", "1"], "");
    assert!(cluster.must(&["user", "list"], "").contains(USER));
    // Without a certificate there is no answer.
    assert!(!ask(cluster.ports()[0]).is_ok_and(|answer| answer.contains("3.4")));
}
