//! Setting volumes back, retyping them, and what becomes of names and ids.

use support::{Fixture, GIB, HOST_A, volume};
use zfssa::driver::{
    CreateClonedVolume, CreateSnapshot, CreateVolumeFromSnapshot, DeleteSnapshot, DeleteVolume,
    ExtendVolume, GetVolume, InitializeConnection, KnownObject, KnownSnapshot, Retype,
    RevertToSnapshot, UpdateMigratedVolume, UpdateProviderInfo,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::Cascade;

fn own(text: &str) -> String {
    text.to_owned()
}

/// An appliance whose clock can be put on.
async fn bench() -> Fixture {
    let bench = Fixture::ready().await;
    bench.appliance.tune(|knobs| knobs.clock_behind_s = 3_600);
    bench
}

/// Takes a snapshot of volume-1 in a second of its own: the appliance gives times in seconds, and
/// its clock is put on.
async fn take(bench: &Fixture, name: &str) {
    bench.appliance.tune(|knobs| knobs.clock_behind_s -= 2);
    let take = CreateSnapshot {
        volume: own("volume-1"),
        name: own(name),
    };
    bench.driver.call(take).await.unwrap();
}

fn revert(snapshot: &str) -> RevertToSnapshot {
    RevertToSnapshot {
        volume: own("volume-1"),
        snapshot: own(snapshot),
        ..RevertToSnapshot::default()
    }
}

async fn grow(bench: &Fixture, size_gib: u64) {
    let extend = ExtendVolume {
        name: own("volume-1"),
        size_gib,
    };
    bench.driver.call(extend).await.unwrap();
}

#[tokio::test]
async fn a_volume_set_back_keeps_its_size() {
    let bench = bench().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    take(&bench, "snapshot-1").await;
    let back = bench.driver.call(revert("snapshot-1")).await.unwrap();
    assert_eq!(back.size_bytes, GIB);
    grow(&bench, 3).await;
    let back = bench.driver.call(revert("snapshot-1")).await.unwrap();
    assert_eq!(back.size_bytes, 3 * GIB);
    // As after a call that was cut off before the growth.
    let back = RevertToSnapshot {
        size_gib: 5,
        ..revert("snapshot-1")
    };
    let back = bench.driver.call(back).await.unwrap();
    assert_eq!(back.size_bytes, 5 * GIB);

    let error = bench.driver.call(revert("snapshot-9")).await.unwrap_err();
    assert_eq!(error.status(), Status::SnapshotNotFound);
    let attach = InitializeConnection {
        volume: own("volume-1"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();
    let error = bench.driver.call(revert("snapshot-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy);
}

#[tokio::test]
async fn what_is_newer_stands_in_the_way_and_is_named() {
    let bench = bench().await;
    let driver = &bench.driver;
    driver.call(volume("volume-1")).await.unwrap();
    take(&bench, "snapshot-1").await;
    take(&bench, "snapshot-2").await;
    let clone = CreateVolumeFromSnapshot {
        name: own("volume-2"),
        size_gib: 1,
        source_volume: own("volume-1"),
        snapshot: own("snapshot-2"),
        ..CreateVolumeFromSnapshot::default()
    };
    driver.call(clone).await.unwrap();
    let copy = CreateClonedVolume {
        name: own("volume-3"),
        size_gib: 1,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    };
    driver.call(copy).await.unwrap();
    let before = bench.state();
    let error = driver.call(revert("snapshot-1")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::RevertBlocked, Outcome::None)
    );
    for name in ["snapshot-2", "volume-2", "volume-3"] {
        assert!(error.message().contains(name), "{name}: {error}");
    }
    assert_eq!(bench.state(), before);

    // The older snapshot is no obstacle to the newer one, once the clones are gone.
    let delete = |name: &str| DeleteVolume { name: own(name) };
    driver.call(delete("volume-3")).await.unwrap();
    driver.call(delete("volume-2")).await.unwrap();
    driver.call(revert("snapshot-2")).await.unwrap();
    let delete = DeleteSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-2"),
    };
    driver.call(delete).await.unwrap();
    driver.call(revert("snapshot-1")).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_of_the_same_second_counts_as_newer() {
    let bench = bench().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    // Of three snapshots in a row, two are of one second.
    for name in ["a", "b", "c"] {
        let take = CreateSnapshot {
            volume: own("volume-1"),
            name: own(name),
        };
        bench.driver.call(take).await.unwrap();
    }
    let before = bench.state();
    for name in ["a", "b"] {
        let error = bench.driver.call(revert(name)).await.unwrap_err();
        assert_eq!(error.status(), Status::RevertBlocked);
    }
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_temporary_snapshot_that_nobody_needs_does_not_count() {
    for cascade in [Cascade::Silent, Cascade::ConfirmRequired] {
        let bench = bench().await;
        bench.appliance.tune(|knobs| knobs.cascade = cascade);
        bench.driver.call(volume("volume-1")).await.unwrap();
        take(&bench, "snapshot-1").await;
        take(&bench, "tmp-snapshot-9").await;
        bench.driver.call(revert("snapshot-1")).await.unwrap();
        let list = zfssa::driver::ListSnapshots {
            volume: "volume-1".into(),
            ..zfssa::driver::ListSnapshots::default()
        };
        let left = bench.driver.call(list).await.unwrap().snapshots;
        assert_eq!(left.len(), 1, "{left:?}");
    }
}

#[tokio::test]
async fn a_volume_takes_on_what_can_be_changed() {
    let bench = bench().await;
    let driver = &bench.driver;
    driver.call(volume("volume-1")).await.unwrap();
    let retype = |pairs: &[(&str, &str)]| Retype {
        name: own("volume-1"),
        extra_specs: pairs.iter().map(|(k, v)| (own(k), own(v))).collect(),
    };
    let specs = [
        ("zfssa:compression", "gzip-9"),
        ("zfssa:logbias", "throughput"),
        ("zfssa:sparse", "<is> False"),
    ];
    let done = driver.call(retype(&specs)).await.unwrap();
    assert!(done.in_place && done.reason.is_empty());
    assert_eq!(done.changes.len(), 3, "{:?}", done.changes);
    let found = driver.call(GetVolume {
        name: own("volume-1"),
    });
    let found = found.await.unwrap();
    assert_eq!(
        (
            found.compression.as_str(),
            found.logbias.as_str(),
            found.sparse
        ),
        ("gzip-9", "throughput", false)
    );
    let again = driver.call(retype(&specs)).await.unwrap();
    assert!(again.in_place && again.changes.is_empty());

    let before = bench.state();
    let declined = driver.call(retype(&[
        ("zfssa:volblocksize", "64k"),
        ("zfssa:compression", "off"),
    ]));
    let declined = declined.await.unwrap();
    assert!(!declined.in_place && declined.changes.is_empty());
    assert!(declined.reason.contains("65536"), "{}", declined.reason);
    assert_eq!(bench.state(), before, "declined means untouched");
}

#[tokio::test]
async fn what_cinder_knows_is_compared_with_what_there_is() {
    let bench = bench().await;
    let driver = &bench.driver;
    let made = driver.call(volume("volume-1")).await.unwrap();
    let take = CreateSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-1"),
    };
    driver.call(take).await.unwrap();
    let known = |id: &str| KnownObject {
        id: own(id),
        name: format!("volume-{id}"),
    };
    let snapshot = |id: &str, volume: &str| KnownSnapshot {
        id: own(id),
        name: format!("snapshot-{id}"),
        volume: own(volume),
    };
    let info = driver.call(UpdateProviderInfo {
        volumes: vec![known("1"), known("2")],
        snapshots: vec![
            snapshot("1", "volume-1"),
            snapshot("2", "volume-1"),
            snapshot("1", "volume-2"),
        ],
    });
    let info = info.await.unwrap();
    assert_eq!(info.volumes.len(), 1);
    assert_eq!(info.volumes[0].provider_id, made.guid);
    assert_eq!(info.missing_volumes, ["2"]);
    assert_eq!(info.snapshots.len(), 1);
    assert_eq!(
        info.snapshots[0].provider_id,
        format!("{}@snapshot-1", made.guid)
    );
    assert_eq!(info.missing_snapshots, ["2", "1"]);
}

#[tokio::test]
async fn a_migrated_volume_gets_its_name_back_where_that_is_free() {
    let bench = bench().await;
    let driver = &bench.driver;
    let copy = driver.call(volume("volume-copy")).await.unwrap();
    let rename = |guid: &str| UpdateMigratedVolume {
        original_name: own("volume-1"),
        current_name: own("volume-copy"),
        current_guid: own(guid),
        ..UpdateMigratedVolume::default()
    };
    let done = driver.call(rename("")).await.unwrap();
    assert!(done.renamed);
    assert_eq!((done.name_id, done.name.as_str()), (None, "volume-1"));
    let again = driver.call(rename(&copy.guid)).await.unwrap();
    assert!(!again.renamed);
    // What has the original name may be the source. Only the GUID tells.
    for guid in ["", "600144F0"] {
        let error = driver.call(rename(guid)).await.unwrap_err();
        assert_eq!(error.status(), Status::VolumeNotFound);
    }

    driver.call(volume("volume-copy")).await.unwrap();
    let taken = driver.call(rename("")).await.unwrap();
    assert!(!taken.renamed);
    assert_eq!(taken.name_id.as_deref(), Some("copy"));
    assert_eq!(taken.name, "volume-copy");
}
