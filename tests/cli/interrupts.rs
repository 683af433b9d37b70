//! Cancellation of a migration by a signal.

use support::until;
use zfssa_appliance::Appliance;

use crate::bench::{Bench, Ran};

/// Whether data of a migration arrive at an appliance.
fn arriving(appliance: &Appliance) -> bool {
    let state = appliance.state();
    let packages = &state["replication"]["sources"]["source"]["packages"];
    packages.as_object().is_some_and(|all| !all.is_empty())
}

async fn a_migration_is_rolled_back_after(signal: rustix::process::Signal) {
    let bench = Bench::pair().await;
    bench.done(&["volume", "create", "volume-a", "1"]);
    let appliance = &bench.fixture.appliance;
    appliance.tune(|knobs| knobs.replication_ms = 3_600_000);
    let before = bench.fixture.state();
    let arguments = ["migrate", "volume-a", "--to", "other"];
    let child = bench.start(&arguments);
    let other = &bench.fixture.other().appliance;
    assert!(until(|| arriving(other)).await, "the migration begins");
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
    let ran = Ran::of(&arguments, child.wait_with_output().unwrap());
    assert_eq!(ran.code, 14, "{ran:?}");
    assert!(ran.stderr.contains("cancelled; rolling back"), "{ran:?}");
    assert!(ran.stderr.contains("zfssa: CANCELLED: "), "{ran:?}");
    assert_eq!(bench.fixture.state(), before);
    assert!(bench.fixture.journals().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_rolls_a_migration_back() {
    a_migration_is_rolled_back_after(rustix::process::Signal::INT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_rolls_a_migration_back() {
    a_migration_is_rolled_back_after(rustix::process::Signal::TERM).await;
}
