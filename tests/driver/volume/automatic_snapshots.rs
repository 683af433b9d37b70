//! Snapshots that the appliance makes for itself, by a schedule on the project or for replication:
//! they go with their volume, and stand in nobody's way.

use support::{Fixture, HOST_A, POOL, PROJECT, until, volume};
use zfssa::driver::{
    Audit, CreateClonedVolume, CreateGroupFromSrc, CreateGroupSnapshot, CreateSnapshot,
    CreateVolumeFromSnapshot, DeleteGroup, DeleteGroupSnapshot, DeleteSnapshot, DeleteVolume,
    ExistingRef, ExtendVolume, GetManageableSnapshots, GroupClone, GroupMember,
    InitializeConnection, ManageExisting, ManageExistingSnapshot, OneOrEvery, Operation, Retype,
    RevertToSnapshot, TerminateConnection, Unmanage,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

fn own(text: &str) -> String {
    text.to_owned()
}

fn delete(name: &str) -> DeleteVolume {
    DeleteVolume { name: own(name) }
}

fn take(volume: &str, name: &str) -> CreateSnapshot {
    CreateSnapshot {
        volume: own(volume),
        name: own(name),
    }
}

fn delete_snapshot(volume: &str, name: &str) -> DeleteSnapshot {
    DeleteSnapshot {
        volume: own(volume),
        name: own(name),
    }
}

fn from_snapshot(name: &str, source: &str, snapshot: &str) -> CreateVolumeFromSnapshot {
    CreateVolumeFromSnapshot {
        name: own(name),
        size_gib: 1,
        source_volume: own(source),
        snapshot: own(snapshot),
        ..CreateVolumeFromSnapshot::default()
    }
}

fn clone_of(name: &str, source: &str) -> CreateClonedVolume {
    CreateClonedVolume {
        name: own(name),
        size_gib: 1,
        source_volume: own(source),
        ..CreateClonedVolume::default()
    }
}

trait Scheduled {
    /// The schedule of the backend's project is due.
    fn schedule(&self) -> Option<String>;

    /// An operation, and then the schedule.
    async fn step<O: Operation>(&self, operation: O) -> O::Output;
}

impl Scheduled for Fixture {
    fn schedule(&self) -> Option<String> {
        self.appliance.run_schedule(POOL, PROJECT, "hourly")
    }

    async fn step<O: Operation>(&self, operation: O) -> O::Output {
        let name = O::NAME;
        let result = self.driver.call(operation).await;
        self.schedule();
        result.unwrap_or_else(|error| panic!("{name}: {error:?}"))
    }
}

/// Every operation of a volume's life with the schedule due after each, on releases that show the
/// type of a snapshot and on those that do not.
#[tokio::test]
async fn a_whole_life_goes_on_under_a_schedule() {
    for shows_type in [true, false] {
        let bench = Fixture::ready().await;
        bench
            .appliance
            .tune(|knobs| knobs.snapshot_type = shows_type);
        let before = bench.state();
        bench.step(volume("volume-1")).await;
        bench
            .step(InitializeConnection {
                volume: own("volume-1"),
                initiator: own(HOST_A),
                ..InitializeConnection::default()
            })
            .await;
        bench
            .step(TerminateConnection {
                volume: own("volume-1"),
                initiator: OneOrEvery::One(own(HOST_A)),
                still_attached: None,
            })
            .await;
        bench.step(take("volume-1", "snapshot-1")).await;
        bench
            .step(ExtendVolume {
                name: own("volume-1"),
                size_gib: 2,
            })
            .await;
        // What the schedule took since goes with that.
        bench
            .step(RevertToSnapshot {
                volume: own("volume-1"),
                snapshot: own("snapshot-1"),
                ..RevertToSnapshot::default()
            })
            .await;
        bench
            .step(Retype {
                name: own("volume-1"),
                extra_specs: vec![(own("zfssa:compression"), own("lz4"))],
            })
            .await;
        bench
            .step(from_snapshot("volume-2", "volume-1", "snapshot-1"))
            .await;
        bench.step(clone_of("volume-3", "volume-2")).await;
        bench
            .step(Unmanage {
                name: own("volume-3"),
            })
            .await;
        bench
            .step(ManageExisting {
                name: own("volume-3"),
                existing: ExistingRef {
                    source_name: own("unmanaged-volume-3"),
                    ..ExistingRef::default()
                },
                ..ManageExisting::default()
            })
            .await;
        let audit = Audit {
            volumes: ["volume-1", "volume-2", "volume-3"].map(own).into(),
            snapshots: vec![own("snapshot-1")],
            fix: true,
            fix_volumes: true,
            min_age: Some(std::time::Duration::ZERO),
            ..Audit::default()
        };
        let report = bench.step(audit).await;
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        bench.step(delete("volume-3")).await;
        bench.step(delete("volume-2")).await;
        bench.step(delete_snapshot("volume-1", "snapshot-1")).await;
        assert!(
            !bench.snapshots_of("volume-1").is_empty(),
            "the schedule ran"
        );
        bench.step(delete("volume-1")).await;
        assert_eq!(bench.state(), before);
    }
}

#[tokio::test]
async fn groups_live_under_a_schedule() {
    let bench = Fixture::ready().await;
    let before = bench.state();
    let names = ["volume-1", "volume-2"];
    for name in names {
        bench.step(volume(name)).await;
    }
    let members = || {
        names.map(|name| GroupMember {
            volume: own(name),
            snapshot: own("snapshot-1"),
        })
    };
    bench
        .step(CreateGroupSnapshot {
            id: own("group-snapshot-1"),
            members: members().into(),
        })
        .await;
    let clone = |name: &str, source: &str| GroupClone {
        name: own(name),
        size_gib: 1,
        source_volume: own(source),
        ..GroupClone::default()
    };
    bench
        .step(CreateGroupFromSrc {
            id: own("group-2"),
            volumes: vec![clone("volume-3", "volume-1"), clone("volume-4", "volume-2")],
        })
        .await;
    for volumes in [["volume-3", "volume-4"], names] {
        if volumes == names {
            bench
                .step(DeleteGroupSnapshot {
                    id: own("group-snapshot-1"),
                    members: members().into(),
                })
                .await;
        }
        let deleted = bench
            .step(DeleteGroup {
                id: own("group"),
                volumes: volumes.map(own).into(),
            })
            .await;
        assert!(deleted.all_deleted, "{:?}", deleted.parts);
    }
    assert_eq!(bench.state(), before);
}

/// A schedule, or another group's snapshot of the whole project, may meet a clone that is about to
/// be rolled back.
#[tokio::test]
async fn a_clone_is_rolled_back_with_the_snapshot_that_the_schedule_made_of_it() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    bench.driver.call(volume("volume-2")).await.unwrap();
    let held = Fault::new(FaultKind::Hang { ms: None })
        .after_commit()
        .on("PUT", "/luns/volume-1/snapshots/.*/clone$");
    let refused = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-2/snapshots/.*/clone$");
    bench.appliance.faults().push(held);
    bench.appliance.faults().push(refused);
    let clone = |name: &str, source: &str| GroupClone {
        name: own(name),
        size_gib: 1,
        source_volume: own(source),
        ..GroupClone::default()
    };
    let call = bench.driver.call(CreateGroupFromSrc {
        id: own("group-2"),
        volumes: vec![clone("volume-3", "volume-1"), clone("volume-4", "volume-2")],
    });
    let meanwhile = async {
        assert!(until(|| bench.appliance.held() == 1).await);
        bench.schedule().expect("the schedule takes a snapshot");
        assert!(!bench.snapshots_of("volume-3").is_empty());
        bench.appliance.release();
    };
    let (result, ()) = tokio::join!(call, meanwhile);
    let error = result.unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    assert!(bench.lun("volume-3").is_null());
}

/// What was cloned from such a snapshot protects its volume as any clone does.
#[tokio::test]
async fn a_clone_of_an_automatic_snapshot_protects_its_volume() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    bench
        .driver
        .call(take("volume-1", "snapshot-1"))
        .await
        .unwrap();
    let scheduled = bench.schedule().unwrap();
    bench
        .driver
        .call(from_snapshot("volume-2", "volume-1", &scheduled))
        .await
        .unwrap();
    let back = RevertToSnapshot {
        volume: own("volume-1"),
        snapshot: own("snapshot-1"),
        ..RevertToSnapshot::default()
    };
    let error = bench.driver.call(back).await.unwrap_err();
    assert_eq!(error.status(), Status::RevertBlocked, "{error:?}");
    let drop = delete_snapshot("volume-1", "snapshot-1");
    bench.driver.call(drop).await.unwrap();
    let error = bench.driver.call(delete("volume-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy, "{error:?}");
    assert!(error.message().contains("clone volume-2"), "{error:?}");
    bench.driver.call(delete("volume-2")).await.unwrap();
    bench.driver.call(delete("volume-1")).await.unwrap();
    assert!(bench.luns(0).is_empty());
}

/// A schedule that is taken away may leave its snapshots as manual ones. The type tells, and then
/// they protect their volume by name.
#[tokio::test]
async fn a_manual_snapshot_protects_its_volume_whatever_its_name() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let scheduled = bench.schedule().unwrap();
    bench.appliance.keep_scheduled(POOL, PROJECT);
    let error = bench.driver.call(delete("volume-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy, "{error:?}");
    assert!(error.message().contains(&scheduled), "{error:?}");
    assert_eq!(bench.snapshots_of("volume-1"), [scheduled]);
}

/// Those that go with the volume are not named as what keeps it.
#[tokio::test]
async fn managing_a_lun_names_the_snapshots_that_keep_it() {
    let bench = Fixture::ready().await;
    let lun = serde_json::json!({"name": "data", "volsize": "1g"});
    bench.foreign_lun(lun).await;
    bench.driver.call(take("data", "monday")).await.unwrap();
    bench.schedule().unwrap();
    let manage = ManageExisting {
        name: own("volume-1"),
        existing: ExistingRef {
            source_name: own("data"),
            ..ExistingRef::default()
        },
        ..ManageExisting::default()
    };
    let managed = bench.driver.call(manage).await.unwrap();
    assert_eq!(managed.snapshots, ["monday"]);
    assert_eq!(bench.snapshots_of("volume-1").len(), 2);
}

#[tokio::test]
async fn what_the_appliance_deletes_by_itself_is_not_taken_under_management() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let scheduled = bench.schedule().unwrap();
    let manage = ManageExistingSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-1"),
        source_name: scheduled.clone(),
    };
    let error = bench.driver.call(manage).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::None, "{error:?}");
    assert!(
        error.to_string().contains("the appliance created it"),
        "{error:?}"
    );
    let list = GetManageableSnapshots::default();
    let found = bench.driver.call(list).await.unwrap();
    assert_eq!(found.entries.len(), 1);
    assert!(!found.entries[0].safe_to_manage, "{:?}", found.entries);
    assert_eq!(bench.snapshots_of("volume-1"), [scheduled]);
}

/// The schedule runs before a migration and during it, and replication takes a snapshot of its own.
#[tokio::test]
async fn a_volume_migrates_under_a_schedule() {
    let bench = Fixture::pair_with_volume(|_| {}).await;
    bench.schedule();
    let moved = bench
        .driver
        .call(bench.migration("volume-1"))
        .await
        .unwrap();
    assert!(moved.migrated, "{moved:?}");
    assert!(bench.luns(0).is_empty());
    assert_eq!(bench.luns(1), ["volume-1"]);

    // One that cannot be ended leaves the source with its snapshots, and nothing of replication.
    let bench = Fixture::pair_with_volume(|_| {}).await;
    let scheduled = bench.schedule().unwrap();
    let denied = Fault::new(FaultKind::denied()).on("DELETE", "/luns/volume-1$");
    bench.appliance.faults().push(denied);
    bench
        .driver
        .call(bench.migration("volume-1"))
        .await
        .unwrap_err();
    assert_eq!(bench.luns(0), ["volume-1"]);
    assert!(bench.luns(1).is_empty());
    assert_eq!(bench.snapshots_of("volume-1"), [scheduled]);
}
