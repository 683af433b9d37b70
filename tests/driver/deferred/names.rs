//! Deleted objects that wait for their clones are no object of any call.

use support::{Fixture, HOST_A, POOL, PROJECT, volume};
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::driver::{
    Call, CreateGroupSnapshot, DeleteGroup, ExistingRef, ExtendVolume, GetVolume, GroupMember,
    InitializeConnection, ManageExisting, ManageExistingSnapshot, Operation, RevertToSnapshot,
    Unmanage, UnmanageSnapshot, UpdateGroup, UpdateMigratedVolume,
};
use zfssa::error::{Outcome, Status};

use super::*;

async fn refused<O: Operation>(bench: &Fixture, operation: O)
where
    O::Output: std::fmt::Debug,
{
    let error = bench.driver.call(operation).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::InvalidArgument, Outcome::None),
        "{error}"
    );
    assert!(error.message().contains("deleted-"), "{error}");
}

#[tokio::test]
async fn no_operation_takes_the_name_of_a_deleted_object() {
    let bench = deferring().await;
    defer_volume_and_snapshot(&bench).await;
    let name = deferred(&bench, "volume-1");
    let of_live = bench.snapshots_of("volume-2").remove(0);
    assert!(of_live.starts_with("deleted-"), "{of_live}");
    let before = bench.state();
    let member = |volume: &str, snapshot: &str| GroupMember {
        volume: own(volume),
        snapshot: own(snapshot),
    };

    refused(&bench, volume(&name)).await;
    refused(&bench, GetVolume { name: name.clone() }).await;
    refused(&bench, DeleteVolume { name: name.clone() }).await;
    refused(&bench, Unmanage { name: name.clone() }).await;
    refused(&bench, cloned(&name, "volume-2")).await;
    refused(&bench, cloned("volume-4", &name)).await;
    refused(&bench, from_snapshot("volume-4", &name, "tmp-snapshot-2")).await;
    refused(&bench, from_snapshot("volume-4", "volume-2", &of_live)).await;
    let extend = ExtendVolume {
        name: name.clone(),
        size_gib: 2,
    };
    refused(&bench, extend).await;
    let attach = InitializeConnection {
        volume: name.clone(),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    refused(&bench, attach).await;
    for (volume, name) in [
        (name.as_str(), "snapshot-9"),
        ("volume-2", of_live.as_str()),
    ] {
        let take = CreateSnapshot {
            volume: own(volume),
            name: own(name),
        };
        refused(&bench, take).await;
        let delete = DeleteSnapshot {
            volume: own(volume),
            name: own(name),
        };
        refused(&bench, delete).await;
        let unmanage = UnmanageSnapshot {
            volume: own(volume),
            name: own(name),
        };
        refused(&bench, unmanage).await;
        let revert = RevertToSnapshot {
            volume: own(volume),
            snapshot: own(name),
            size_gib: 0,
        };
        refused(&bench, revert).await;
        let group = CreateGroupSnapshot {
            id: own("group-snapshot-1"),
            members: vec![member(volume, name)],
        };
        refused(&bench, group).await;
    }
    let add = UpdateGroup {
        id: own("group-1"),
        add_volumes: vec![name.clone()],
        ..UpdateGroup::default()
    };
    refused(&bench, add).await;
    let rename = UpdateMigratedVolume {
        original_name: own("volume-1"),
        current_name: name.clone(),
        ..UpdateMigratedVolume::default()
    };
    refused(&bench, rename).await;
    let group = DeleteGroup {
        id: own("group-1"),
        volumes: vec![name.clone()],
    };
    let deleted = bench.driver.call(group).await.unwrap();
    assert!(!deleted.all_deleted, "{deleted:?}");

    for source_guid in [
        String::new(),
        own(bench.lun(&name)["lunguid"].as_str().unwrap()),
    ] {
        let source_name = match source_guid.is_empty() {
            true => name.clone(),
            false => String::new(),
        };
        let manage = ManageExisting {
            name: own("volume-9"),
            existing: ExistingRef {
                source_name,
                source_guid,
            },
            ..ManageExisting::default()
        };
        let error = bench.driver.call(manage).await.unwrap_err();
        assert_eq!(error.status(), Status::AlreadyManaged, "{error}");
        assert!(
            error.message().contains("deleted volume volume-1"),
            "{error}"
        );
    }
    let manage = ManageExistingSnapshot {
        volume: own("volume-2"),
        name: own("snapshot-9"),
        source_name: of_live,
    };
    let error = bench.driver.call(manage).await.unwrap_err();
    assert_eq!(error.status(), Status::AlreadyManaged, "{error}");
    assert!(
        error.message().contains("waits for the deletion"),
        "{error}"
    );
    assert_eq!(bench.state(), before);
}

/// Changes a volume as another program would.
async fn change(bench: &Fixture, name: &str, change: &LunChange<'_>) {
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let scope = bench.driver.scope(Call::default());
    let changed = bench
        .driver
        .appliance()
        .change_lun(&scope, place, name, change);
    changed.await.unwrap();
}

async fn is_busy_and_stays(bench: &Fixture, reason: &str) {
    let before = bench.state();
    let error = delete(bench, "volume-1").await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy);
    assert!(error.message().contains(reason), "{error}");
    assert_eq!(bench.state(), before);
}

/// The migration would lose its source.
#[tokio::test]
async fn a_volume_that_migrates_is_not_renamed() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    let guid = own(bench.lun("volume-1")["lunguid"].as_str().unwrap());
    let mark = format!("migrating/{guid}/host/pool/project/1//id/");
    let marked = LunChange {
        operation: Some(&mark),
        ..LunChange::default()
    };
    change(&bench, "volume-1", &marked).await;
    is_busy_and_stays(&bench, "migrates").await;
}

/// The library protects only clones.
#[tokio::test]
async fn a_volume_that_an_administrator_protected_stays() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    let protected = LunChange {
        nodestroy: Some(true),
        ..LunChange::default()
    };
    change(&bench, "volume-1", &protected).await;
    is_busy_and_stays(&bench, "nodestroy").await;

    let unprotected = LunChange {
        nodestroy: Some(false),
        ..LunChange::default()
    };
    change(&bench, "volume-1", &unprotected).await;
    delete(&bench, "volume-1").await.unwrap();
    let name = deferred(&bench, "volume-1");
    change(&bench, &name, &protected).await;
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.luns(0), [name]);
}

/// An administrator cleared the marker to restore the volume.
#[tokio::test]
async fn a_volume_whose_marker_was_cleared_stays() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    let name = deferred(&bench, "volume-1");
    let restored = LunChange {
        operation: Some(""),
        ..LunChange::default()
    };
    change(&bench, &name, &restored).await;
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.luns(0), [name]);
}
