//! Lives of volumes and snapshots that are deleted before their clones.

use std::sync::Arc;

use support::{Fixture, GIB, HOST_A, POOL, PROJECT};
use zfssa::appliance::{LunChange, NewClone, Presentation, ProjectRef};
use zfssa::driver::{
    Call, CloneImage, DeleteGroup, GetManageableSnapshots, GetManageableVolumes, GetVolume,
    GetVolumeStats, HostTransfer, InitializeConnection, RevertToSnapshot, TransferReply,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::Cascade;

use super::*;

#[tokio::test]
async fn a_volume_goes_with_its_last_clone() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-1").await;
    let attach = InitializeConnection {
        volume: own("volume-1"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();

    assert!(delete(&bench, "volume-1").await.unwrap().existed);
    assert_eq!(volumes(&bench).await, ["volume-2", "volume-3"]);
    let waiting = deferred(&bench, "volume-1");
    assert!(bench.seen_by(&waiting).is_empty());
    assert!(!delete(&bench, "volume-1").await.unwrap().existed);

    delete(&bench, "volume-3").await.unwrap();
    assert_eq!(bench.luns(0), [waiting.as_str(), "volume-2"]);
    assert_eq!(bench.snapshots_of(&waiting), ["tmp-snapshot-2"]);
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_snapshot_goes_with_its_last_clone_and_keeps_no_volume() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    let alone = bench.state();
    take(&bench, "volume-1", "snapshot-1").await;
    for name in ["volume-2", "volume-3"] {
        let clone = from_snapshot(name, "volume-1", "snapshot-1");
        bench.driver.call(clone).await.unwrap();
    }
    assert!(
        delete_snapshot(&bench, "volume-1", "snapshot-1")
            .await
            .unwrap()
            .existed
    );
    assert!(snapshots(&bench).await.is_empty());
    let again = delete_snapshot(&bench, "volume-1", "snapshot-1").await;
    assert!(!again.unwrap().existed);
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.snapshots_of("volume-1").len(), 1);
    delete(&bench, "volume-3").await.unwrap();
    assert_eq!(bench.state(), alone);

    // The same, and the volume is deleted meanwhile.
    take(&bench, "volume-1", "snapshot-1").await;
    let clone = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(clone).await.unwrap();
    delete_snapshot(&bench, "volume-1", "snapshot-1")
        .await
        .unwrap();
    delete(&bench, "volume-1").await.unwrap();
    assert_eq!(volumes(&bench).await, ["volume-2"]);
    assert!(snapshots(&bench).await.is_empty());
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_snapshot_that_is_not_deleted_keeps_its_volume() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    take(&bench, "volume-1", "snapshot-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    let before = bench.state();
    let error = delete(&bench, "volume-1").await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::VolumeBusy, Outcome::None)
    );
    assert!(error.message().contains("snapshot snapshot-1"), "{error}");
    assert_eq!(bench.state(), before);
}

/// A chain of clones, deleted from its root on.
#[tokio::test]
async fn a_chain_goes_from_its_end_to_its_root() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    for number in 2..=5 {
        clone(
            &bench,
            &format!("volume-{number}"),
            &format!("volume-{}", number - 1),
        )
        .await;
    }
    for number in 1..=4 {
        delete(&bench, &format!("volume-{number}")).await.unwrap();
    }
    assert_eq!(bench.luns(0).len(), 5);
    assert_eq!(volumes(&bench).await, ["volume-5"]);
    delete(&bench, "volume-5").await.unwrap();
    assert_eq!(bench.state(), before);
}

/// The clone in the middle of a chain is needed by its own clone, and then by none.
#[tokio::test]
async fn a_chain_stays_from_the_first_volume_that_is_needed() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    clone(&bench, "volume-4", "volume-1").await;
    let kept = ["volume-1", "volume-2"];
    for name in kept {
        delete(&bench, name).await.unwrap();
    }
    delete(&bench, "volume-3").await.unwrap();
    let root = deferred(&bench, "volume-1");
    assert_eq!(bench.luns(0), [root.as_str(), "volume-4"]);
    assert_eq!(bench.snapshots_of(&root), ["tmp-snapshot-4"]);
}

/// The appliance would destroy the other clone, too: its protection is off.
#[tokio::test]
async fn a_clone_without_protection_keeps_what_it_was_made_from() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    take(&bench, "volume-1", "snapshot-1").await;
    for name in ["volume-2", "volume-3"] {
        let clone = from_snapshot(name, "volume-1", "snapshot-1");
        bench.driver.call(clone).await.unwrap();
    }
    delete_snapshot(&bench, "volume-1", "snapshot-1")
        .await
        .unwrap();
    delete(&bench, "volume-1").await.unwrap();
    let name = own("volume-3");
    let shown = bench.driver.call(GetVolume { name }).await.unwrap();
    let origin = shown.origin.unwrap();
    assert_eq!(
        (&*origin.volume, &*origin.snapshot),
        ("volume-1", "snapshot-1")
    );
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let unprotected = LunChange {
        nodestroy: Some(false),
        ..LunChange::default()
    };
    let scope = bench.driver.scope(Call::default());
    let appliance = bench.driver.appliance();
    let changed = appliance.change_lun(&scope, place, "volume-2", &unprotected);
    changed.await.unwrap();
    delete(&bench, "volume-3").await.unwrap();
    assert_eq!(volumes(&bench).await, ["volume-2"]);
    delete(&bench, "volume-2").await.unwrap();
    assert!(bench.luns(0).is_empty());
}

#[tokio::test]
async fn a_name_is_free_at_once_also_for_a_clone_of_the_same_source() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    take(&bench, "volume-3", "snapshot-1").await;
    let from = |name: &str| from_snapshot(name, "volume-3", "snapshot-1");
    bench.driver.call(from("volume-4")).await.unwrap();
    for _ in 0..2 {
        delete(&bench, "volume-2").await.unwrap();
        clone(&bench, "volume-2", "volume-1").await;
        delete_snapshot(&bench, "volume-3", "snapshot-1")
            .await
            .unwrap();
        take(&bench, "volume-3", "snapshot-1").await;
        let name = format!("volume-5{}", bench.luns(0).len());
        clone(&bench, &name, "volume-2").await;
        let name = format!("volume-6{}", bench.luns(0).len());
        bench.driver.call(from(&name)).await.unwrap();
    }
    assert_eq!(
        snapshots(&bench).await.last().unwrap(),
        "volume-3@snapshot-1"
    );
    delete_snapshot(&bench, "volume-3", "snapshot-1")
        .await
        .unwrap();
    for name in volumes(&bench).await {
        delete(&bench, &name).await.unwrap();
    }
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn lists_and_counts_do_not_show_it_and_capacity_does() {
    let bench = deferring().await;
    defer_snapshot(&bench).await;
    let manageable = || async {
        let call = GetManageableSnapshots::default();
        let found = bench.driver.call(call).await.unwrap().entries;
        found
            .into_iter()
            .map(|one| one.reference)
            .collect::<Vec<_>>()
    };
    assert!(manageable().await.is_empty());
    delete(&bench, "volume-1").await.unwrap();
    assert!(manageable().await.is_empty());
    let call = GetManageableVolumes::default();
    let found = bench.driver.call(call).await.unwrap().entries;
    let names: Vec<&str> = found.iter().map(|one| one.reference.as_str()).collect();
    assert_eq!(names, ["volume-2"]);
    let stats = bench.driver.call(GetVolumeStats {}).await.unwrap();
    assert_eq!(stats.total_volumes, 1);
    assert_eq!(stats.provisioned_capacity_bytes, 2 * GIB);
}

/// What waits only for volumes of the group is deleted, not deferred.
#[tokio::test]
async fn a_group_defers_only_what_others_need() {
    let bench = deferring().await;
    let before = bench.state();
    let group = |names: &[&str]| DeleteGroup {
        id: own("group-1"),
        volumes: names.iter().map(|name| own(name)).collect(),
    };
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    let put = |bench: &Fixture| {
        let trace = bench.appliance.trace();
        let renames = trace.iter().filter(|one| one.method == "PUT");
        renames.filter(|one| one.path.ends_with("volume-1")).count()
    };
    let deleted = bench
        .driver
        .call(group(&["volume-1", "volume-2", "volume-3"]))
        .await;
    assert!(deleted.unwrap().all_deleted);
    assert_eq!(put(&bench), 0, "no volume was renamed");
    assert_eq!(bench.state(), before);

    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    let deleted = bench
        .driver
        .call(group(&["volume-1", "volume-2"]))
        .await
        .unwrap();
    assert!(deleted.all_deleted, "{deleted:?}");
    assert_eq!(volumes(&bench).await, ["volume-3"]);
    delete(&bench, "volume-3").await.unwrap();
    assert_eq!(bench.state(), before);
}

/// The clones of a deferred snapshot block a revert that would destroy them.
#[tokio::test]
async fn a_revert_destroys_no_deferred_snapshot_with_clones() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    take(&bench, "volume-1", "snapshot-0").await;
    take(&bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    delete_snapshot(&bench, "volume-1", "snapshot-1")
        .await
        .unwrap();
    let before = bench.state();
    let revert = RevertToSnapshot {
        volume: own("volume-1"),
        snapshot: own("snapshot-0"),
        size_gib: 0,
    };
    let error = bench.driver.call(revert).await.unwrap_err();
    assert_eq!(error.status(), Status::RevertBlocked, "{error}");
    assert!(error.message().contains("clone volume-2"), "{error}");
    assert_eq!(bench.state(), before);
}

/// Without the option the last clone still deletes what was deferred before.
#[tokio::test]
async fn what_was_deferred_goes_also_when_the_option_is_off_again() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    delete(&bench, "volume-1").await.unwrap();
    let refusing = bench.driver_with(|_| {});
    let call = |name| refusing.call(DeleteVolume { name: own(name) });
    let error = call("volume-2").await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy);
    call("volume-3").await.unwrap();
    call("volume-2").await.unwrap();
    assert_eq!(bench.state(), before);
}

/// What the appliance took by schedule is no reason to keep a volume, and goes with it.
#[tokio::test]
async fn scheduled_snapshots_go_with_a_deferred_volume() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    let schedule = || {
        let taken = bench.appliance.run_schedule(POOL, PROJECT, "hourly");
        taken.expect("the project has LUNs")
    };
    schedule();
    delete(&bench, "volume-1").await.unwrap();
    schedule();
    delete(&bench, "volume-2").await.unwrap();
    assert!(bench.luns(0).is_empty(), "{:?}", bench.luns(0));
}

/// The source of a migration is deleted as any clone.
#[tokio::test]
async fn a_deferred_volume_goes_when_its_last_clone_migrates() {
    let bench = Fixture::pair(|config| {
        config.set("zfssa_delete_with_clones", "defer");
    })
    .await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    let migrated = bench.driver.call(bench.migration("volume-2")).await;
    let migrated = migrated.unwrap();
    assert!(migrated.migrated, "{migrated:?}");
    assert!(bench.luns(0).is_empty(), "{:?}", bench.luns(0));
    assert_eq!(bench.luns(1), ["volume-2"]);
}

/// The deferred volume was the last clone of a cached image.
#[tokio::test]
async fn the_entry_of_the_image_cache_goes_with_a_deferred_volume() {
    let bench = deferring().await;
    let before = bench.state();
    let image = CloneImage {
        name: own("volume-1"),
        size_gib: 1,
        image_id: own("img-1"),
        image_updated_at: own("v1"),
        image_virtual_size: 1,
        initiator: own(HOST_A),
        extra_specs: Vec::new(),
        transfer: Arc::new(HostTransfer::new(|_, _, answer: TransferReply| {
            answer.done()
        })),
    };
    let made = bench.driver.call(image).await.unwrap();
    assert!(made.volume.is_some(), "{made:?}");
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.state()["pools"], before["pools"]);
}

/// Another program cloned the snapshot from which the deferred volume was made.
#[tokio::test]
async fn a_snapshot_that_another_program_cloned_outlives_the_deferred_volume() {
    let bench = deferring().await;
    bench
        .appliance
        .tune(|knobs| knobs.cascade = Cascade::Silent);
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    delete(&bench, "volume-2").await.unwrap();
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let theirs = NewClone {
        share: "volume-9",
        project: PROJECT,
        sparse: true,
        compression: "off",
        logbias: "latency",
        optional: &zfssa::config::PropertyValues::default(),
        nodestroy: false,
        target_group: "tgt-grp",
        initiator_groups: Presentation::masked(),
        managed: true,
        operation: "another program",
        since: "1",
        delete_with_clones: None,
    };
    let scope = bench.driver.scope(Call::default());
    let appliance = bench.driver.appliance();
    let made = appliance.clone_snapshot(&scope, place, "volume-1", "tmp-snapshot-2", &theirs);
    made.await.unwrap();
    delete(&bench, "volume-3").await.unwrap();
    assert_eq!(bench.luns(0), ["volume-1", "volume-9"]);
    assert_eq!(bench.snapshots_of("volume-1"), ["tmp-snapshot-2"]);
}
