//! Volumes from images: the cache's whole life, with a transfer that the test answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use support::{Fixture, GIB, HOST_A, POOL};
use zfssa::driver::{
    Call, CloneImage, ClonedImage, Connection, CreateVolume, DeleteVolume, DoSetup, HostTransfer,
    Progress, Timeout, TransferReply,
};
use zfssa::error::{Outcome, Result, Status};
use zfssa_appliance::Options;

const IMAGE: &str = "img-1";
const ENTRY: &str = "os-cache-vol-img-1";

/// A transfer that only counts.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new() -> Counted {
        Counted(Arc::default())
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn image(&self, volume: &str, size_gib: u64, version: &str) -> CloneImage {
        let count = self.0.clone();
        image(volume, size_gib, version, move |_, progress, answer| {
            count.fetch_add(1, Ordering::SeqCst);
            progress.set(50.0);
            answer.done();
        })
    }
}

fn image(
    volume: &str,
    size_gib: u64,
    version: &str,
    hand_over: impl Fn(Connection, Progress, TransferReply) + Send + Sync + 'static,
) -> CloneImage {
    CloneImage {
        name: volume.to_owned(),
        size_gib,
        extra_specs: Vec::new(),
        image_id: IMAGE.to_owned(),
        image_updated_at: version.to_owned(),
        image_virtual_size: GIB / 2,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(HostTransfer::new(hand_over)),
    }
}

async fn delete(bench: &Fixture, volume: &str) {
    let name = volume.to_owned();
    bench.driver.call(DeleteVolume { name }).await.unwrap();
}

fn luns(bench: &Fixture, project: &str) -> Value {
    bench.appliance.state()["pools"][POOL]["projects"][project]["luns"].clone()
}

fn entries(bench: &Fixture) -> Vec<String> {
    let luns = luns(bench, "os-cinder-cache");
    luns.as_object().unwrap().keys().cloned().collect()
}

fn from_entry(result: Result<ClonedImage>, entry: &str, transferred: bool) {
    let cloned = result.unwrap();
    assert_eq!(
        (cloned.cache_entry.as_str(), cloned.transferred),
        (entry, transferred)
    );
    assert!(cloned.volume.is_some() && cloned.declined.is_empty());
}

#[tokio::test]
async fn an_image_is_written_once_and_goes_with_its_last_clone() {
    let bench = Fixture::ready().await;
    // The count of clones lags; it must not matter.
    bench
        .appliance
        .tune(|knobs| knobs.numclones_lag_ms = 60_000);
    let before = bench.state();
    let transfer = Counted::new();
    let mut first = transfer.image("volume-1", 3, "v1");
    first.extra_specs = vec![("zfssa:compression".into(), "gzip-9".into())];
    let cloned = bench.driver.call(first).await.unwrap();
    assert!(cloned.transferred);
    let volume = cloned.volume.unwrap();
    assert_eq!((volume.size_bytes, volume.managed), (3 * GIB, Some(true)));
    assert_eq!(volume.compression, "gzip-9");
    assert!(volume.initiator_groups.is_empty());
    from_entry(
        bench.driver.call(transfer.image("volume-2", 1, "v1")).await,
        ENTRY,
        false,
    );
    assert_eq!(transfer.count(), 1);
    let entry = &luns(&bench, "os-cinder-cache")[ENTRY];
    assert_eq!(
        entry["custom"]["custom:updated_at"]
            .as_str()
            .or(entry["custom"]["updated_at"].as_str()),
        Some("v1")
    );
    assert_eq!(
        entry["views"][0]["group"],
        zfssa_appliance::MASK_ALL,
        "nobody sees it any more"
    );

    delete(&bench, "volume-1").await;
    assert_eq!(entries(&bench), [ENTRY]);
    delete(&bench, "volume-2").await;
    assert_eq!(bench.state(), before, "nothing is left");
    assert!(bench.journals().is_empty());
}

#[tokio::test]
async fn an_updated_image_replaces_its_entry_or_gets_one_beside_it() {
    let bench = Fixture::ready().await;
    let transfer = Counted::new();
    bench
        .driver
        .call(transfer.image("volume-1", 1, "v1"))
        .await
        .unwrap();
    // With a clone, the old entry is kept for it.
    let updated = bench
        .driver
        .call(transfer.image("volume-2", 1, "v2"))
        .await
        .unwrap();
    assert!(updated.transferred && updated.cache_entry.starts_with("os-cache-vol-img-1-"));
    from_entry(
        bench.driver.call(transfer.image("volume-3", 1, "v2")).await,
        &updated.cache_entry,
        false,
    );
    assert_eq!(entries(&bench).len(), 2);
    delete(&bench, "volume-1").await;
    assert_eq!(entries(&bench), std::slice::from_ref(&updated.cache_entry));
    delete(&bench, "volume-2").await;
    delete(&bench, "volume-3").await;
    assert!(entries(&bench).is_empty());
    assert_eq!(transfer.count(), 2);
}

#[tokio::test]
async fn the_first_requests_for_an_image_write_it_once() {
    let bench = Arc::new(Fixture::ready().await);
    let transfer = Arc::new(Counted::new());
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let (bench, transfer) = (bench.clone(), transfer.clone());
            tokio::spawn(async move {
                let image = transfer.image(&format!("volume-{number}"), 1, "v1");
                bench.driver.call(image).await.unwrap().transferred
            })
        })
        .collect();
    let mut transferred = 0;
    for task in tasks {
        transferred += usize::from(task.await.unwrap());
    }
    assert_eq!((transferred, transfer.count()), (1, 1));
}

#[tokio::test]
async fn a_transfer_that_fails_or_is_cancelled_leaves_nothing() {
    let bench = Fixture::ready().await;
    let before = bench.state();
    let failing = image("volume-1", 1, "v1", |_, _, answer| answer.failed("no disk"));
    let error = bench.driver.call(failing).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Transfer, Outcome::RolledBack)
    );
    assert!(error.to_string().contains("no disk"), "{error}");
    assert_eq!(bench.state(), before);

    let given_up = image("volume-1", 1, "v1", |_, _, answer| drop(answer));
    let error = bench.driver.call(given_up).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack);
    assert_eq!(bench.state(), before);

    let call = Call {
        timeout: Timeout::Unlimited,
        ..Call::default()
    };
    let cancel = call.cancel.clone();
    let kept = std::sync::Mutex::new(None);
    let waiting = image("volume-1", 1, "v1", move |_, _, answer| {
        *kept.lock().unwrap() = Some(answer);
        cancel.cancel();
    });
    let scope = bench.driver.scope(call);
    let error = bench.driver.run(waiting, &scope).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::RolledBack)
    );
    assert_eq!(bench.state(), before);
    assert!(bench.journals().is_empty());
}

#[tokio::test]
async fn the_cache_declines_what_it_cannot_serve() {
    let bench = Fixture::ready().await;
    let before = bench.state();
    let transfer = Counted::new();
    let mut exact = transfer.image("volume-1", 1, "v1");
    exact.image_virtual_size = GIB;
    let declined = bench.driver.call(exact).await.unwrap();
    assert!(declined.volume.is_none());
    assert_eq!(
        declined.declined,
        "the image needs 2 GiB and the volume has 1"
    );
    // Rounded up, it is more bytes than there are numbers for.
    let mut endless = transfer.image("volume-1", u64::MAX / GIB, "v1");
    endless.image_virtual_size = u64::MAX;
    let declined = bench.driver.call(endless).await.unwrap();
    assert_eq!(
        declined.declined,
        "the image needs 17179869184 GiB and the volume has 17179869183"
    );
    let off = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_enable_local_cache", "False");
    })
    .await;
    off.driver.call(DoSetup {}).await.unwrap();
    let declined = off.driver.call(transfer.image("volume-1", 1, "v1")).await;
    assert!(
        declined
            .unwrap()
            .declined
            .contains("zfssa_enable_local_cache")
    );
    assert_eq!((bench.state(), transfer.count()), (before, 0));
}

/// A LUN with the name of an entry, as somebody else made it.
async fn occupy(bench: &Fixture, name: &str) -> Value {
    let maker = bench.driver_with(|config| {
        config.set("zfssa_project", "os-cinder-cache");
        config.set("zfssa_enable_local_cache", "False");
    });
    let volume = CreateVolume {
        name: name.to_owned(),
        size_gib: 1,
        ..CreateVolume::default()
    };
    maker.call(volume).await.unwrap();
    luns(bench, "os-cinder-cache")[name].clone()
}

/// A request whose process died while its image was written, without a journal: its entry has no
/// snapshot, and is presented.
async fn abandon(bench: &Fixture, volume: &str, version: &str) {
    let without_journal = bench.other_host(|_| {});
    let (reached, begun) = tokio::sync::oneshot::channel();
    let hand_over = std::sync::Mutex::new(Some(reached));
    let kept = std::sync::Mutex::new(Vec::new());
    let image = image(volume, 1, version, move |_, _, answer| {
        kept.lock().unwrap().push(answer);
        let _ = hand_over.lock().unwrap().take().unwrap().send(());
    });
    let dying = tokio::spawn(async move { without_journal.call(image).await });
    begun.await.unwrap();
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
}

const DAY: u64 = 24 * 3_600;

#[tokio::test]
async fn entries_of_others_are_left_alone() {
    let bench = Fixture::ready().await;
    let transfer = Counted::new();
    // It does not say that it holds the image: it is somebody's, however old.
    bench
        .appliance
        .tune(|knobs| knobs.clock_behind_s = DAY + 60);
    let foreign = occupy(&bench, ENTRY).await;
    bench.appliance.tune(|knobs| knobs.clock_behind_s = 0);
    let cloned = bench
        .driver
        .call(transfer.image("volume-1", 1, "v1"))
        .await
        .unwrap();
    assert!(cloned.transferred);
    assert_ne!(cloned.cache_entry, ENTRY);
    assert_eq!(luns(&bench, "os-cinder-cache")[ENTRY], foreign);
    delete(&bench, "volume-1").await;
    assert_eq!(luns(&bench, "os-cinder-cache")[ENTRY], foreign);

    // Both names are taken: the host makes the volume by itself.
    occupy(&bench, &cloned.cache_entry).await;
    let before = bench.state();
    let declined = bench.driver.call(transfer.image("volume-1", 1, "v1")).await;
    let declined = declined.unwrap();
    assert!(declined.volume.is_none());
    assert!(
        declined.declined.contains("os-cinder-cache"),
        "{declined:?}"
    );
    assert_eq!((bench.state(), transfer.count()), (before, 1));
}

#[tokio::test]
async fn an_entry_that_was_abandoned_is_made_again() {
    let bench = Fixture::ready().await;
    bench
        .appliance
        .tune(|knobs| knobs.clock_behind_s = DAY + 60);
    abandon(&bench, "volume-1", "v1").await;
    bench.appliance.tune(|knobs| knobs.clock_behind_s = 0);
    let broken = luns(&bench, "os-cinder-cache")[ENTRY].clone();
    assert_eq!(broken["snapshots"], serde_json::json!([]));

    let transfer = Counted::new();
    let cloned = bench.driver.call(transfer.image("volume-1", 1, "v1")).await;
    from_entry(cloned, ENTRY, true);
    assert_eq!(entries(&bench), [ENTRY]);
    let made = &luns(&bench, "os-cinder-cache")[ENTRY];
    assert_ne!(made["lunguid"], broken["lunguid"]);
}

#[tokio::test]
async fn an_entry_that_another_host_may_be_writing_is_not_touched() {
    let bench = Fixture::ready().await;
    abandon(&bench, "volume-1", "v1").await;
    let theirs = luns(&bench, "os-cinder-cache")[ENTRY].clone();
    let transfer = Counted::new();
    let cloned = bench
        .driver
        .call(transfer.image("volume-1", 1, "v1"))
        .await
        .unwrap();
    assert!(cloned.transferred && cloned.cache_entry != ENTRY);
    assert_eq!(luns(&bench, "os-cinder-cache")[ENTRY], theirs);
}

#[tokio::test]
async fn a_stale_entry_without_clones_is_replaced() {
    let bench = Fixture::ready().await;
    let transfer = Counted::new();
    bench
        .driver
        .call(transfer.image("volume-1", 1, "v1"))
        .await
        .unwrap();
    let stale = luns(&bench, "os-cinder-cache")[ENTRY].clone();
    // As an administrator would, past this driver: the entry stays without a clone.
    bench.force_delete("volume-1").await;
    let cloned = bench.driver.call(transfer.image("volume-2", 1, "v2")).await;
    from_entry(cloned, ENTRY, true);
    assert_eq!(entries(&bench), [ENTRY]);
    let made = &luns(&bench, "os-cinder-cache")[ENTRY];
    assert_ne!(made["lunguid"], stale["lunguid"]);
    assert_eq!(transfer.count(), 2);
}

#[tokio::test]
async fn the_entry_of_an_update_is_found_when_the_first_is_gone() {
    let bench = Fixture::ready().await;
    let transfer = Counted::new();
    for (volume, version) in [("volume-1", "v1"), ("volume-2", "v2")] {
        let made = bench.driver.call(transfer.image(volume, 1, version)).await;
        assert!(made.unwrap().transferred);
    }
    delete(&bench, "volume-1").await;
    let cloned = bench.driver.call(transfer.image("volume-3", 1, "v2")).await;
    assert!(!cloned.unwrap().transferred);
    assert_eq!(transfer.count(), 2);
}

#[tokio::test]
async fn an_entry_that_somebody_replaced_during_the_transfer_is_not_cloned() {
    let bench = Arc::new(Fixture::ready().await);
    let (reached, begun) = tokio::sync::oneshot::channel();
    let hand_over = std::sync::Mutex::new(Some(reached));
    let image = image("volume-1", 1, "v1", move |_, _, answer| {
        let _ = hand_over.lock().unwrap().take().unwrap().send(answer);
    });
    let call = {
        let bench = bench.clone();
        tokio::spawn(async move { bench.driver.call(image).await })
    };
    let answer: TransferReply = begun.await.unwrap();
    bench.force_delete_from("os-cinder-cache", ENTRY).await;
    abandon(&bench, "volume-2", "v1").await;
    let theirs = luns(&bench, "os-cinder-cache")[ENTRY]["lunguid"].clone();
    answer.done();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.status(), Status::StateChanged, "{error:?}");
    let left = &luns(&bench, "os-cinder-cache")[ENTRY];
    assert_eq!(left["lunguid"], theirs);
    assert_eq!(left["snapshots"], serde_json::json!([]));
    assert_eq!(luns(&bench, support::PROJECT), serde_json::json!({}));
}

/// Neither waits for the other's transfer: each ends only when both have begun.
#[tokio::test]
async fn different_images_are_written_at_the_same_time() {
    let bench = Fixture::ready().await;
    let waiting = Arc::new(std::sync::Mutex::new(Vec::new()));
    let meeting = |volume: &str, id: &str| {
        let waiting = waiting.clone();
        let mut request = image(volume, 1, "v1", move |_, _, answer| {
            let mut waiting = waiting.lock().unwrap();
            waiting.push(answer);
            if waiting.len() == 2 {
                waiting.drain(..).for_each(TransferReply::done);
            }
        });
        request.image_id = id.to_owned();
        bench.driver.call(request)
    };
    let (one, other) = tokio::join!(meeting("volume-1", "img-1"), meeting("volume-2", "img-2"));
    assert!(one.unwrap().transferred && other.unwrap().transferred);
}

/// Two backends may keep their images in one project.
#[tokio::test]
async fn two_backends_write_an_image_of_their_common_project_once() {
    let bench = Fixture::ready().await;
    let locks = bench.dir.path().join("locks");
    let other = bench.driver_with(|config| {
        config.set("zfssa_project", "other");
        config.set("zfssa_lock_dir", support::path_text(&locks));
    });
    other.call(DoSetup {}).await.unwrap();
    let transfer = Counted::new();
    let (one, two) = tokio::join!(
        bench.driver.call(transfer.image("volume-1", 1, "v1")),
        other.call(transfer.image("volume-2", 1, "v1")),
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.cache_entry, two.cache_entry);
    assert!(one.transferred != two.transferred);
    assert_eq!(transfer.count(), 1);
}
