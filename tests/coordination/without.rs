//! Hosts without coordination: what gets lost, so that it is seen that the tests of coordination
//! can fail.

use support::fleet::{Fleet, Host, attach, bare, on};
use support::{HOST_A, HOST_B, until_blocking};
use zfssa_appliance::{Fault, FaultKind};

use super::bench::CHILD;
use super::turn;

#[test]
fn two_hosts_without_coordination_lose_a_mapping() {
    let _turn = turn();
    let fleet = Fleet::start();
    let mut hosts =
        [fleet.options(), fleet.options()].map(|options| Host::start(CHILD, &options).unwrap());
    hosts[0].call(bare("do_setup")).unwrap();
    hosts[0].call(on("create_volume", "volume-1")).unwrap();
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/volume-1$");
    fleet.appliance.faults().push(hang.nth(1));
    let first = hosts[0].begin(attach("volume-1", HOST_A));
    assert!(until_blocking(|| fleet.appliance.held() == 1));
    hosts[1].call(attach("volume-1", HOST_B)).unwrap();
    assert_eq!(fleet.seen_by("volume-1"), ["host-b"]);
    fleet.appliance.release();
    first.wait().unwrap();
    assert_eq!(
        fleet.seen_by("volume-1"),
        ["host-a"],
        "the mapping of B is lost"
    );
}
