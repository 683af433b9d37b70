//! etcd fails: changes wait for it within their deadline, reads go on, and no lock is left over.

use support::etcd::Options;
use support::fleet::{Failure, attach, bare, detach, on, within};
use support::tcp_proxy::Way;
use support::{HOST_A, HOST_B, until_blocking};

use super::bench::{Bench, Member};
use super::turn;

/// An attachment that does not get its lock in time.
fn must_fail(bench: &Bench, member: &mut Member) -> Failure {
    bench.fleet.appliance.clear_trace();
    let failure = member.host.call(within(2000, attach("volume-1", HOST_A)));
    let failure = failure.unwrap_err();
    assert_eq!(failure.status, "COORDINATION", "{failure:?}");
    assert_eq!(failure.outcome, "NONE", "{failure:?}");
    assert_eq!(bench.fleet.changes().len(), 0);
    failure
}

#[test]
fn without_etcd_changes_fail_and_reads_go_on() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let mut member = bench.host();
    // With a lease from before, and without one.
    for _ in 0..2 {
        for way in [Way::Cut, Way::Stalled, Way::AnswersLost] {
            member.ways.set(way);
            let failure = must_fail(&bench, &mut member);
            assert!(
                failure.message.contains("zfssa_coordination_url"),
                "{way:?} {failure:?}"
            );
            let volume = member.host.call(on("get_volume", "volume-1")).unwrap();
            assert_eq!(volume["name"], "volume-1");
            member.host.call(bare("list_volumes")).unwrap();
            member.ways.set(Way::Open);
        }
        member.host.call(attach("volume-1", HOST_A)).unwrap();
        member.host.call(detach("volume-1", HOST_A)).unwrap();
    }
}

/// The key of a request that arrived, and whose answer did not, delays no other host for long.
#[test]
fn a_claim_whose_answer_was_lost_is_withdrawn() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let [mut one, mut other] = [bench.host(), bench.host()];
    // The lease is there before.
    one.host.call(attach("volume-1", HOST_A)).unwrap();
    assert!(until_blocking(|| bench.locks().is_empty()));
    one.ways.set(Way::AnswersLost);
    let failing = one.host.begin(within(2000, detach("volume-1", HOST_A)));
    assert!(
        until_blocking(|| bench.locks().len() == 1),
        "the key is written"
    );
    failing.wait().unwrap_err();
    one.ways.set(Way::Open);
    other.host.call(attach("volume-1", HOST_B)).unwrap();
    assert!(
        until_blocking(|| bench.locks().is_empty()),
        "{:?}",
        bench.locks()
    );
    assert_eq!(bench.fleet.seen_by("volume-1"), ["host-a", "host-b"]);
}

#[test]
fn operations_go_on_when_the_leader_is_killed() {
    let _turn = turn();
    let mut bench = Bench::start(&Options {
        members: 3,
        ..Options::default()
    });
    let [mut one, mut other] = [bench.host(), bench.host()];
    for _ in 0..3 {
        let first = bench.begin_held(&mut one, "PUT");
        let leader = bench.cluster.must_have_leader();
        let second = other.host.begin(attach("volume-1", HOST_B));
        assert!(
            until_blocking(|| bench.locks().len() == 2),
            "{:?}",
            bench.locks()
        );
        bench.cluster.members[leader].kill();
        bench.fleet.appliance.release();
        first.wait().unwrap();
        second.wait().unwrap();
        assert_eq!(bench.fleet.seen_by("volume-1"), ["host-a", "host-b"]);
        one.host.call(detach("volume-1", HOST_A)).unwrap();
        other.host.call(detach("volume-1", HOST_B)).unwrap();
        bench.fleet.appliance.faults().clear();
        bench.cluster.members[leader].start();
        bench.cluster.must_be_healthy();
    }
}

/// A member that is silent is not asked for ever: the lease is renewed by another one.
#[test]
fn a_silent_member_costs_no_lease() {
    let _turn = turn();
    let bench = Bench::start(&Options {
        members: 3,
        ..Options::default()
    });
    let mut member = bench.mortal();
    member.host.call(attach("volume-1", HOST_A)).unwrap();
    let leases = bench.cluster.leases();
    assert_eq!(leases.len(), 1);
    // Hosts begin with the first member of the option.
    member.ways.0[0].set(Way::Stalled);
    let mut least = bench.cluster.time_to_live(&leases[0]);
    let is_renewed = until_blocking(|| {
        let now = bench.cluster.time_to_live(&leases[0]);
        least = least.min(now);
        now == 0 || now > least
    });
    assert!(is_renewed);
    assert_eq!(bench.cluster.leases(), leases);
    member.host.call(detach("volume-1", HOST_A)).unwrap();
    assert_eq!(bench.cluster.leases(), leases);
}

/// Without a majority no lock is taken, and with one again it is.
#[test]
fn without_a_majority_changes_fail() {
    let _turn = turn();
    let mut bench = Bench::start(&Options {
        members: 3,
        ..Options::default()
    });
    let mut member = bench.host();
    member.host.call(attach("volume-1", HOST_A)).unwrap();
    bench.cluster.members[0].kill();
    bench.cluster.members[1].stop();
    must_fail(&bench, &mut member);
    bench.cluster.members[1].go_on();
    member.host.call(detach("volume-1", HOST_A)).unwrap();
}

#[test]
fn a_full_etcd_is_named_and_nothing_is_changed() {
    let _turn = turn();
    let bench = Bench::start(&Options {
        quota: Some(4 << 20),
        ..Options::default()
    });
    let mut member = bench.host();
    bench.cluster.fill();
    let failure = must_fail(&bench, &mut member);
    assert!(
        failure.message.contains("database space exceeded"),
        "{failure:?}"
    );
    let failure = member.host.call(bare("check_for_setup_error"));
    let failure = failure.expect_err("no lease can be granted").message;
    assert!(failure.contains("etcdctl alarm disarm"), "{failure:?}");
    bench.cluster.make_room();
    member.host.call(attach("volume-1", HOST_A)).unwrap();
}

/// A watch of a revision that was compacted away does not wait for ever.
#[test]
fn a_waiter_outlives_a_compaction() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let [mut one, mut other] = [bench.host(), bench.host()];
    let first = bench.begin_held(&mut one, "PUT");
    other.ways.set(Way::Stalled);
    let second = other.host.begin(attach("volume-1", HOST_B));
    for value in ["1", "2"] {
        bench.cluster.must(&["put", "other", value], "");
    }
    bench.cluster.compact();
    other.ways.set(Way::Open);
    assert!(
        until_blocking(|| bench.locks().len() == 2),
        "{:?}",
        bench.locks()
    );
    bench.cluster.must(&["put", "other", "3"], "");
    bench.cluster.compact();
    bench.fleet.appliance.release();
    first.wait().unwrap();
    second.wait().unwrap();
    assert_eq!(bench.fleet.seen_by("volume-1"), ["host-a", "host-b"]);
}
