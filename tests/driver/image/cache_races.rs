//! Cache entries that change hands while this process is at work on them: what is another's is
//! neither deleted, nor hidden, nor snapshotted, nor cloned.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::{Fixture, GIB, HOST_A, PROJECT, until};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zfssa::driver::{CloneImage, ClonedImage, DeleteVolume, Deleted, HostTransfer, TransferReply};
use zfssa::error::{Error, Outcome, Result, Status};
use zfssa_appliance::{Fault, FaultKind};

const CACHE: &str = "os-cinder-cache";
const ENTRY: &str = "os-cache-vol-img-1";

fn image(volume: &str, hand_over: impl Fn(TransferReply) + Send + Sync + 'static) -> CloneImage {
    CloneImage {
        name: volume.to_owned(),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: "img-1".to_owned(),
        image_updated_at: "v1".to_owned(),
        image_virtual_size: GIB / 2,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(HostTransfer::new(move |_, _, answer| hand_over(answer))),
    }
}

/// What is at the name of the entry.
fn entry(bench: &Fixture) -> Value {
    bench.appliance.state()["pools"][support::POOL]["projects"][CACHE]["luns"][ENTRY].clone()
}

/// Another host, which shares neither locks nor journals, replaces the entry, and writes: it has
/// no snapshot, and is presented.
async fn replace(bench: &Fixture) -> Value {
    bench.force_delete_from(CACHE, ENTRY).await;
    let other = bench.other_host(|_| {});
    let (reached, begun) = oneshot::channel();
    let reached = Mutex::new(Some(reached));
    let writing = image("volume-other", move |answer| {
        let _ = reached.lock().unwrap().take().unwrap().send(answer);
    });
    let writing = tokio::spawn(async move { other.call(writing).await.map(drop) });
    let answer = begun.await.unwrap();
    // It never comes to an end.
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    assert!(answer.is_moot());
    let theirs = entry(bench);
    assert_eq!(theirs["snapshots"], json!([]));
    theirs
}

/// Begins to delete a volume.
fn deletes(bench: &Arc<Fixture>, name: &str) -> JoinHandle<Result<Deleted>> {
    let gone = DeleteVolume {
        name: name.to_owned(),
    };
    let working = bench.clone();
    tokio::spawn(async move { working.driver.call(gone).await })
}

type Call = JoinHandle<Result<ClonedImage>>;

/// Begins to make the entry, and stands still where the appliance holds a request.
async fn held_at(bench: &Arc<Fixture>, fault: Fault) -> Call {
    bench.appliance.faults().push(fault);
    let working = bench.clone();
    let call = tokio::spawn(async move {
        working
            .driver
            .call(image("volume-1", TransferReply::done))
            .await
    });
    assert!(until(|| bench.appliance.held() > 0).await);
    bench.appliance.faults().clear();
    call
}

async fn goes_on(bench: &Fixture, call: Call) -> Error {
    bench.appliance.release();
    call.await.unwrap().unwrap_err()
}

/// Nothing was done to the other host's entry, and there is no volume of it.
fn untouched(bench: &Fixture, theirs: &Value) {
    assert_eq!(&entry(bench), theirs);
    let state = bench.appliance.state();
    let volumes = &state["pools"][support::POOL]["projects"][PROJECT]["luns"];
    assert_eq!(volumes, &json!({}));
}

fn hang() -> Fault {
    Fault::new(FaultKind::Hang { ms: None })
}

#[tokio::test]
async fn a_transfer_that_failed_does_not_hide_the_entry_of_another_host() {
    let bench = Arc::new(Fixture::ready().await);
    let (reached, begun) = oneshot::channel();
    let reached = Mutex::new(Some(reached));
    let failing = image("volume-1", move |answer| {
        let _ = reached.lock().unwrap().take().unwrap().send(answer);
    });
    let working = bench.clone();
    let call = tokio::spawn(async move { working.driver.call(failing).await });
    let answer: TransferReply = begun.await.unwrap();
    let theirs = replace(&bench).await;
    answer.failed("the disk is full");
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.status(), Status::Transfer, "{error:?}");
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    untouched(&bench, &theirs);
}

#[tokio::test]
async fn an_entry_that_was_replaced_before_its_snapshot_is_not_cloned() {
    let bench = Arc::new(Fixture::ready().await);
    let snapshot = format!("/luns/{ENTRY}/snapshots$");
    let call = held_at(&bench, hang().on("POST", &snapshot)).await;
    let theirs = replace(&bench).await;
    let error = goes_on(&bench, call).await;
    assert_eq!(error.status(), Status::StateChanged, "{error:?}");
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    untouched(&bench, &theirs);
}

#[tokio::test]
async fn a_replaced_entry_gets_no_snapshot() {
    let bench = Arc::new(Fixture::ready().await);
    let hide = format!("/luns/{ENTRY}$");
    // The first PUT presents it, the second one hides it.
    let call = held_at(&bench, hang().on("PUT", &hide).nth(2)).await;
    replace(&bench).await;
    bench.appliance.clear_trace();
    let error = goes_on(&bench, call).await;
    assert_eq!(error.status(), Status::StateChanged, "{error:?}");
    let trace = bench.appliance.trace();
    let taken = |path: &str| path.ends_with(&format!("/luns/{ENTRY}/snapshots"));
    let snapshots = trace
        .iter()
        .filter(|one| one.method == "POST" && taken(&one.path));
    assert_eq!(snapshots.count(), 0);
    assert_eq!(entry(&bench)["snapshots"], json!([]));
}

#[tokio::test]
async fn a_stale_entry_that_was_replaced_is_not_discarded() {
    let bench = Arc::new(Fixture::ready().await);
    // A stale one: another version, which nobody uses.
    let stale = CloneImage {
        image_updated_at: "v0".to_owned(),
        ..image("volume-0", TransferReply::done)
    };
    bench.driver.call(stale).await.unwrap();
    bench.force_delete("volume-0").await;
    // It is looked for, looked for again alone, and looked at before it is deleted.
    let look = format!("/luns/{ENTRY}$");
    let call = held_at(&bench, hang().on("GET", &look).nth(3)).await;
    let theirs = replace(&bench).await;
    let error = goes_on(&bench, call).await;
    assert_eq!(error.outcome(), Outcome::Rejected, "{error:?}");
    untouched(&bench, &theirs);
}

/// The last clone of an entry goes, and the entry is another host's by the time it should go, too.
#[tokio::test]
async fn an_entry_that_was_replaced_outlives_the_last_clone_of_the_first() {
    let bench = Arc::new(Fixture::ready().await);
    let first = image("volume-1", TransferReply::done);
    bench.driver.call(first).await.unwrap();
    // It is looked at while the clone is there, and before it is deleted itself.
    let look = Fault::new(FaultKind::Hang { ms: None });
    let look = look.on("GET", &format!("/luns/{ENTRY}$")).nth(2);
    bench.appliance.faults().push(look);
    let call = deletes(&bench, "volume-1");
    assert!(until(|| bench.appliance.held() > 0).await);
    bench.appliance.faults().clear();
    // The same image, and ready to be cloned; the first volume of it does not exist yet.
    bench.force_delete_from(CACHE, ENTRY).await;
    let other = bench.other_host(|_| {});
    let theirs = image("volume-2", TransferReply::done);
    other.call(theirs).await.unwrap();
    bench.force_delete("volume-2").await;
    let theirs = entry(&bench);
    assert_ne!(theirs, Value::Null);
    bench.appliance.release();
    assert!(call.await.unwrap().unwrap().existed);
    untouched(&bench, &theirs);
}

/// Another version is written while the last clone of the first one goes.
#[tokio::test]
async fn an_entry_stays_while_its_image_is_written() {
    let bench = Arc::new(Fixture::ready().await);
    let first = image("volume-1", TransferReply::done);
    bench.driver.call(first).await.unwrap();
    let (reached, begun) = oneshot::channel();
    let reached = Mutex::new(Some(reached));
    let second = CloneImage {
        image_updated_at: "v2".to_owned(),
        ..image("volume-2", move |answer| {
            let _ = reached.lock().unwrap().take().unwrap().send(answer);
        })
    };
    let working = bench.clone();
    let call = tokio::spawn(async move { working.driver.call(second).await });
    let answer: TransferReply = begun.await.unwrap();
    let before = entry(&bench);
    let delete = |name: &str| DeleteVolume {
        name: name.to_owned(),
    };
    let deleted = bench.driver.call(delete("volume-1")).await.unwrap();
    assert!(deleted.existed);
    assert_eq!(entry(&bench)["guid"], before["guid"]);
    answer.done();
    let made = call.await.unwrap().unwrap();
    assert_ne!(made.cache_entry, ENTRY);
    // Nothing is in the way of the entry of the second version.
    bench.driver.call(delete("volume-2")).await.unwrap();
    let state = bench.appliance.state();
    let left = state["pools"][support::POOL]["projects"][CACHE]["luns"].as_object();
    let left: Vec<_> = left.unwrap().keys().collect();
    assert_eq!(left, [ENTRY]);
}

/// The deletion of an entry whose answer is lost is not repeated on what has its name by then.
#[tokio::test]
async fn a_lost_deletion_is_not_repeated_on_another_entry() {
    let bench = Arc::new(Fixture::ready().await);
    let first = image("volume-1", TransferReply::done);
    bench.driver.call(first).await.unwrap();
    let lost = Fault::new(FaultKind::late_until_released());
    let lost = lost.on("DELETE", &format!("/luns/{ENTRY}($|\\?)"));
    bench.appliance.faults().push(lost);
    // The look that follows the lost answer.
    let look = Fault::new(FaultKind::Hang { ms: None });
    let look = look.on("GET", &format!("/luns/{ENTRY}$")).nth(3);
    bench.appliance.faults().push(look);
    let call = deletes(&bench, "volume-1");
    assert!(until(|| bench.appliance.held() > 1).await);
    bench.appliance.faults().clear();
    bench.appliance.forget_held();
    bench.force_delete_from(CACHE, ENTRY).await;
    let other = bench.other_host(|_| {});
    let theirs = image("volume-2", TransferReply::done);
    other.call(theirs).await.unwrap();
    bench.force_delete("volume-2").await;
    let theirs = entry(&bench);
    bench.appliance.release();
    assert!(call.await.unwrap().unwrap().existed);
    untouched(&bench, &theirs);
}
