//! Who sees a new clone, and what else hangs on a snapshot when it, or a clone of it, is deleted.

use support::{Fixture, HOST_A, until};
use zfssa::driver::{
    CreateClonedVolume, CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot, DeleteSnapshot,
    DeleteVolume, GetVolume, InitializeConnection,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Cascade, Fault, FaultKind, Knobs};

fn own(text: &str) -> String {
    text.to_owned()
}

async fn bench() -> Fixture {
    let bench = Fixture::ready().await;
    let volume = CreateVolume {
        name: own("volume-1"),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.driver.call(volume).await.unwrap();
    bench
}

fn from_snapshot(name: &str, snapshot: &str) -> CreateVolumeFromSnapshot {
    CreateVolumeFromSnapshot {
        name: own(name),
        size_gib: 1,
        source_volume: own("volume-1"),
        snapshot: own(snapshot),
        ..CreateVolumeFromSnapshot::default()
    }
}

async fn delete(bench: &Fixture, name: &str) {
    let name = own(name);
    bench.driver.call(DeleteVolume { name }).await.unwrap();
}

#[tokio::test]
async fn without_journals_a_repeated_deletion_finishes_one_that_was_cut_off() {
    let bench = bench().await;
    let before = bench.state();
    let without_journals = bench.driver_with(|_| {});
    let repeat = || async {
        let name = own("volume-2");
        let deleted = without_journals.call(DeleteVolume { name }).await.unwrap();
        assert!(!deleted.existed);
    };
    bench.driver.call(clone()).await.unwrap();
    bench.force_delete("volume-2").await;
    assert_ne!(bench.state(), before);
    repeat().await;
    assert_eq!(bench.state(), before);

    // What somebody else cloned from the snapshot keeps it.
    bench.driver.call(clone()).await.unwrap();
    let other = from_snapshot("volume-3", "tmp-snapshot-2");
    bench.driver.call(other).await.unwrap();
    bench.force_delete("volume-2").await;
    let needed = bench.state();
    repeat().await;
    assert_eq!(bench.state(), needed);
}

#[tokio::test]
async fn a_temporary_snapshot_with_another_clone_outlives_its_own() {
    let bench = bench().await;
    let before = bench.state();
    bench.driver.call(clone()).await.unwrap();
    let other = from_snapshot("volume-3", "tmp-snapshot-2");
    bench.driver.call(other).await.unwrap();

    delete(&bench, "volume-2").await;
    let stands = GetVolume {
        name: own("volume-3"),
    };
    let stands = bench.driver.call(stands).await.unwrap();
    assert_eq!(stands.origin.unwrap().snapshot, "tmp-snapshot-2");
    delete(&bench, "volume-3").await;
    assert_eq!(bench.state(), before);
}

/// Between the look at the snapshot and its deletion, by another host.
#[tokio::test]
async fn a_clone_that_is_made_meanwhile_keeps_its_snapshot() {
    for cascade in [Cascade::Silent, Cascade::ConfirmRequired] {
        let bench = bench().await;
        bench.appliance.tune(|knobs| knobs.cascade = cascade);
        let take = CreateSnapshot {
            volume: own("volume-1"),
            name: own("snapshot-1"),
        };
        bench.driver.call(take).await.unwrap();
        let hang = Fault::new(FaultKind::Hang { ms: None }).on("DELETE", "/snapshots/snapshot-1$");
        bench.appliance.faults().push(hang);
        let another_host = bench.other_host(|_| {});
        let delete = DeleteSnapshot {
            volume: own("volume-1"),
            name: own("snapshot-1"),
        };
        let (deleted, state) = tokio::join!(bench.driver.call(delete), async {
            assert!(until(|| bench.appliance.held() > 0).await);
            let clone = from_snapshot("volume-2", "snapshot-1");
            another_host.call(clone).await.unwrap();
            let state = bench.state();
            bench.appliance.release();
            state
        });
        let error = deleted.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::SnapshotBusy, Outcome::Rejected)
        );
        assert_eq!(bench.state(), state, "{cascade:?}");
    }
}

/// A clone of a volume that a host sees, on an appliance that passes over what the request says of
/// its presentation.
async fn clone_of_attached() -> Fixture {
    let bench = bench().await;
    let attach = InitializeConnection {
        volume: own("volume-1"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();
    let tune = |knobs: &mut Knobs| knobs.clone_ignores_presentation = true;
    bench.appliance.tune(tune);
    bench
}

fn clone() -> CreateClonedVolume {
    CreateClonedVolume {
        name: own("volume-2"),
        size_gib: 1,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    }
}

#[tokio::test]
async fn a_clone_that_shows_up_presented_is_withdrawn() {
    let bench = clone_of_attached().await;
    let made = bench.driver.call(clone()).await.unwrap();
    assert!(made.initiator_groups.is_empty(), "{made:?}");
    assert!(bench.seen_by("volume-2").is_empty());
    assert_eq!(bench.lun("volume-2")["nodestroy"], true);
    assert_eq!(bench.seen_by("volume-1"), ["host-a"]);
}

#[tokio::test]
async fn a_clone_that_stays_presented_is_no_success() {
    let bench = clone_of_attached().await;
    let denied = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-2$");
    bench.appliance.faults().push(denied);
    let error = bench.driver.call(clone()).await.unwrap_err();
    // What a host sees is not deleted, so it is named.
    assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
    assert!(error.message().contains("presented to host-a"), "{error:?}");
    let left = error.left_behind();
    assert!(left.contains(&own("volume volume-2")), "{error:?}");
    assert_eq!(bench.luns(0), ["volume-1", "volume-2"]);
}

#[tokio::test]
async fn a_clone_that_stays_unprotected_is_taken_back() {
    let bench = bench().await;
    let before = bench.state();
    let tune = |knobs: &mut Knobs| {
        knobs.clone_ignores_presentation = true;
        knobs.clone_inherits_initiatorgroup = false;
    };
    bench.appliance.tune(tune);
    let denied = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-2$");
    bench.appliance.faults().push(denied);
    let error = bench.driver.call(clone()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    assert!(error.message().contains("nodestroy"), "{error:?}");
    assert_eq!(bench.state(), before);
}
