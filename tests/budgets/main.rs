//! Requests per operation on a warm session, and how many of them wait for each other.
//!
//! Alone in its process because the second number is taken from the times of requests.
//!
//! These are promises like the ABI's: a change that costs a request more fails here.

mod groups;
mod manage;
mod optional;

use std::sync::Arc;

use support::{Cost, Fixture, HOST_A, HOST_B, HOST_C};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zfssa::driver::{
    Audit, CreateClonedVolume, CreateExport, CreateGroupFromSrc, CreateGroupSnapshot,
    CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot, DeleteGroup, DeleteGroupSnapshot,
    DeleteSnapshot, DeleteVolume, DoSetup, EnsureExport, ExistingRef, ExtendVolume,
    GetManageableSnapshots, GetManageableVolumes, GetVolume, GetVolumeStats, GroupClone,
    GroupMember, InitializeConnection, KnownObject, KnownSnapshot, ListVolumes, ManageExisting,
    ManageExistingGetSize, ManageExistingSnapshot, ManageExistingSnapshotGetSize, OneOrEvery,
    RemoveExport, Retype, RevertToSnapshot, TerminateConnection, Unmanage, UnmanageSnapshot,
    UpdateGroup, UpdateMigratedVolume, UpdateProviderInfo,
};
use zfssa::driver::{
    CheckForSetupError, CloneImage, CreateApiToken, CreateGroup, Echo, HostTransfer, ListSnapshots,
    OPERATIONS, Recover, RequestBudget, TransferReply,
};
use zfssa_appliance::{Exchange, Latency, Options, Release};

fn name(text: &str) -> String {
    text.to_owned()
}

/// What the product promises of the operations that hosts wait for most: requests, and how many
/// of them wait for each other. What the operations declare may be less and never more, so a
/// declaration cannot be raised together with its cost.
const PROMISES: &[(&str, usize, usize)] = &[
    ("create_volume", 1, 1),
    ("delete_volume", 3, 2),
    ("extend_volume", 2, 2),
    ("create_snapshot", 1, 1),
    ("delete_snapshot", 2, 2),
    // Of the snapshot's size.
    ("create_volume_from_snapshot", 2, 2),
    ("initialize_connection", 3, 2),
    ("initialize_connection, second host", 3, 2),
    ("initialize_connection, again", 3, 2),
    // Registering the host costs nothing where it is known.
    ("initialize_connection, a registered host", 3, 2),
    ("terminate_connection", 3, 2),
    ("terminate_connection, all hosts", 3, 2),
    // One for each thing to be known, all at once.
    ("get_volume_stats", usize::MAX, 1),
    ("do_setup, ready appliance", usize::MAX, COLD_SETUP),
];

/// How many requests wait for each other when a driver without a session sets up an appliance
/// that is ready.
const COLD_SETUP: usize = 3;

/// What an operation declares, for a case of it after a comma.
fn declared(operation: &str) -> Option<&'static RequestBudget> {
    let (name, case) = operation.split_once(", ").unwrap_or((operation, ""));
    let described = OPERATIONS.iter().find(|one| one.name == name)?;
    described
        .contract
        .budgets
        .iter()
        .find(|one| one.case == case)
}

#[test]
fn no_operation_declares_more_than_is_promised() {
    for &(operation, requests, depth) in PROMISES {
        let budget = declared(operation);
        let budget = budget.unwrap_or_else(|| panic!("{operation} declares no budget"));
        assert!(
            budget.requests <= requests && budget.depth <= depth,
            "{operation} declares {budget:?}"
        );
    }
}

/// Requests that do not wait for each other overlap only when an answer takes a while.
fn noticeable() -> Latency {
    Latency::every(50)
}

/// Asserts the budget that the operation declares, for a case of it after a comma, and says what
/// was spent.
fn within(operation: &str, cost: Cost) {
    println!(
        "{operation}: {} requests, depth {}",
        cost.requests, cost.depth
    );
    let Some(budget) = declared(operation) else {
        panic!("{operation} declares no budget, and cost {cost:?}");
    };
    assert!(
        cost.requests <= budget.requests && cost.depth <= budget.depth,
        "{operation} may cost {budget:?}, and cost {cost:?}"
    );
    assert!(
        budget.requests == 0 || cost.requests > 0,
        "{operation} was not measured"
    );
}

#[tokio::test]
async fn deleting_what_does_not_exist_without_journals_keeps_its_budget() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_state_dir", "");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench.appliance.set_latency(noticeable());
    let (deleted, cost) = bench
        .cost(DeleteVolume {
            name: name("volume-1"),
        })
        .await;
    assert!(!deleted.unwrap().existed);
    within(
        "delete_volume, one that does not exist, without journals",
        cost,
    );
}

#[tokio::test]
async fn each_operation_keeps_its_budget() {
    let bench = Fixture::ready().await;
    bench.appliance.set_latency(noticeable());
    let create = |volume: &str| CreateVolume {
        name: name(volume),
        size_gib: 1,
        ..CreateVolume::default()
    };
    let attach = |initiator: &str| InitializeConnection {
        volume: name("volume-1"),
        initiator: name(initiator),
        ..InitializeConnection::default()
    };
    let detach = |initiator: OneOrEvery| TerminateConnection {
        volume: name("volume-1"),
        initiator,
        still_attached: None,
    };

    let (made, cost) = bench.cost(create("volume-1")).await;
    made.unwrap();
    within("create_volume", cost);

    let (taken, cost) = bench
        .cost(CreateSnapshot {
            volume: name("volume-1"),
            name: name("snapshot-1"),
        })
        .await;
    taken.unwrap();
    within("create_snapshot", cost);

    let (cloned, cost) = bench
        .cost(CreateVolumeFromSnapshot {
            name: name("volume-2"),
            size_gib: 1,
            source_volume: name("volume-1"),
            snapshot: name("snapshot-1"),
            ..CreateVolumeFromSnapshot::default()
        })
        .await;
    cloned.unwrap();
    within("create_volume_from_snapshot", cost);

    let (cloned, cost) = bench
        .cost(CreateClonedVolume {
            name: name("volume-3"),
            size_gib: 2,
            source_volume: name("volume-1"),
            ..CreateClonedVolume::default()
        })
        .await;
    cloned.unwrap();
    within("create_cloned_volume, larger", cost);

    let (extended, cost) = bench
        .cost(ExtendVolume {
            name: name("volume-1"),
            size_gib: 2,
        })
        .await;
    extended.unwrap();
    within("extend_volume", cost);

    let (attached, cost) = bench.cost(attach(HOST_A)).await;
    attached.unwrap();
    within("initialize_connection", cost);
    let (attached, cost) = bench.cost(attach(HOST_B)).await;
    attached.unwrap();
    within("initialize_connection, second host", cost);
    let (attached, cost) = bench.cost(attach(HOST_A)).await;
    attached.unwrap();
    within("initialize_connection, again", cost);

    let (detached, cost) = bench.cost(detach(HOST_A.into())).await;
    detached.unwrap();
    within("terminate_connection", cost);
    let (detached, cost) = bench.cost(detach(OneOrEvery::Every)).await;
    detached.unwrap();
    within("terminate_connection, all hosts", cost);

    let (stats, cost) = bench.cost(GetVolumeStats {}).await;
    stats.unwrap();
    within("get_volume_stats", cost);
    let (found, cost) = bench
        .cost(GetVolume {
            name: name("volume-1"),
        })
        .await;
    found.unwrap();
    within("get_volume", cost);
    let (found, cost) = bench.cost(ListVolumes::default()).await;
    found.unwrap();
    within("list_volumes", cost);

    let (deleted, cost) = bench
        .cost(DeleteVolume {
            name: name("volume-3"),
        })
        .await;
    deleted.unwrap();
    within("delete_volume, a clone with its temporary snapshot", cost);
    let (deleted, cost) = bench
        .cost(DeleteVolume {
            name: name("volume-2"),
        })
        .await;
    deleted.unwrap();
    within("delete_volume, a clone", cost);
    let (deleted, cost) = bench
        .cost(DeleteSnapshot {
            volume: name("volume-1"),
            name: name("snapshot-1"),
        })
        .await;
    deleted.unwrap();
    within("delete_snapshot", cost);
    let (deleted, cost) = bench
        .cost(DeleteVolume {
            name: name("volume-1"),
        })
        .await;
    deleted.unwrap();
    within("delete_volume", cost);
    let (deleted, cost) = bench
        .cost(DeleteVolume {
            name: name("volume-1"),
        })
        .await;
    assert!(!deleted.unwrap().existed);
    within("delete_volume, one that does not exist", cost);
    let trace = bench.appliance.trace();
    let lists = |exchange: &&Exchange| exchange.path.ends_with("/storage/v1/snapshots");
    assert_eq!(trace.iter().filter(lists).count(), 0, "{trace:?}");

    let volume = name("volume-1");
    let (done, cost) = bench
        .cost(CreateExport {
            volume: volume.clone(),
        })
        .await;
    done.unwrap();
    within("create_export", cost);
    let (done, cost) = bench
        .cost(EnsureExport {
            volume: volume.clone(),
        })
        .await;
    done.unwrap();
    within("ensure_export", cost);
    let (done, cost) = bench.cost(RemoveExport { volume }).await;
    done.unwrap();
    within("remove_export", cost);

    let (setup, cost) = bench.cost(DoSetup {}).await;
    setup.unwrap();
    within("do_setup, ready appliance", cost);
}

#[tokio::test]
async fn what_has_no_volume_of_its_own_keeps_its_budget() {
    let bench = Fixture::ready().await;
    let create = CreateVolume {
        name: name("volume-1"),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.driver.call(create).await.unwrap();
    bench.appliance.set_latency(noticeable());
    let (echoed, cost) = bench.cost(Echo::default()).await;
    echoed.unwrap();
    within("echo", cost);
    let (checked, cost) = bench.cost(CheckForSetupError {}).await;
    checked.unwrap();
    within("check_for_setup_error", cost);
    let (recovered, cost) = bench.cost(Recover::default()).await;
    recovered.unwrap();
    within("recover, nothing is left", cost);
    let id = name("g");
    let (made, cost) = bench.cost(CreateGroup { id }).await;
    made.unwrap();
    within("create_group", cost);
    let volume = name("volume-1");
    let (listed, cost) = bench
        .cost(ListSnapshots {
            volume: volume.into(),
            ..ListSnapshots::default()
        })
        .await;
    listed.unwrap();
    within("list_snapshots, of one volume", cost);
    for (operation, volume) in [
        ("clone_image, the entry is made", "volume-2"),
        ("clone_image, the entry is there", "volume-3"),
    ] {
        let image = CloneImage {
            name: name(volume),
            size_gib: 1,
            extra_specs: Vec::new(),
            image_id: name("img"),
            image_updated_at: name("v1"),
            image_virtual_size: 1,
            initiator: name(HOST_A),
            transfer: Arc::new(HostTransfer::new(|_, _, answer: TransferReply| {
                answer.done()
            })),
        };
        let (made, cost) = bench.cost(image).await;
        assert!(made.unwrap().volume.is_some());
        within(operation, cost);
    }
}

#[tokio::test]
async fn a_cold_setup_of_a_ready_appliance_is_three_deep() {
    let first = Fixture::ready().await;
    first.appliance.set_latency(noticeable());
    let driver = zfssa::driver::Driver::new(first.driver.config().clone()).unwrap();
    first.appliance.clear_trace();
    driver.call(DoSetup {}).await.unwrap();
    let trace = first.appliance.trace();
    let depth = zfssa_appliance::sequential_depth(&trace);
    assert!(depth <= COLD_SETUP, "depth {depth}");
    let logins = trace
        .iter()
        .filter(|exchange| exchange.path.contains("/access/"));
    assert_eq!(logins.count(), 1);
}

#[tokio::test]
async fn a_thousand_operations_share_sixteen_connections_and_one_login() {
    const OPERATIONS: usize = 1_000;
    const AT_ONCE: usize = 16;
    let bench = Arc::new(Fixture::ready().await);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for number in 0..OPERATIONS {
        let (bench, places) = (bench.clone(), places.clone());
        tasks.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            let create = CreateVolume {
                name: format!("volume-{number}"),
                size_gib: 1,
                ..CreateVolume::default()
            };
            bench.driver.call(create).await.map(|volume| volume.created)
        });
    }
    while let Some(created) = tasks.join_next().await {
        assert!(created.unwrap().unwrap());
    }
    let stats = bench.appliance.stats();
    println!("{stats:?}");
    let handshakes = stats.handshakes_full + stats.handshakes_resumed;
    assert!(handshakes <= AT_ONCE as u64, "{handshakes} TLS handshakes");
    assert_eq!(stats.logins, 1);
    let trace = bench.appliance.trace();
    let creations = trace
        .iter()
        .filter(|exchange| exchange.path.ends_with("/luns"));
    assert_eq!(
        creations.count(),
        OPERATIONS,
        "not one request more than needed"
    );
}
