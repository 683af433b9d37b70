//! New hosts that two processes register at the same time.

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
