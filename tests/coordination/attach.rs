//! Two hosts attach one volume at the same moment: each mapping is kept, and none comes back.

use support::etcd::Options;
use support::fleet::{attach, detach};
use support::{HOST_A, HOST_B, until_blocking};

use super::bench::Bench;
use super::turn;

/// How often both attach, and detach: as `ZFSSA_TEST_ROUNDS` says.
fn rounds() -> usize {
    let rounds = std::env::var("ZFSSA_TEST_ROUNDS").ok();
    rounds.map_or(40, |rounds| rounds.parse().expect("a number of rounds"))
}

#[test]
fn two_hosts_attach_one_volume_at_once() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let mut hosts = [(bench.host(), HOST_A), (bench.host(), HOST_B)];
    for round in 0..rounds() {
        for (call, seen) in [
            (
                attach as fn(&str, &str) -> _,
                ["host-a", "host-b"].as_slice(),
            ),
            (detach, [].as_slice()),
        ] {
            let begun = hosts
                .each_mut()
                .map(|(member, initiator)| member.host.begin(call("volume-1", initiator)));
            for call in begun {
                call.wait().unwrap();
            }
            assert_eq!(bench.fleet.seen_by("volume-1"), seen, "round {round}");
        }
    }
    assert!(
        until_blocking(|| bench.locks().is_empty()),
        "{:?}",
        bench.locks()
    );
}

/// The same order of requests as in `without.rs`, where the mapping is lost.
#[test]
fn a_host_waits_for_the_change_of_another() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let [mut one, mut other] = [bench.host(), bench.host()];
    let first = bench.begin_held(&mut one, "PUT");
    let mut second = other.host.begin(attach("volume-1", HOST_B));
    assert!(
        until_blocking(|| bench.locks().len() == 2),
        "{:?}",
        bench.locks()
    );
    assert!(!second.is_over());
    assert_eq!(bench.fleet.changes().len(), 0, "nothing is carried out yet");
    bench.fleet.appliance.release();
    first.wait().unwrap();
    second.wait().unwrap();
    assert_eq!(bench.fleet.seen_by("volume-1"), ["host-a", "host-b"]);
}

/// An ended host leaves no key, and no lease for others to wait for.
#[test]
fn a_host_that_ends_leaves_nothing_in_etcd() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let mut member = bench.host();
    member.host.call(attach("volume-1", HOST_A)).unwrap();
    assert_eq!(bench.cluster.leases().len(), 1);
    member.host.end();
    assert!(bench.cluster.leases().is_empty());
    assert!(
        bench.cluster.keys("").is_empty(),
        "{:?}",
        bench.cluster.keys("")
    );
}
