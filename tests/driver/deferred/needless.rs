//! Deferred objects that an interrupted deletion of their last clone left. Without journals, the
//! deletion of a volume that does not exist deletes them.

use support::{HOST_A, POOL, PROJECT};
use zfssa::appliance::{LunChange, Presentation, ProjectRef};
use zfssa::driver::{Call, InitializeConnection};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

use super::*;

/// A driver without journals that defers deletions, on an appliance that was set up.
async fn without_journals() -> Fixture {
    let bench = Fixture::raw(Options::default(), |config| {
        defer(config);
        config.set("zfssa_state_dir", "");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
}

/// Deletes volume-1, which waits for its clone volume-2, which the appliance deletes after every
/// call for it has ended.
async fn leave_volume(bench: &Fixture) {
    make(bench, "volume-1").await;
    clone(bench, "volume-2", "volume-1").await;
    delete(bench, "volume-1").await.unwrap();
    bench.force_delete("volume-2").await;
}

/// The repetition of a call that ended before the appliance carried out its deletion.
#[tokio::test]
async fn a_repeated_deletion_deletes_the_chain_of_its_origins() {
    let bench = without_journals().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    delete(&bench, "volume-1").await.unwrap();
    delete(&bench, "volume-2").await.unwrap();
    bench.force_delete("volume-3").await;
    assert_eq!(bench.luns(0).len(), 2);
    assert!(!delete(&bench, "volume-3").await.unwrap().existed);
    assert_eq!(bench.state(), before);
}

/// The call ended between the deletion of the temporary snapshot and that of its volume.
#[tokio::test]
async fn a_deferred_volume_without_snapshots_goes_too() {
    let bench = without_journals().await;
    let before = bench.state();
    leave_volume(&bench).await;
    let scope = bench.driver.scope(Call::default());
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let name = deferred(&bench, "volume-1");
    let appliance = bench.driver.appliance();
    let deleted = appliance.delete_snapshot(&scope, place, &name, "tmp-snapshot-2");
    assert!(deleted.await.unwrap());
    assert!(!delete(&bench, "volume-2").await.unwrap().existed);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_deferred_snapshot_goes_with_the_repeated_deletion_of_its_last_clone() {
    let bench = without_journals().await;
    make(&bench, "volume-1").await;
    let alone = bench.state();
    take(&bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    delete_snapshot(&bench, "volume-1", "snapshot-1")
        .await
        .unwrap();
    bench.force_delete("volume-2").await;
    assert_eq!(bench.snapshots_of("volume-1").len(), 1);
    assert!(!delete(&bench, "volume-2").await.unwrap().existed);
    assert_eq!(bench.state(), alone);
}

/// Objects with a clone, of another owner, presented to a host, or protected.
#[tokio::test]
async fn what_is_needed_stays() {
    let bench = without_journals().await;
    make(&bench, "volume-9").await;
    let attach = InitializeConnection {
        volume: own("volume-9"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();
    defer_volume_and_snapshot(&bench).await;
    for (origin, its_clone) in [("volume-4", "volume-5"), ("volume-6", "volume-7")] {
        make(&bench, origin).await;
        clone(&bench, its_clone, origin).await;
        delete(&bench, origin).await.unwrap();
        bench.force_delete(its_clone).await;
    }
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let scope = bench.driver.scope(Call::default());
    let changes = [
        (
            deferred(&bench, "volume-4"),
            LunChange {
                initiator_groups: Some(Presentation::to(vec![own("host-a")])),
                ..LunChange::default()
            },
        ),
        (
            deferred(&bench, "volume-6"),
            LunChange {
                nodestroy: Some(true),
                ..LunChange::default()
            },
        ),
    ];
    for (name, change) in &changes {
        let appliance = bench.driver.appliance();
        let changed = appliance.change_lun(&scope, place, name, change);
        changed.await.unwrap();
    }
    bench
        .foreign_lun(serde_json::json!({"name": "deleted-0123456789-other", "volsize": 1 << 20}))
        .await;
    let before = bench.state();
    assert!(!delete(&bench, "volume-8").await.unwrap().existed);
    assert_eq!(bench.state(), before);
}

/// A refusal concerns another volume than that of the caller.
#[tokio::test]
async fn a_deferred_volume_that_cannot_be_deleted_fails_no_other_deletion() {
    let bench = without_journals().await;
    leave_volume(&bench).await;
    let denied = Fault::new(FaultKind::denied()).on("DELETE", "/luns/deleted-[^/]*$");
    bench.appliance.faults().push(denied.times(9));
    let waits = deferred(&bench, "volume-1");
    assert!(!delete(&bench, "volume-2").await.unwrap().existed);
    assert_eq!(bench.luns(0), [waits]);
}

/// Its caller repeats the call, which is the only one that finds the volume.
#[tokio::test]
async fn a_call_that_ends_before_the_deferred_volume_is_gone_is_no_success() {
    let bench = without_journals().await;
    let before = bench.state();
    leave_volume(&bench).await;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("DELETE", "/luns/deleted-[^/]*$");
    bench.appliance.faults().push(hang);
    let cancel = tokio_util::sync::CancellationToken::new();
    let call = Call {
        cancel: cancel.clone(),
        ..Call::default()
    };
    let scope = bench.driver.scope(call);
    let of_clone = DeleteVolume {
        name: own("volume-2"),
    };
    let (ended, ()) = tokio::join!(bench.driver.run(of_clone, &scope), async {
        assert!(support::until(|| bench.appliance.held() > 0).await);
        cancel.cancel();
    });
    ended.unwrap_err();
    bench.appliance.release();
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.state(), before);
}

/// Deletes a volume that does not exist until the call reads a deferred volume for the `nth` time, before any
/// request for the deletion of that, and cancels it there.
async fn cancelled_at_look(bench: &Fixture, volume: &str, nth: u64) -> Error {
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("GET", "/luns/deleted-[^/]*$");
    bench.appliance.faults().push(hang.nth(nth));
    let cancel = tokio_util::sync::CancellationToken::new();
    let call = Call {
        cancel: cancel.clone(),
        ..Call::default()
    };
    let scope = bench.driver.scope(call);
    let again = DeleteVolume { name: own(volume) };
    let (ended, ()) = tokio::join!(bench.driver.run(again, &scope), async {
        assert!(support::until(|| bench.appliance.held() > 0).await);
        cancel.cancel();
    });
    bench.appliance.release();
    let error = ended.unwrap_err();
    assert_eq!(error.status(), Status::Cancelled);
    error
}

/// The caller learns that the appliance was changed: the first deferred volume is gone.
#[tokio::test]
async fn a_call_that_ends_after_the_first_deferred_volume_has_changed_the_appliance() {
    let bench = without_journals().await;
    let before = bench.state();
    for (origin, its_clone) in [("volume-1", "volume-2"), ("volume-3", "volume-4")] {
        make(&bench, origin).await;
        clone(&bench, its_clone, origin).await;
        delete(&bench, origin).await.unwrap();
        bench.force_delete(its_clone).await;
    }
    let error = cancelled_at_look(&bench, "volume-8", 2).await;
    assert_eq!(bench.luns(0).len(), 1);
    assert_eq!(error.outcome(), Outcome::Applied);
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.state(), before);
}

/// The temporary snapshot of the volume was deleted, and nothing else.
#[tokio::test]
async fn a_call_that_ends_after_the_temporary_snapshot_has_changed_the_appliance() {
    let bench = without_journals().await;
    leave_volume(&bench).await;
    let waits = deferred(&bench, "volume-1");
    assert_eq!(bench.snapshots_of(&waits).len(), 1);
    let error = cancelled_at_look(&bench, "volume-2", 1).await;
    assert!(bench.snapshots_of(&waits).is_empty());
    assert_eq!(error.outcome(), Outcome::Applied);
}

/// Nothing was deleted yet: the volume of this call left no temporary snapshot.
#[tokio::test]
async fn a_call_that_ends_before_the_first_deletion_has_changed_nothing() {
    let bench = without_journals().await;
    leave_volume(&bench).await;
    let before = bench.state();
    let error = cancelled_at_look(&bench, "volume-8", 1).await;
    assert_eq!(error.outcome(), Outcome::None);
    assert_eq!(bench.state(), before);
}
