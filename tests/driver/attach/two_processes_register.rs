//! Two processes of one host attach volumes to hosts that are in no group, and detach them: each
//! host is registered once, and stays registered while it has a volume.

use support::HOST_C;
use zfssa::appliance::{InitiatorGroup, MASK_ALL};
use zfssa::driver::{Call, Driver, InitializeConnection};
use zfssa_appliance::Exchange;

use super::hosts::{
    attach, bench_with, detach, group_of, groups, initiators, registering, unregistering,
};
use super::two_processes::{both_end_well, in_child};

/// New hosts that both processes attach to, each to a volume of its own.
const HOSTS: usize = 20;
/// How often the host C gets and loses the volume of a process.
const ROUNDS: usize = 20;

fn host(number: usize) -> String {
    format!("iqn.2004-10.org.example:new-host-{number}")
}

/// The volume of a process.
fn own(part: usize) -> String {
    format!("volume-{}", part + 1)
}

mod at_once {
    use super::*;

    /// Not a test of its own: what a child does.
    #[test]
    fn child() {
        in_child(registering, |driver, part| async move {
            let mut calls = tokio::task::JoinSet::new();
            for number in 0..HOSTS {
                let driver = driver.clone();
                let attach = InitializeConnection {
                    initiator: host(number),
                    ..attach(&own(part))
                };
                calls.spawn(async move { driver.call(attach).await.unwrap() });
            }
            calls.join_all().await;
        });
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_processes_register_each_host_once() {
        let bench = bench_with(registering).await;
        bench.appliance.clear_trace();
        both_end_well(&bench, module_path!()).await;
        for part in [0, 1] {
            assert_eq!(bench.seen_by(&own(part)).len(), HOSTS);
        }
        for number in 0..HOSTS {
            let groups = group_of(&bench, &host(number));
            assert_eq!(groups.len(), 1, "{groups:?}");
            assert!(!initiators(&bench)[host(number)].is_null());
        }
        let trace = bench.appliance.trace();
        for path in ["/initiators", "/initiator-groups"] {
            let is = |one: &&Exchange| one.method == "POST" && one.path.ends_with(path);
            assert_eq!(trace.iter().filter(is).count(), HOSTS, "{path}");
        }
    }
}

mod come_and_go {
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
}
