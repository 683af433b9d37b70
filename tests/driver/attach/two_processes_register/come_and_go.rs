//! The last detachment by one process, and the next attachment by the other.

use super::*;

/// Fails unless the host C can log in and see the LUN: its initiator and the group exist.
async fn is_registered(driver: &Driver, groups: &[String]) {
    let scope = driver.scope(Call::default());
    let appliance = driver.appliance();
    let initiator = appliance.find_initiator(&scope, HOST_C).await.unwrap();
    assert!(initiator.is_some(), "the initiator is gone");
    for name in groups {
        let group = appliance.find_group::<InitiatorGroup>(&scope, name).await;
        let group = group.unwrap().expect("the group is there");
        assert_eq!(group.initiators, [HOST_C]);
    }
}

/// Not a test of its own: what a child does.
#[test]
fn child() {
    in_child(unregistering, |driver, part| async move {
        for _ in 0..ROUNDS {
            let attached = driver.call(attach(&own(part))).await.unwrap();
            assert!(attached.changed && attached.initiator_groups != [MASK_ALL]);
            is_registered(&driver, &attached.initiator_groups).await;
            assert!(driver.call(detach(&own(part))).await.unwrap().changed);
        }
    });
}

/// The last detachment by one process, and the next attachment by the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_never_take_a_host_from_under_an_attachment() {
    let bench = bench_with(unregistering).await;
    // The appliance does not help.
    bench
        .appliance
        .tune(|knobs| knobs.groups_in_use_stay = false);
    let before = (groups(&bench), initiators(&bench));
    both_end_well(&bench, module_path!()).await;
    assert_eq!((groups(&bench), initiators(&bench)), before);
}
