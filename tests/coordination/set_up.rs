//! Settings of the coordination that do not work are named at set-up: the option, what is wrong, and
//! the remedy; without a secret.

use support::etcd::{Authority, Cluster, Options, USER_PASSWORD};
use support::fleet::{Fleet, Host, Ways, attach, bare, on};
use support::{HOST_A, path_text};

use super::bench::{CHILD, LONG, NAMESPACE, secure, set};
use super::turn;

/// What `check_for_setup_error` reports, or the driver when it is made.
fn reported(fleet: &Fleet, changes: &[(&str, &str)]) -> String {
    let mut options = fleet.options();
    set(&mut options, changes);
    let checked = Host::start(CHILD, &options);
    let checked = checked.and_then(|mut host| host.call(bare("check_for_setup_error")));
    let message = checked.expect_err("it does not work").message;
    assert!(!message.contains("CANARY"), "{message}");
    message
}

fn set_up(fleet: &Fleet) {
    let mut host = Host::start(CHILD, &fleet.options()).unwrap();
    host.call(bare("do_setup")).unwrap();
    host.call(on("create_volume", "volume-1")).unwrap();
    host.end();
}

#[test]
fn users_and_certificates_are_named() {
    let _turn = turn();
    let fleet = Fleet::start();
    set_up(&fleet);
    let mut cluster = Cluster::start(&Options {
        tls: true,
        ..Options::default()
    });
    cluster.protect(NAMESPACE);
    let ways = Ways::to(&cluster);
    let mut good = secure(&cluster, &ways);
    good.push(("zfssa_coordination_namespace", NAMESPACE.to_owned()));
    let good: Vec<(&str, &str)> = good
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut options = fleet.options();
    set(&mut options, &good);
    let mut host = Host::start(CHILD, &options).unwrap();
    host.call(bare("check_for_setup_error")).unwrap();
    host.call(attach("volume-1", HOST_A)).unwrap();
    assert_eq!(fleet.seen_by("volume-1"), ["host-a"]);

    let dir = tempfile::tempdir().unwrap();
    let strangers = Authority::new(dir.path(), "other-ca");
    let stranger = strangers.identity("stranger", None);
    let path = |path| path_text(path).to_owned();
    let (ca, certificate, key) = (
        path(&strangers.ca),
        path(&stranger.certificate),
        path(&stranger.key),
    );
    let named = cluster.tls().authority.identity("named", Some("host-a"));
    let (named_certificate, named_key) = (path(&named.certificate), path(&named.key));
    let wrong = format!("{USER_PASSWORD}-wrong");
    let cases: [(&[(&str, &str)], &str); 7] = [
        (
            &[("zfssa_coordination_password", &wrong)],
            "zfssa_coordination_password",
        ),
        (
            &[
                ("zfssa_coordination_user", ""),
                ("zfssa_coordination_password", ""),
            ],
            "zfssa_coordination_user",
        ),
        (
            &[("zfssa_coordination_namespace", "elsewhere")],
            "zfssa_coordination_namespace",
        ),
        (
            &[("zfssa_coordination_ca_file", &ca)],
            "zfssa_coordination_ca_file",
        ),
        (
            &[
                ("zfssa_coordination_cert_file", &certificate),
                ("zfssa_coordination_key_file", &key),
            ],
            "zfssa_coordination_cert_file",
        ),
        (
            &[
                ("zfssa_coordination_cert_file", &named_certificate),
                ("zfssa_coordination_key_file", &named_key),
            ],
            "without a CN",
        ),
        (
            &[
                ("zfssa_coordination_cert_file", ""),
                ("zfssa_coordination_key_file", ""),
            ],
            "zfssa_coordination_cert_file",
        ),
    ];
    let mut unnamed = Vec::new();
    for (changes, named) in cases {
        let changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
        let mut all: Vec<_> = good
            .iter()
            .copied()
            .filter(|(name, _)| !changed(name))
            .collect();
        all.extend(changes);
        let message = reported(&fleet, &all);
        if !message.contains(named) {
            unnamed.push(format!("{named}: {message}"));
        }
    }
    assert!(unnamed.is_empty(), "{}", unnamed.join("\n"));
}

#[test]
fn what_is_no_etcd_is_named() {
    let _turn = turn();
    let fleet = Fleet::start();
    set_up(&fleet);
    let admin = fleet.appliance.admin_url().unwrap();
    let url = format!("etcd://{}", admin.strip_prefix("http://").unwrap());
    let long = LONG.to_string();
    let changes = [
        ("zfssa_coordination_url", url.as_str()),
        ("zfssa_coordination_ttl", &long),
    ];
    let message = reported(&fleet, &changes);
    assert!(message.contains("not etcd"), "{message}");
    assert!(message.contains("zfssa_coordination_url"), "{message}");
}

#[test]
fn a_lease_that_ends_before_a_request_is_named() {
    let _turn = turn();
    let fleet = Fleet::start();
    let changes = [
        ("zfssa_coordination_url", "etcd://127.0.0.1"),
        ("zfssa_coordination_ttl", "10"),
        ("zfssa_rest_timeout", "10"),
    ];
    let message = reported(&fleet, &changes);
    for part in ["zfssa_coordination_ttl", "10", "too short", "at least 14"] {
        assert!(message.contains(part), "{part}: {message}");
    }
}
