//! Taking what exists under management, letting it go, and listing it.

use serde_json::json;
use support::{Fixture, GIB, HOST_A, until, volume};
use zfssa::driver::{
    Call, CreateSnapshot, CreateVolumeFromSnapshot, DeleteVolume, DoSetup, ExistingRef,
    GetManageableSnapshots, GetManageableVolumes, GetVolume, InitializeConnection, KnownObject,
    ManageExisting, ManageExistingGetSize, ManageExistingSnapshot, ManageExistingSnapshotGetSize,
    Managed, Page, Unmanage, UnmanageSnapshot,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Fault, FaultKind, Options};

fn own(text: &str) -> String {
    text.to_owned()
}

fn by_name(name: &str) -> ExistingRef {
    ExistingRef {
        source_name: own(name),
        ..ExistingRef::default()
    }
}

fn manage(name: &str, source: &str) -> ManageExisting {
    ManageExisting {
        name: own(name),
        existing: by_name(source),
        ..ManageExisting::default()
    }
}

fn specs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| (own(k), own(v))).collect()
}

/// A bench with a LUN of somebody else, which everybody sees.
async fn bench_with_lun() -> Fixture {
    let bench = Fixture::ready().await;
    let lun = json!({"name": "data", "volsize": GIB * 3 / 2, "volblocksize": "8k", "sparse": true});
    bench.foreign_lun(lun).await;
    bench
}

async fn refused(bench: &Fixture, request: ManageExisting) -> Error {
    let before = bench.state();
    let error = bench.driver.call(request).await.unwrap_err();
    assert_eq!(bench.state(), before, "{error:?}");
    error
}

/// As by the late request of an earlier call: the LUN has its new name when the change arrives.
#[tokio::test]
async fn a_lun_that_becomes_the_volume_meanwhile_is_managed() {
    let bench = bench_with_lun().await;
    let other = bench.other_host(|_| {});
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/data$");
    bench.appliance.faults().push(hang);
    let driver = bench.driver.clone();
    let mine = tokio::spawn(async move { driver.call(manage("volume-1", "data")).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    let theirs = other.call(manage("volume-1", "data")).await.unwrap();
    bench.appliance.release();
    let mine = mine.await.unwrap().unwrap();
    assert!(theirs.changed && !mine.changed);
    assert_eq!(mine.volume.guid, theirs.volume.guid);
}

#[tokio::test]
async fn a_managed_lun_is_a_volume_that_nobody_sees() {
    let bench = bench_with_lun().await;
    let driver = &bench.driver;
    let size = driver.call(ManageExistingGetSize {
        existing: by_name("data"),
    });
    let size = size.await.unwrap();
    assert_eq!((size.size_gib, size.size_bytes), (2, GIB * 3 / 2));

    let managed: Managed = driver.call(manage("volume-1", "data")).await.unwrap();
    assert!(managed.changed);
    assert_eq!(managed.previous_name, "data");
    assert_eq!(managed.taken_from, ["default"]);
    let found = driver.call(GetVolume {
        name: own("volume-1"),
    });
    let found = found.await.unwrap();
    assert_eq!(found.managed, Some(true));
    assert_eq!(found.target_group, "tgt-grp");
    assert!(found.initiator_groups.is_empty(), "{found:?}");

    let again = driver.call(manage("volume-1", "data")).await.unwrap();
    assert!(!again.changed);
    let by_guid = ManageExisting {
        name: own("volume-1"),
        existing: ExistingRef {
            source_guid: found.guid.to_ascii_lowercase(),
            ..ExistingRef::default()
        },
        ..ManageExisting::default()
    };
    assert!(!driver.call(by_guid.clone()).await.unwrap().changed);

    driver
        .call(Unmanage {
            name: own("volume-1"),
        })
        .await
        .unwrap();
    let managed = driver.call(by_guid).await.unwrap();
    assert!(managed.changed);
    assert_eq!(managed.previous_name, "unmanaged-volume-1");
}

#[tokio::test]
async fn what_must_not_be_managed_is_refused_and_untouched() {
    let bench = bench_with_lun().await;
    let driver = &bench.driver;
    driver.call(volume("volume-7")).await.unwrap();

    let error = refused(&bench, manage("volume-1", "volume-7")).await;
    assert_eq!(error.status(), Status::AlreadyManaged);
    let error = refused(&bench, manage("volume-1", "nothing")).await;
    assert_eq!(error.status(), Status::InvalidReference);
    assert!(error.message().contains("nothing"), "{error}");
    let error = refused(&bench, ManageExisting::default()).await;
    assert_eq!(error.status(), Status::InvalidReference);
    let error = refused(&bench, manage("volume-7", "data")).await;
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::VolumeExists, Outcome::Rejected)
    );
    let mut wrong_guid = manage("volume-1", "data");
    wrong_guid.existing.source_guid = "0".repeat(32);
    let error = refused(&bench, wrong_guid).await;
    assert_eq!(error.status(), Status::InvalidReference);

    let typed = |pairs| ManageExisting {
        extra_specs: specs(pairs),
        ..manage("volume-1", "data")
    };
    let error = refused(
        &bench,
        typed(&[
            ("zfssa:volblocksize", "64k"),
            ("zfssa:sparse", "<is> True"),
            ("zfssa:compression", "gzip"),
            ("zfssa:logbias", "throughput"),
        ]),
    )
    .await;
    assert_eq!(error.status(), Status::TypeMismatch);
    for what in ["block size", "compression", "logbias"] {
        assert!(error.message().contains(what), "{what}: {error}");
    }
    assert!(!error.message().contains("provisioning"), "{error}");
    let error = refused(&bench, typed(&[("zfssa:colour", "red")])).await;
    assert_eq!(error.status(), Status::InvalidArgument);
    let fits = typed(&[("zfssa:volblocksize", "8k"), ("zfssa:sparse", "true")]);
    driver.call(fits).await.unwrap();
}

#[tokio::test]
async fn the_strict_policy_wants_the_property() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_manage_policy", "strict");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
        .foreign_lun(json!({"name": "data", "volsize": "1g"}))
        .await;
    let error = refused(&bench, manage("volume-1", "data")).await;
    assert_eq!(error.status(), Status::InvalidReference);
    assert!(error.message().contains("cinder_managed"), "{error}");
    let free = json!({"name": "free", "volsize": "1g", "custom:cinder_managed": false});
    bench.foreign_lun(free).await;
    bench.driver.call(manage("volume-1", "free")).await.unwrap();
}

#[tokio::test]
async fn hosts_keep_a_lun_only_when_asked_and_only_where_it_makes_sense() {
    let bench = bench_with_lun().await;
    let keep = |name: &str, source: &str| ManageExisting {
        keep_presentation: true,
        ..manage(name, source)
    };
    // It is presented through the target group "default": hosts of this backend look elsewhere.
    let error = refused(&bench, keep("volume-1", "data")).await;
    assert_eq!(error.status(), Status::InvalidReference);
    assert!(error.message().contains("tgt-grp"), "{error}");
    let seen = json!({
        "name": "seen", "volsize": "1g", "targetgroup": "tgt-grp", "initiatorgroup": ["host-a"],
    });
    bench.foreign_lun(seen).await;
    let managed = bench.driver.call(keep("volume-1", "seen")).await.unwrap();
    assert_eq!(managed.volume.initiator_groups, ["host-a"]);
    assert!(managed.taken_from.is_empty());
    let attach = InitializeConnection {
        volume: own("volume-1"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    assert!(!bench.driver.call(attach).await.unwrap().changed);
}

#[tokio::test]
async fn a_volume_that_is_let_go_gets_a_free_name() {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    let long = format!("volume-{}", "x".repeat(57));
    for name in ["volume-1", &long] {
        let let_go = || Unmanage { name: own(name) };
        let mut names = Vec::new();
        for _ in 0..3 {
            driver.call(volume(name)).await.unwrap();
            let gone = driver.call(let_go()).await.unwrap();
            assert!(gone.changed && gone.new_name.len() <= 64);
            assert!(!names.contains(&gone.new_name), "{names:?}");
            names.push(gone.new_name);
            let again = driver.call(let_go()).await.unwrap();
            assert!(!again.changed);
            assert_eq!(names.last(), Some(&again.new_name));
        }
        let look = GetVolume {
            name: names.remove(0),
        };
        assert_eq!(driver.call(look).await.unwrap().managed, Some(false));
    }
    let error = driver
        .call(Unmanage {
            name: own("volume-9"),
        })
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::VolumeNotFound);
}

#[tokio::test]
async fn snapshots_are_managed_and_let_go() {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    driver.call(volume("volume-1")).await.unwrap();
    let take = |name: &str| CreateSnapshot {
        volume: own("volume-1"),
        name: own(name),
    };
    for name in ["monday", "snapshot-1", "tmp-snapshot-2"] {
        driver.call(take(name)).await.unwrap();
    }
    let adopt = |name: &str, source: &str| ManageExistingSnapshot {
        volume: own("volume-1"),
        name: own(name),
        source_name: own(source),
    };
    let size = ManageExistingSnapshotGetSize {
        volume: own("volume-1"),
        source_name: own("monday"),
    };
    assert_eq!(driver.call(size).await.unwrap().size_gib, 1);
    let managed = driver.call(adopt("snapshot-5", "monday")).await.unwrap();
    assert!(managed.changed);
    assert_eq!(managed.snapshot.name, "snapshot-5");
    let again = driver.call(adopt("snapshot-5", "monday")).await.unwrap();
    assert!(!again.changed);

    for (name, source, status) in [
        ("snapshot-6", "snapshot-1", Status::AlreadyManaged),
        ("snapshot-6", "tmp-snapshot-2", Status::AlreadyManaged),
        ("snapshot-6", "tuesday", Status::InvalidReference),
        ("snapshot-6", "", Status::InvalidReference),
    ] {
        let error = driver.call(adopt(name, source)).await.unwrap_err();
        assert_eq!(error.status(), status, "{source}: {error:?}");
    }
    driver.call(take("wednesday")).await.unwrap();
    let error = driver
        .call(adopt("snapshot-5", "wednesday"))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::SnapshotExists);

    let let_go = |name: &str| UnmanageSnapshot {
        volume: own("volume-1"),
        name: own(name),
    };
    let gone = driver.call(let_go("snapshot-5")).await.unwrap();
    assert_eq!(gone.new_name, "unmanaged-snapshot-5");
    assert!(!driver.call(let_go("snapshot-5")).await.unwrap().changed);
    driver.call(take("snapshot-5")).await.unwrap();
    let gone = driver.call(let_go("snapshot-5")).await.unwrap();
    assert_eq!(gone.new_name, "unmanaged-snapshot-5-2");
    let error = driver.call(let_go("snapshot-8")).await.unwrap_err();
    assert_eq!(error.status(), Status::SnapshotNotFound);
    let managed = driver
        .call(adopt("snapshot-9", "unmanaged-snapshot-5"))
        .await;
    assert!(managed.unwrap().changed);
}

#[tokio::test]
async fn snapshots_of_a_managed_lun_are_named_because_they_keep_it() {
    let bench = bench_with_lun().await;
    let driver = &bench.driver;
    let take = CreateSnapshot {
        volume: own("data"),
        name: own("monday"),
    };
    driver.call(take).await.unwrap();
    let managed = driver.call(manage("volume-1", "data")).await.unwrap();
    assert_eq!(managed.snapshots, ["monday"]);
    let delete = DeleteVolume {
        name: own("volume-1"),
    };
    let error = driver.call(delete).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy);
}

#[tokio::test]
async fn lists_say_what_is_whose() {
    let bench = bench_with_lun().await;
    let driver = &bench.driver;
    let known = |id: &str, name: &str| KnownObject {
        id: own(id),
        name: own(name),
    };
    for name in ["volume-1", "volume-2"] {
        driver.call(volume(name)).await.unwrap();
    }
    driver
        .call(Unmanage {
            name: own("volume-2"),
        })
        .await
        .unwrap();
    driver.call(volume("volume-3")).await.unwrap();
    let list = driver.call(GetManageableVolumes {
        cinder_volumes: vec![known("id-1", "volume-1")],
        page: Page::default(),
    });
    let list = list.await.unwrap();
    let told: Vec<_> = list
        .entries
        .iter()
        .map(|e| {
            let reason = e.reason_not_safe.as_str();
            (
                e.reference.as_str(),
                e.size_gib,
                reason,
                e.cinder_id.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("data", 2, "in use: presented to default", ""),
            ("unmanaged-volume-2", 1, "", ""),
            ("volume-1", 1, "already managed", "id-1"),
            ("volume-3", 1, "managed by another host", ""),
        ]
    );
    for entry in &list.entries {
        assert_eq!(entry.safe_to_manage, entry.reason_not_safe.is_empty());
    }

    for (volume, name) in [
        ("volume-1", "monday"),
        ("volume-1", "snapshot-1"),
        ("data", "tuesday"),
    ] {
        let take = CreateSnapshot {
            volume: own(volume),
            name: own(name),
        };
        driver.call(take).await.unwrap();
    }
    let clone = CreateVolumeFromSnapshot {
        name: own("volume-4"),
        size_gib: 1,
        source_volume: own("volume-1"),
        snapshot: own("snapshot-1"),
        ..CreateVolumeFromSnapshot::default()
    };
    driver.call(clone).await.unwrap();
    let list = driver.call(GetManageableSnapshots {
        cinder_snapshots: vec![known("id-s", "snapshot-1")],
        page: Page::default(),
    });
    let list = list.await.unwrap();
    let told: Vec<_> = list
        .entries
        .iter()
        .map(|e| {
            let reason = e.reason_not_safe.as_str();
            (e.source_reference.as_str(), e.reference.as_str(), reason)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("volume-1", "monday", ""),
            ("volume-1", "snapshot-1", "already managed"),
            ("data", "tuesday", "its volume is not managed"),
        ]
    );
}

/// Two hosts manage the same LUN at the same time: one wins, the other is told.
#[tokio::test]
async fn a_race_has_one_winner() {
    let bench = bench_with_lun().await;
    let other = zfssa::driver::Driver::new(bench.driver.config().clone()).unwrap();
    let call = |driver: &zfssa::driver::Driver, name: &str| {
        let driver = driver.clone();
        let request = manage(name, "data");
        async move {
            let scope = driver.scope(Call::default());
            driver.run(request, &scope).await
        }
    };
    let (a, b) = tokio::join!(call(&bench.driver, "volume-1"), call(&other, "volume-2"));
    let lost = match (a, b) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        both => panic!("{both:?}"),
    };
    assert!(
        matches!(
            lost.status(),
            Status::StateChanged | Status::InvalidReference
        ),
        "{lost:?}"
    );
    assert_ne!(lost.outcome(), Outcome::Unknown);
}
