//! Several hosts and one volume, with a common lock and without one: answers that are lost,
//! requests that are carried out late, migrations, and attachments that end at the same time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use support::{Fixture, HOST_A, HOST_B, until};
use tokio::task::JoinHandle;
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::driver::{
    Call, Connection, CreateVolume, Detached, Driver, InitializeConnection, OneOrEvery, Operation,
    TerminateConnection, Timeout,
};
use zfssa::error::{Error, Outcome, Result, Status};
use zfssa_appliance::{Fault, FaultKind};

const LUN: &str = "/luns/volume-1$";

fn attach(initiator: &str) -> InitializeConnection {
    InitializeConnection {
        volume: "volume-1".to_owned(),
        initiator: initiator.to_owned(),
        ..InitializeConnection::default()
    }
}

fn detach(initiator: impl Into<OneOrEvery>) -> TerminateConnection {
    TerminateConnection {
        volume: "volume-1".to_owned(),
        initiator: initiator.into(),
        still_attached: Some(Vec::new()),
    }
}

/// One attachment of host A ends, of two.
fn detach_one_of_two() -> TerminateConnection {
    TerminateConnection {
        still_attached: Some(vec![HOST_A.to_owned()]),
        ..detach(HOST_A)
    }
}

/// An appliance with a volume that nobody sees.
async fn bench() -> Arc<Fixture> {
    let bench = Fixture::ready().await;
    let volume = CreateVolume {
        name: "volume-1".to_owned(),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.driver.call(volume).await.unwrap();
    Arc::new(bench)
}

fn start<O>(driver: &Driver, operation: O) -> JoinHandle<Result<O::Output>>
where
    O: Operation + Send + 'static,
    O::Output: Send + 'static,
{
    let driver = driver.clone();
    tokio::spawn(async move { driver.call(operation).await })
}

/// The lock of the volume is held: an operation with little time does not come to its turn.
async fn must_wait<O: Operation>(driver: &Driver, operation: O)
where
    O::Output: std::fmt::Debug,
{
    let call = Call {
        timeout: Timeout::After(Duration::from_millis(200)),
        ..Call::default()
    };
    let error = driver
        .run(operation, &driver.scope(call))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::Deadline, "{error:?}");
    assert_eq!(error.outcome(), Outcome::None, "{error:?}");
}

fn seen(bench: &Fixture) -> Vec<String> {
    let mut groups = bench.seen_by("volume-1");
    groups.sort_unstable();
    groups
}

/// How often a request was sent.
fn sent(bench: &Fixture, method: &str) -> usize {
    let trace = bench.appliance.trace();
    let is = |exchange: &&zfssa_appliance::Exchange| {
        exchange.method == method && exchange.path.ends_with("/luns/volume-1")
    };
    trace.iter().filter(is).count()
}

/// Runs an operation of this host whose change of the LUN meets a fault. The look after that is
/// held until another host, without a common lock, has done something of its own.
async fn meanwhile<O, P>(
    bench: &Fixture,
    fault: Fault,
    mine: O,
    other: &Driver,
    theirs: P,
) -> Result<O::Output>
where
    O: Operation + Send + 'static,
    O::Output: Send + 'static,
    P: Operation,
    P::Output: std::fmt::Debug,
{
    let faults = bench.appliance.faults();
    let fault = faults.push(fault.on("PUT", LUN));
    // The first look is the one before the change.
    let look = Fault::new(FaultKind::Hang { ms: None }).on("GET", LUN);
    faults.push(look.nth(2));
    let mine = start(&bench.driver, mine);
    assert!(until(|| faults.fired(fault) == 1 && bench.appliance.held() == 1).await);
    faults.clear();
    other.call(theirs).await.expect("the other host");
    bench.appliance.release();
    mine.await.unwrap()
}

/// An exclusive attachment is refused while another host has the volume, and changes nothing.
#[tokio::test]
async fn an_exclusive_attachment_is_of_one_host() {
    let bench = bench().await;
    let exclusive = |initiator: &str| InitializeConnection {
        exclusive: true,
        ..attach(initiator)
    };
    for changed in [true, false] {
        let mine = bench.driver.call(exclusive(HOST_A)).await.unwrap();
        assert_eq!(mine.changed, changed);
    }
    let error = bench.driver.call(exclusive(HOST_B)).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy);
    assert_eq!(error.outcome(), Outcome::None);
    assert!(error.message().contains("host-a"), "{error}");
    assert_eq!(seen(&bench), ["host-a"]);
    // Not even its own host while another one has it too.
    bench.driver.call(attach(HOST_B)).await.unwrap();
    assert!(bench.driver.call(exclusive(HOST_A)).await.is_err());
}

/// The PUT of one host was carried out and its answer lost; before it looks, another host is
/// attached. It finds itself attached and sends its list no more.
#[tokio::test]
async fn a_host_that_is_attached_meanwhile_stays_attached() {
    let bench = bench().await;
    let other = bench.other_host(|_| {});
    let lost = Fault::new(FaultKind::Reset).after_commit();
    let mine = meanwhile(&bench, lost, attach(HOST_A), &other, attach(HOST_B)).await;
    assert!(mine.unwrap().changed);
    assert_eq!(seen(&bench), ["host-a", "host-b"]);
}

/// The PUT of one host failed; before it looks, the other host is detached. The list that it sends
/// then is computed from what it sees, and does not bring the other back.
#[tokio::test]
async fn a_host_that_is_detached_meanwhile_stays_detached() {
    for failed in [
        FaultKind::internal(),
        FaultKind::Busy { retry_after: None },
        FaultKind::unauthorized(),
        FaultKind::state_changed(),
    ] {
        let bench = bench().await;
        let other = bench.other_host(|_| {});
        other.call(attach(HOST_B)).await.unwrap();
        let fault = Fault::new(failed.clone());
        let mine = meanwhile(&bench, fault, attach(HOST_A), &other, detach(HOST_B)).await;
        let mine = mine.unwrap_or_else(|error| panic!("{failed:?}: {error:?}"));
        assert!(mine.changed);
        assert_eq!(seen(&bench), ["host-a"], "{failed:?}");
    }
}

/// The same the other way round: a detaching that is repeated takes its own host away and no other.
#[tokio::test]
async fn a_detaching_that_is_repeated_takes_nobody_else_away() {
    for fault in [
        Fault::new(FaultKind::Reset).after_commit(),
        Fault::new(FaultKind::internal()),
        Fault::new(FaultKind::Busy { retry_after: None }),
    ] {
        for of in [OneOrEvery::from(HOST_A), OneOrEvery::Every] {
            let bench = bench().await;
            let other = bench.other_host(|_| {});
            bench.driver.call(attach(HOST_A)).await.unwrap();
            let mine = meanwhile(
                &bench,
                fault.clone(),
                detach(of.clone()),
                &other,
                attach(HOST_B),
            );
            let mine = mine.await.unwrap();
            assert!(mine.changed && !mine.still_presented, "{of:?} {fault:?}");
            assert_eq!(seen(&bench), ["host-b"], "{of:?} {fault:?}");
        }
    }
}

/// The first try is carried out late, with a list from before the other host was attached. Whoever
/// has the lock after this host must not be overwritten by it.
#[tokio::test]
async fn a_late_list_overwrites_nobody_who_waits_for_the_lock() {
    let bench = bench().await;
    let sibling = bench.driver_with(|_| {});
    let faults = bench.appliance.faults();
    let late = faults.push(Fault::new(FaultKind::late_until_released()).on("PUT", LUN));
    let mine = start(&bench.driver, attach(HOST_A));
    // The second try was answered.
    assert!(until(|| seen(&bench) == ["host-a"]).await);
    assert_eq!(bench.appliance.held(), 1);
    must_wait(&sibling, attach(HOST_B)).await;
    // Within the time in which a request may be late.
    bench.appliance.release();
    bench.answered(late).await;
    assert!(mine.await.unwrap().unwrap().changed);
    assert!(sibling.call(attach(HOST_B)).await.unwrap().changed);
    assert_eq!(seen(&bench), ["host-a", "host-b"]);
}

/// Where the time does not suffice the outcome is unknown, and the lock outlives the call.
#[tokio::test]
async fn a_late_list_overwrites_nobody_though_its_call_is_over() {
    let bench = bench().await;
    bench.driver.call(attach(HOST_B)).await.unwrap();
    let sibling = bench.driver_with(|_| {});
    let late = Fault::new(FaultKind::late_until_released()).on("PUT", LUN);
    let late = bench.appliance.faults().push(late.times(9));
    let call = Call {
        timeout: Timeout::After(Duration::from_millis(500)),
        ..Call::default()
    };
    let scope = bench.driver.scope(call);
    let error = bench.driver.run(attach(HOST_A), &scope).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    bench.appliance.faults().clear();
    must_wait(&sibling, detach(HOST_B)).await;
    assert!(bench.appliance.held() > 0);
    bench.appliance.release();
    bench.answered(late).await;
    sibling.call(detach(HOST_B)).await.unwrap();
    assert_eq!(seen(&bench), ["host-a"], "the late list holds host-b");
}

/// What no look can show is kept away by the lock that drivers of one process share, though each
/// has its own lock files, or none.
#[tokio::test]
async fn drivers_of_one_process_change_one_volume_one_after_the_other() {
    let bench = bench().await;
    let elsewhere = bench.dir.path().join("elsewhere");
    let siblings = [
        bench.driver_with(|config| {
            config.set("zfssa_lock_dir", "none");
        }),
        bench.driver_with(|config| {
            config.set("zfssa_lock_dir", support::path_text(&elsewhere));
        }),
    ];
    for sibling in siblings {
        let look = Fault::new(FaultKind::Hang { ms: None }).on("GET", LUN);
        bench.appliance.faults().push(look.after_commit());
        let first = start(&bench.driver, attach(HOST_A));
        assert!(until(|| bench.appliance.held() == 1).await);
        must_wait(&sibling, attach(HOST_B)).await;
        bench.appliance.release();
        first.await.unwrap().unwrap();
        sibling.call(attach(HOST_B)).await.unwrap();
        assert_eq!(seen(&bench), ["host-a", "host-b"]);
        bench.driver.call(detach(OneOrEvery::Every)).await.unwrap();
    }
}

/// The promise that is not made: without a common lock two who both read and then both write lose
/// one of the two, and are both told that they succeeded. `docs/operating.md` says so.
#[tokio::test]
async fn without_a_common_lock_one_of_two_is_lost_unseen() {
    let bench = bench().await;
    let other = bench.other_host(|_| {});
    let look = Fault::new(FaultKind::Hang { ms: None })
        .on("GET", LUN)
        .after_commit();
    bench.appliance.faults().push(look.times(2));
    let both = [
        start(&bench.driver, attach(HOST_A)),
        start(&other, attach(HOST_B)),
    ];
    assert!(until(|| bench.appliance.held() == 2).await);
    bench.appliance.release();
    for one in both {
        assert!(one.await.unwrap().unwrap().changed);
    }
    assert_eq!(seen(&bench).len(), 1);
}

/// Writes a migration's mark on the volume, as another host does.
async fn mark(driver: &Driver, guid: &str) {
    let mark = format!("migrating/{guid}/198.51.100.7/pool-1/cinder/1772600767//op-1/");
    let change = LunChange {
        operation: Some(&mark),
        ..LunChange::default()
    };
    let place = ProjectRef {
        pool: support::POOL,
        project: support::PROJECT,
    };
    let scope = driver.scope(Call::default());
    let changed = driver
        .appliance()
        .change_lun(&scope, place, "volume-1", &change);
    changed.await.unwrap();
}

fn is_migrating(error: &Error) {
    assert_eq!(error.status(), Status::VolumeBusy, "{error:?}");
    assert!(error.message().contains("198.51.100.7"), "{error}");
}

#[tokio::test]
async fn a_volume_that_migrates_is_not_attached() {
    let bench = bench().await;
    let other = bench.other_host(|_| {});
    let guid = bench.lun("volume-1")["lunguid"]
        .as_str()
        .unwrap()
        .to_owned();
    for owner in [guid.as_str(), "600144F0C0FFEE000000000000000001"] {
        mark(&other, owner).await;
        bench.appliance.clear_trace();
        let error = bench.driver.call(attach(HOST_A)).await.unwrap_err();
        is_migrating(&error);
        assert_eq!(error.outcome(), Outcome::None, "{error:?}");
        assert_eq!(sent(&bench, "PUT"), 0);
        assert!(seen(&bench).is_empty());
    }
}

/// The migration begins between the look and the change: its own look for hosts may have been
/// before the change, so the change is taken back.
#[tokio::test]
async fn a_migration_that_begins_during_an_attachment_ends_it() {
    let bench = bench().await;
    let other = bench.other_host(|_| {});
    let guid = bench.lun("volume-1")["lunguid"]
        .as_str()
        .unwrap()
        .to_owned();
    let put = Fault::new(FaultKind::Hang { ms: None }).on("PUT", LUN);
    bench.appliance.faults().push(put);
    let attaching = start(&bench.driver, attach(HOST_A));
    assert!(until(|| bench.appliance.held() == 1).await);
    mark(&other, &guid).await;
    bench.appliance.release();
    let error = attaching.await.unwrap().unwrap_err();
    is_migrating(&error);
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    assert!(seen(&bench).is_empty());
}

/// Runs two detachings of host A, the second of which begins while the first one has the lock.
async fn two_at_once(bench: &Fixture, ids: [&str; 2]) -> [Result<Detached>; 2] {
    let call = |id: &str| {
        let call = Call {
            operation_id: Some(id.to_owned()),
            ..Call::default()
        };
        let driver = bench.driver.clone();
        async move { driver.run(detach_one_of_two(), &driver.scope(call)).await }
    };
    let look = Fault::new(FaultKind::Hang { ms: None }).on("GET", LUN);
    bench.appliance.faults().push(look);
    let first = tokio::spawn(call(ids[0]));
    assert!(until(|| bench.appliance.held() == 1).await);
    // Its first poll brings it to the wait for the lock.
    let mut second = std::pin::pin!(call(ids[1]));
    assert!(futures_once(second.as_mut()).await.is_none());
    bench.appliance.release();
    [first.await.unwrap(), second.await]
}

/// Polls a future once.
async fn futures_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn the_last_of_two_detachings_of_one_host_takes_the_volume_away() {
    let bench = bench().await;
    bench.driver.call(attach(HOST_A)).await.unwrap();
    bench.driver.call(attach(HOST_B)).await.unwrap();
    let [first, second] = two_at_once(&bench, ["1", "2"]).await;
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.still_presented && !first.changed, "{first:?}");
    assert!(!second.still_presented && second.changed, "{second:?}");
    assert_eq!(seen(&bench), ["host-b"]);
}

/// One call that is made twice is one attachment: the other one keeps the volume.
#[tokio::test]
async fn a_detaching_that_is_called_twice_ends_one_attachment() {
    let bench = bench().await;
    bench.driver.call(attach(HOST_A)).await.unwrap();
    for result in two_at_once(&bench, ["1", "1"]).await {
        assert!(result.unwrap().still_presented);
    }
    assert_eq!(seen(&bench), ["host-a"]);
    // Nor do those that come one after the other know of each other.
    for _ in 0..2 {
        let kept = bench.driver.call(detach_one_of_two()).await.unwrap();
        assert!(kept.still_presented);
    }
    let gone = bench.driver.call(detach(HOST_A)).await.unwrap();
    assert!(gone.changed && seen(&bench).is_empty());
}

/// A detaching that failed ended nothing.
#[tokio::test]
async fn the_attachment_of_a_detaching_that_failed_keeps_the_volume() {
    let bench = bench().await;
    bench.driver.call(attach(HOST_A)).await.unwrap();
    let denied = Fault::new(FaultKind::denied()).on("GET", "/initiator-groups$");
    bench.appliance.faults().push(denied);
    let [first, second] = two_at_once(&bench, ["1", "2"]).await;
    assert_eq!(first.unwrap_err().status(), Status::Denied);
    assert!(second.unwrap().still_presented);
    assert_eq!(seen(&bench), ["host-a"]);
}

/// The administrator took the host out of its group a moment ago.
#[tokio::test]
async fn a_host_that_left_its_group_is_not_said_to_be_attached() {
    let bench = bench().await;
    let first: Connection = bench.driver.call(attach(HOST_A)).await.unwrap();
    assert!(first.changed);
    let without = json!({"initiators": [HOST_B]});
    bench
        .foreign_san(support::San::Change("initiator-groups", "host-a", without))
        .await;
    let error = bench.driver.call(attach(HOST_A)).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidConnector, "{error:?}");
    assert_eq!(error.outcome(), Outcome::None);
}
