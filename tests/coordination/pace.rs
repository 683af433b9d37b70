//! Connections to the appliance that hosts share.

use support::etcd::Options;
use support::fleet::on;

use support::until_blocking;
use zfssa_appliance::Latency;

use super::bench::{Bench, LONG, Member};
use super::turn;

const TOTAL: usize = 3;
const HOSTS: usize = 4;
const VOLUMES: usize = 10;
/// How long the appliance takes for a creation, in milliseconds.
const TIME_MS: u64 = 20;

fn answered_busy(bench: &Bench) -> usize {
    let trace = bench.fleet.appliance.trace();
    let busy = trace.iter().filter(|it| it.status == Some(503));
    busy.count()
}

/// Creates volumes on all hosts at once, on an appliance that serves few requests at a time.
fn storm(options: &[(&str, &str)]) -> (Bench, Vec<Member>) {
    let bench = Bench::start(&Options::default());
    let ttl = LONG.to_string();
    let mut options = options.to_vec();
    options.push(("zfssa_coordination_ttl", &ttl));
    let mut hosts: Vec<_> = (0..HOSTS).map(|_| bench.host_with(&options)).collect();
    bench
        .fleet
        .appliance
        .tune(|knobs| knobs.max_concurrent = TOTAL);
    bench.fleet.appliance.set_latency(Latency {
        post_ms: TIME_MS,
        ..Latency::default()
    });
    let mut begun = Vec::new();
    for volume in 0..VOLUMES {
        for (number, member) in hosts.iter_mut().enumerate() {
            let name = format!("volume-{number}-{volume}");
            begun.push(member.host.begin(on("create_volume", &name)));
        }
    }
    for call in begun {
        call.wait().unwrap();
    }
    (bench, hosts)
}

/// There are more hosts than connections, so each waits for its turn.
#[test]
fn the_hosts_together_stay_below_the_limit() {
    let _turn = turn();
    let (bench, _hosts) = storm(&[("zfssa_max_connections_total", &TOTAL.to_string())]);
    assert_eq!(answered_busy(&bench), 0);
    assert!(
        until_blocking(|| bench.cluster.keys("zfssa/fleet/pace/slots/").is_empty()),
        "an idle host keeps no connection: {:?}",
        bench.cluster.keys("zfssa/fleet/pace/")
    );
}

/// The same without it: the test above can fail.
#[test]
fn each_host_for_itself_is_too_much() {
    let _turn = turn();
    let (bench, _hosts) = storm(&[]);
    assert!(answered_busy(&bench) > 0);
}
