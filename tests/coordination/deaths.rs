//! A host that dies, or stops, while it holds a lock: another one gets the lock when the appliance
//! can no longer carry out any of its requests, and the first one changes nothing more.

use std::time::{Duration, Instant};

use support::etcd::Options;
use support::fleet::attach;
use support::tcp_proxy::Way;
use support::{HOST_A, HOST_B, until_blocking};

use super::bench::{Bench, LONGEST_REQUEST};
use super::turn;

/// What becomes of the last request of the dead host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Lost,
    CarriedOutLater,
}

#[test]
fn the_lock_of_a_killed_host_is_free_after_its_lease() {
    let _turn = turn();
    for last in [Last::Lost, Last::CarriedOutLater] {
        let bench = Bench::start(&Options::default());
        let [mut dying, mut other] = [bench.mortal(), bench.host()];
        let begun = Instant::now();
        let lost = bench.begin_held(&mut dying, "PUT");
        dying.host.kill();
        assert_eq!(lost.wait().unwrap_err().message, "the host is dead");
        let second = other.host.begin(attach("volume-1", HOST_B));
        assert!(
            until_blocking(|| bench.locks().len() == 2),
            "{:?}",
            bench.locks()
        );
        let wanted: &[&str] = match last {
            Last::Lost => {
                bench.fleet.appliance.forget_held();
                &["host-b"]
            }
            Last::CarriedOutLater => {
                bench.fleet.appliance.release();
                &["host-a", "host-b"]
            }
        };
        second.wait().unwrap();
        // No earlier than the appliance may have carried out what the dead host had sent.
        assert!(begun.elapsed() >= Duration::from_secs(LONGEST_REQUEST));
        assert_eq!(bench.fleet.seen_by("volume-1"), wanted, "{last:?}");
    }
}

#[test]
fn a_host_that_stopped_past_its_lease_changes_nothing() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let [mut stopped, mut other] = [bench.mortal(), bench.host()];
    // It has the lock, and has not sent its change yet.
    let first = bench.begin_held(&mut stopped, "GET");
    stopped.host.stop();
    bench.fleet.appliance.faults().clear();
    other.host.call(attach("volume-1", HOST_B)).unwrap();
    assert_eq!(bench.fleet.changes().len(), 1);
    bench.fleet.appliance.release();
    stopped.host.go_on();
    let failure = first.wait().unwrap_err();
    assert_eq!(failure.status, "COORDINATION", "{failure:?}");
    assert_eq!(failure.outcome, "NONE", "{failure:?}");
    assert_eq!(
        bench.fleet.changes().len(),
        1,
        "{:?}",
        bench.fleet.changes()
    );
    assert_eq!(bench.fleet.seen_by("volume-1"), ["host-b"]);
    // Its next operation has a new lease.
    stopped.host.call(attach("volume-1", HOST_A)).unwrap();
    assert_eq!(bench.fleet.seen_by("volume-1"), ["host-a", "host-b"]);
}

/// A host whose connections to etcd are cut while it holds a lock: it may end what it can end within
/// its lease, and sends no change after that.
#[test]
fn a_host_that_is_cut_away_past_its_lease_changes_nothing() {
    let _turn = turn();
    let bench = Bench::start(&Options::default());
    let [mut away, mut other] = [bench.mortal(), bench.host()];
    let first = bench.begin_held(&mut away, "GET");
    bench.fleet.appliance.faults().clear();
    // The read is answered when the lease is over.
    away.appliance.set(Way::Stalled);
    away.ways.set(Way::Stalled);
    bench.fleet.appliance.release();
    other.host.call(attach("volume-1", HOST_B)).unwrap();
    away.appliance.set(Way::Open);
    let failure = first.wait().unwrap_err();
    assert_eq!(failure.status, "COORDINATION", "{failure:?}");
    assert_eq!(failure.outcome, "NONE", "{failure:?}");
    assert_eq!(
        bench.fleet.changes().len(),
        1,
        "{:?}",
        bench.fleet.changes()
    );
    assert_eq!(bench.fleet.seen_by("volume-1"), ["host-b"]);
}
