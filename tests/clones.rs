//! What else hangs on a snapshot when it, or a clone of it, is deleted.

mod common;

use common::{Bench, until};
use zfssa::driver::{
    CreateClonedVolume, CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot, DeleteSnapshot,
    DeleteVolume, GetVolume,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Cascade, Fault, FaultKind};

fn own(text: &str) -> String {
    text.to_owned()
}

async fn bench() -> Bench {
    let bench = Bench::ready().await;
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

async fn delete(bench: &Bench, name: &str) {
    let name = own(name);
    bench.driver.call(DeleteVolume { name }).await.unwrap();
}

#[tokio::test]
async fn a_temporary_snapshot_with_another_clone_outlives_its_own() {
    let bench = bench().await;
    let before = bench.state();
    let clone = CreateClonedVolume {
        name: own("volume-2"),
        size_gib: 1,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    };
    bench.driver.call(clone).await.unwrap();
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
