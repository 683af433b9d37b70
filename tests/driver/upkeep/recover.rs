//! What a dead process left: set-up settles it, and where the journals are lost, the id of the
//! operation leads to what it made. `kill` has the deaths at every request.

use std::sync::{Arc, Mutex};

use support::matrix::{ID, PREPARED};
use support::{Fixture, HOST_A, SOON, volume};
use zfssa::driver::{
    Call, CloneImage, CreateClonedVolume, CreateSnapshot, DoSetup, HostTransfer,
    InitializeConnection, Operation, Recover, RecoverReport, Recovered, Settled, TransferReply,
};
use zfssa_appliance::{Fault, FaultKind};

fn clone() -> CreateClonedVolume {
    CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 2,
        source_volume: "volume-1".to_owned(),
        ..CreateClonedVolume::default()
    }
}

fn image(hand_over: impl Fn(TransferReply) + Send + Sync + 'static) -> CloneImage {
    CloneImage {
        name: "volume-2".to_owned(),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: "img-1".to_owned(),
        image_updated_at: "v1".to_owned(),
        image_virtual_size: 1,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(HostTransfer::new(move |_, _, answer| hand_over(answer))),
    }
}

async fn bench() -> Fixture {
    let bench = Fixture::ready().await;
    bench.call_as(PREPARED, volume("volume-1")).await.unwrap();
    bench
}

/// Begins an operation under [`ID`] and ends it, without a word, when its request of this kind
/// has been carried out and not answered.
async fn dies_at<O: Operation>(bench: &Fixture, operation: O, method: &str, path: &str) {
    let hang = Fault::new(FaultKind::Hang { ms: None }).on(method, path);
    bench.appliance.faults().push(hang.after_commit());
    bench.dies_held(ID, operation).await;
    bench.appliance.release();
    bench.appliance.faults().clear();
}

fn lose_the_journals(bench: &Fixture) {
    assert!(!bench.journals().is_empty());
    std::fs::remove_dir_all(bench.dir.path().join("state")).unwrap();
}

async fn recover_by_id(bench: &Fixture) -> RecoverReport {
    let recover = Recover {
        operations: vec![ID.to_owned()],
    };
    bench.driver.call(recover).await.unwrap()
}

#[tokio::test]
async fn set_up_settles_what_was_left_and_says_so() {
    let bench = bench().await;
    let before = bench.state();
    dies_at(&bench, clone(), "PUT", "/luns/volume-2$").await;
    assert_ne!(bench.state(), before);
    assert_eq!(bench.journals().len(), 1);
    let state = bench.dir.path().join("state");
    std::fs::write(state.join("damaged.flow"), "nothing of the kind\n").unwrap();

    let report = bench.driver.call(DoSetup {}).await.unwrap();
    let tells = |lines: &[String], word: &str| lines.iter().any(|line| line.contains(word));
    assert!(tells(&report.changes, "volume-2"), "{report:?}");
    assert!(
        tells(&report.warnings, "damaged.flow.set-aside"),
        "{report:?}"
    );
    assert_eq!(bench.journals(), ["damaged.flow.set-aside"]);
    // The clone was whole but for its size, which the last request had given it.
    let after = bench.driver.call(clone()).await.unwrap();
    assert_eq!(after.size_bytes, 2 << 30);
}

#[tokio::test]
async fn a_clone_whose_journal_is_lost_is_found_by_its_operation() {
    let bench = bench().await;
    let before = bench.state();
    dies_at(&bench, clone(), "PUT", "/clone$").await;
    lose_the_journals(&bench);
    let report = recover_by_id(&bench).await;
    assert_eq!(report.recovered.len(), 1, "{report:?}");
    assert_eq!(report.recovered[0].settled, Settled::RolledBack);
    assert_eq!(bench.state(), before);
    assert!(recover_by_id(&bench).await.recovered.is_empty());
}

#[tokio::test]
async fn a_half_written_entry_whose_journal_is_lost_is_found_by_its_operation() {
    let bench = bench().await;
    let before = bench.state();
    let kept = Mutex::new(Vec::new());
    let writing = image(move |answer| kept.lock().unwrap().push(answer));
    // Presented to the host that writes it.
    dies_at(&bench, writing, "PUT", "/luns/os-cache-vol-img-1$").await;
    lose_the_journals(&bench);
    let report = recover_by_id(&bench).await;
    assert_eq!(report.recovered.len(), 1, "{report:?}");
    assert_eq!(report.recovered[0].object, "os-cache-vol-img-1");
    assert_eq!(report.recovered[0].settled, Settled::RolledBack);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn what_is_complete_or_in_use_is_not_taken_away() {
    let bench = bench().await;
    bench.call_as(ID, image(TransferReply::done)).await.unwrap();
    let attach = InitializeConnection {
        volume: "volume-2".to_owned(),
        initiator: HOST_A.to_owned(),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();
    let before = bench.state();
    let report = recover_by_id(&bench).await;
    assert!(report.recovered.is_empty(), "{report:?}");
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_half_made_clone_that_a_host_was_given_is_kept() {
    let bench = bench().await;
    dies_at(&bench, clone(), "PUT", "/clone$").await;
    let attach = InitializeConnection {
        volume: "volume-2".to_owned(),
        initiator: HOST_A.to_owned(),
        ..InitializeConnection::default()
    };
    // By a host that has none of the journals.
    bench.driver_with(|_| {}).call(attach).await.unwrap();
    let given = bench.state();
    for _ in 0..2 {
        let report = recover_to_the_end(&bench).await;
        assert_eq!(report.recovered.len(), 1, "{report:?}");
        assert_eq!(report.recovered[0].settled, Settled::Failed, "{report:?}");
        assert!(
            report.recovered[0].message.contains("presented"),
            "{report:?}"
        );
        assert_eq!(bench.state(), given);
        assert_eq!(bench.journals().len(), 1);
    }
}

/// Recovers until no request can be carried out any more.
async fn recover_to_the_end(bench: &Fixture) -> RecoverReport {
    let begun = std::time::Instant::now();
    loop {
        let report = bench.driver.call(Recover::default()).await.unwrap();
        let in_doubt = |one: &Recovered| one.settled == Settled::InDoubt;
        if !report.recovered.iter().any(in_doubt) {
            return report;
        }
        assert!(begun.elapsed() < SOON, "{report:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Begins an operation under [`ID`] and ends it without a word while the appliance is at work on
/// its request of this kind.
async fn dies_during<O: Operation>(bench: &Fixture, operation: O, method: &str, path: &str) -> u64 {
    let hang = Fault::new(FaultKind::Hang { ms: None }).on(method, path);
    let fault = bench.appliance.faults().push(hang);
    bench.dies_held(ID, operation).await;
    fault
}

#[tokio::test]
async fn what_a_dead_process_had_sent_is_in_doubt_until_it_cannot_arrive_any_more() {
    for request in ["/snapshots$", "/clone$"] {
        let method = if request == "/clone$" { "PUT" } else { "POST" };
        let bench = bench().await;
        let before = bench.state();
        let late = dies_during(&bench, clone(), method, request).await;
        let report = bench.driver.call(Recover::default()).await.unwrap();
        assert_eq!(report.recovered.len(), 1, "{report:?}");
        let first = &report.recovered[0];
        assert_eq!(first.settled, Settled::InDoubt, "{report:?}");
        assert!(first.message.contains("call recover again"), "{report:?}");
        assert_eq!(bench.journals().len(), 1);
        // Set-up says so and does not wait for it.
        let set_up = bench.driver.call(DoSetup {}).await.unwrap();
        assert!(set_up.changes.is_empty(), "{set_up:?}");
        assert!(set_up.warnings.iter().any(|line| line == &first.message));

        bench.appliance.release();
        bench.answered(late).await;
        let report = recover_to_the_end(&bench).await;
        assert_eq!(report.recovered.len(), 1, "{report:?}");
        assert_eq!(report.recovered[0].settled, Settled::RolledBack);
        assert_eq!(bench.state(), before, "{request}");
        assert!(bench.journals().is_empty());
    }
}

#[tokio::test]
async fn what_never_arrives_ends_its_journal() {
    let bench = bench().await;
    let before = bench.state();
    let lost = dies_during(&bench, clone(), "PUT", "/clone$").await;
    bench.appliance.forget_held();
    bench.answered(lost).await;
    assert!(!recover_to_the_end(&bench).await.recovered.is_empty());
    assert_eq!(bench.state(), before);
    assert!(bench.journals().is_empty());
}

/// The same call again does not wait, and what arrives of the first one harms nothing.
#[tokio::test]
async fn a_journal_in_doubt_keeps_no_call_waiting() {
    let bench = bench().await;
    let late = dies_during(&bench, clone(), "PUT", "/clone$").await;
    let again = bench.call_as(ID, clone()).await.unwrap();
    assert!(again.created, "{again:?}");
    let made = bench.state();
    assert_eq!(bench.journals().len(), 1, "the first call's is kept");
    bench.appliance.release();
    bench.answered(late).await;
    recover_to_the_end(&bench).await;
    assert_eq!(bench.state(), made);
    assert!(bench.journals().is_empty());
}

/// A clone was cut off before it had its size. Another host, which has none of the journals, makes
/// the same call with the same id, finds the clone, and reports it.
#[tokio::test]
async fn a_volume_that_another_host_adopted_under_the_same_id_is_kept() {
    for request in ["/luns/volume-2$", "/clone$"] {
        let bench = bench().await;
        let whole = CreateClonedVolume {
            size_gib: 1,
            ..clone()
        };
        // It got its clone in both cases.
        let late = dies_during(&bench, clone(), "PUT", request).await;
        if request == "/clone$" {
            bench.appliance.release();
        } else {
            bench.appliance.forget_held();
        }
        bench.answered(late).await;
        let elsewhere = bench.driver_with(|_| {});
        let call = Call {
            operation_id: Some(ID.to_owned()),
            ..Call::default()
        };
        let adopted = elsewhere.run(whole, &elsewhere.scope(call)).await.unwrap();
        assert!(!adopted.created, "another attempt made it");
        let reported = bench.state();
        recover_to_the_end(&bench).await;
        assert_eq!(bench.state(), reported, "{request}");
        assert!(bench.journals().is_empty());
    }
}

#[tokio::test]
async fn a_half_made_clone_that_has_a_snapshot_is_kept() {
    let bench = bench().await;
    dies_at(&bench, clone(), "PUT", "/clone$").await;
    let snapshot = CreateSnapshot {
        volume: "volume-2".to_owned(),
        name: "snapshot-2".to_owned(),
    };
    bench.driver_with(|_| {}).call(snapshot).await.unwrap();
    let used = bench.state();
    let report = recover_to_the_end(&bench).await;
    assert_eq!(report.recovered[0].settled, Settled::Failed, "{report:?}");
    assert!(
        report.recovered[0].message.contains("snapshot-2"),
        "{report:?}"
    );
    assert_eq!(bench.state(), used);
}

/// The first host never got the answer to its creation; the second one adopted the volume. The
/// first operation's id does not lead to it any more.
#[tokio::test]
async fn an_adopted_volume_is_not_its_first_makers_any_more() {
    let bench = bench().await;
    bench.call_as(ID, volume("volume-3")).await.unwrap();
    let found = bench.call_as("another", volume("volume-3")).await.unwrap();
    assert!(!found.created);
    let reported = bench.state();
    let report = recover_by_id(&bench).await;
    assert!(report.recovered.is_empty(), "{report:?}");
    assert_eq!(bench.state(), reported);
}

/// A former release wrote the bare id. Who knows the id finds what was made; no attempt of this
/// release takes it for its own.
#[tokio::test]
async fn the_marks_of_a_former_release_are_read() {
    let bench = bench().await;
    let before = bench.state();
    let properties = serde_json::json!({
        "name": "volume-2", "volsize": 1_u64 << 30, "volblocksize": 8192,
        "targetgroup": "default", "initiatorgroup": zfssa_appliance::MASK_ALL,
        "custom:cinder_managed": true, "custom:zfssa_operation": ID,
    });
    bench.foreign_lun(properties).await;
    let lost = dies_during(&bench, clone(), "PUT", "/clone$").await;
    bench.appliance.forget_held();
    bench.answered(lost).await;
    let with_it = bench.lun("volume-2");
    recover_to_the_end(&bench).await;
    assert_eq!(bench.lun("volume-2"), with_it);
    let report = recover_by_id(&bench).await;
    assert_eq!(report.recovered.len(), 1, "{report:?}");
    assert_eq!(bench.state(), before);
}
