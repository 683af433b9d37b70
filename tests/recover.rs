//! What a dead process left: set-up settles it, and where the journals are lost, the id of the
//! operation leads to what it made. `kill` has the deaths at every request.

mod common;

use std::sync::{Arc, Mutex};

use common::matrix::{ID, PREPARED};
use common::{Bench, HOST_A, until};
use zfssa::driver::{
    Answer, Call, CloneImage, CreateClonedVolume, CreateVolume, DoSetup, Handed,
    InitializeConnection, Operation, Recover, RecoverReport, Settled,
};
use zfssa_appliance::{Fault, FaultKind};

fn volume(name: &str) -> CreateVolume {
    CreateVolume {
        name: name.to_owned(),
        size_gib: 1,
        ..CreateVolume::default()
    }
}

fn clone() -> CreateClonedVolume {
    CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 2,
        source_volume: "volume-1".to_owned(),
        ..CreateClonedVolume::default()
    }
}

fn image(hand_over: impl Fn(Answer) + Send + Sync + 'static) -> CloneImage {
    CloneImage {
        name: "volume-2".to_owned(),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: "img-1".to_owned(),
        image_updated_at: "v1".to_owned(),
        image_virtual_size: 1,
        initiator: HOST_A.to_owned(),
        transfer: Arc::new(Handed::new(move |_, _, answer| hand_over(answer))),
    }
}

async fn bench() -> Bench {
    let bench = Bench::ready().await;
    bench.call_as(PREPARED, volume("volume-1")).await.unwrap();
    bench
}

/// Begins an operation under [`ID`] and ends it, without a word, when its request of this kind
/// has been carried out and not answered.
async fn dies_at<O: Operation>(bench: &Bench, operation: O, method: &str, path: &str) {
    let hang = Fault::new(FaultKind::Hang { ms: None }).on(method, path);
    bench.appliance.faults().push(hang.after_commit());
    let driver = bench.driver.clone();
    let call = Call {
        operation_id: Some(ID.to_owned()),
        ..Call::default()
    };
    let dying = tokio::spawn(async move {
        let scope = driver.scope(call);
        driver.run(operation, &scope).await.map(drop)
    });
    assert!(until(|| bench.appliance.held() > 0).await, "it gets there");
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    bench.appliance.release();
    bench.appliance.faults().clear();
}

fn lose_the_journals(bench: &Bench) {
    assert!(!bench.journals().is_empty());
    std::fs::remove_dir_all(bench.dir.path().join("state")).unwrap();
}

async fn recover_by_id(bench: &Bench) -> RecoverReport {
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
    bench.call_as(ID, image(Answer::done)).await.unwrap();
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
        let report = bench.driver.call(Recover::default()).await.unwrap();
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
