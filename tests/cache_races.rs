//! Cache entries that change hands while this process is at work on them: what is another's is
//! neither deleted, nor hidden, nor snapshotted, nor cloned.

mod common;

use std::sync::{Arc, Mutex};

use common::{Bench, GIB, HOST_A, PROJECT, until};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zfssa::driver::{Answer, CloneImage, ClonedImage, Handed};
use zfssa::error::{Error, Outcome, Result, Status};
use zfssa_appliance::{Fault, FaultKind};

const CACHE: &str = "os-cinder-cache";
const ENTRY: &str = "os-cache-vol-img-1";

fn image(volume: &str, hand_over: impl Fn(Answer) + Send + Sync + 'static) -> CloneImage {
    CloneImage {
        name: volume.to_owned(),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: "img-1".to_owned(),
        image_updated_at: "v1".to_owned(),
        image_virtual_size: GIB / 2,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(Handed::new(move |_, _, answer| hand_over(answer))),
    }
}

/// What is at the name of the entry.
fn entry(bench: &Bench) -> Value {
    bench.appliance.state()["pools"][common::POOL]["projects"][CACHE]["luns"][ENTRY].clone()
}

/// Another host, which shares neither locks nor journals, replaces the entry, and writes: it has
/// no snapshot, and is presented.
async fn replace(bench: &Bench) -> Value {
    bench.force_delete_from(CACHE, ENTRY).await;
    let other = bench.driver_with(|_| {});
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

type Call = JoinHandle<Result<ClonedImage>>;

/// Begins to make the entry, and stands still where the appliance holds a request.
async fn held_at(bench: &Arc<Bench>, fault: Fault) -> Call {
    bench.appliance.faults().push(fault);
    let working = bench.clone();
    let call =
        tokio::spawn(async move { working.driver.call(image("volume-1", Answer::done)).await });
    assert!(until(|| bench.appliance.held() > 0).await);
    bench.appliance.faults().clear();
    call
}

async fn goes_on(bench: &Bench, call: Call) -> Error {
    bench.appliance.release();
    call.await.unwrap().unwrap_err()
}

/// Nothing was done to the other host's entry, and there is no volume of it.
fn untouched(bench: &Bench, theirs: &Value) {
    assert_eq!(&entry(bench), theirs);
    let state = bench.appliance.state();
    let volumes = &state["pools"][common::POOL]["projects"][PROJECT]["luns"];
    assert_eq!(volumes, &json!({}));
}

fn hang() -> Fault {
    Fault::new(FaultKind::Hang { ms: None })
}

#[tokio::test]
async fn a_transfer_that_failed_does_not_hide_the_entry_of_another_host() {
    let bench = Arc::new(Bench::ready().await);
    let (reached, begun) = oneshot::channel();
    let reached = Mutex::new(Some(reached));
    let failing = image("volume-1", move |answer| {
        let _ = reached.lock().unwrap().take().unwrap().send(answer);
    });
    let working = bench.clone();
    let call = tokio::spawn(async move { working.driver.call(failing).await });
    let answer: Answer = begun.await.unwrap();
    let theirs = replace(&bench).await;
    answer.failed("the disk is full");
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.status(), Status::Transfer, "{error:?}");
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    untouched(&bench, &theirs);
}

#[tokio::test]
async fn an_entry_that_was_replaced_before_its_snapshot_is_not_cloned() {
    let bench = Arc::new(Bench::ready().await);
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
    let bench = Arc::new(Bench::ready().await);
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
    let bench = Arc::new(Bench::ready().await);
    // A stale one: another version, which nobody uses.
    let stale = CloneImage {
        image_updated_at: "v0".to_owned(),
        ..image("volume-0", Answer::done)
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
