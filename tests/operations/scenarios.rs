//! One call of each operation, on an appliance where it succeeds.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use support::{Fixture, HOST_A, HOST_C, San, until};
use zfssa::driver::*;
use zfssa_appliance::{Fault, FaultKind, Options, Release};

/// volume-1 on the first of two appliances.
async fn prepared_pair() -> Fixture {
    let bench = Fixture::pair(|_| {}).await;
    let volume = CreateVolume {
        name: own("volume-1"),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.driver.call(volume).await.unwrap();
    bench
}

fn own(text: &str) -> String {
    text.to_owned()
}

fn member() -> GroupMember {
    GroupMember {
        volume: own("volume-1"),
        snapshot: own("snapshot-g"),
    }
}

fn image(name: &str) -> CloneImage {
    image_called("img", name)
}

fn image_called(id: &str, name: &str) -> CloneImage {
    CloneImage {
        name: own(name),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: own(id),
        image_updated_at: own("v1"),
        image_virtual_size: 1,
        initiator: own(HOST_A),
        transfer: Arc::new(HostTransfer::new(|_, _, answer: TransferReply| {
            answer.done()
        })),
    }
}

fn clone(name: &str) -> CreateClonedVolume {
    CreateClonedVolume {
        name: own(name),
        size_gib: 2,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    }
}

/// The first attachment of a host.
fn new_host() -> InitializeConnection {
    InitializeConnection {
        volume: own("volume-1"),
        initiator: own(HOST_C),
        host_name: own("host-c"),
        ..InitializeConnection::default()
    }
}

/// volume-1 with snapshot-1, its clone volume-2, a volume with a snapshot that can be set back,
/// and a LUN of somebody else.
async fn prepared() -> Fixture {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_register_hosts", "true");
        config.set("zfssa_unregister_hosts", "true");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let driver = &bench.driver;
    for name in ["volume-1", "volume-back"] {
        let volume = CreateVolume {
            name: own(name),
            size_gib: 1,
            ..CreateVolume::default()
        };
        driver.call(volume).await.unwrap();
        let snapshot = CreateSnapshot {
            volume: own(name),
            name: own("snapshot-1"),
        };
        driver.call(snapshot).await.unwrap();
    }
    driver.call(clone("volume-2")).await.unwrap();
    let monday = CreateSnapshot {
        volume: own("volume-1"),
        name: own("monday"),
    };
    driver.call(monday).await.unwrap();
    let lun = json!({"name": "data", "volsize": "1g"});
    bench.foreign_lun(lun).await;
    bench
}

/// Begins an operation whose process dies when its request of this path was carried out.
async fn dies_at<O: Operation>(bench: &Fixture, id: &str, operation: O, path: &str) {
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", path);
    bench.appliance.faults().push(hang.after_commit());
    bench.dies_held(id, operation).await;
    bench.appliance.faults().clear();
    bench.appliance.release();
    // The next process to die waits for a held request of its own.
    assert!(until(|| bench.appliance.held() == 0).await);
}

/// Journals of two dead processes, one that made a clone and one that made a cache entry, and a
/// volume that is the last clone of another cache entry.
async fn leave_journals(bench: &Fixture) {
    bench.driver.call(image(OF_IMAGE)).await.unwrap();
    dies_at(bench, "dead-clone", clone("volume-3"), "/clone$").await;
    let writing = image_called("img-2", "volume-4");
    dies_at(bench, "dead-image", writing, "/luns/os-cache-vol-img-2$").await;
    assert_eq!(bench.journals().len(), 2);
}

/// An appliance on which an operation has something to do.
pub async fn prepared_for(operation: &str) -> Fixture {
    match operation {
        "migrate_volume" => prepared_pair().await,
        "create_api_token" => {
            let bench = prepared().await;
            bench.appliance.tune(|knobs| knobs.release = Release::Os88);
            run(&bench, operation).await;
            bench
        }
        "do_setup" => {
            let bench = prepared().await;
            for (kind, group, members) in [
                ("initiator-groups", "host-a", "initiators"),
                ("target-groups", "tgt-grp", "targets"),
            ] {
                let emptied = San::Change(kind, group, json!({ members: [] }));
                bench.foreign_san(emptied).await;
            }
            leave_journals(&bench).await;
            bench
        }
        "audit" | "recover" => {
            let bench = prepared().await;
            leave_journals(&bench).await;
            bench
        }
        "terminate_connection" => {
            let bench = prepared().await;
            bench.driver.call(new_host()).await.unwrap();
            bench
        }
        "delete_volume" => {
            let bench = prepared().await;
            bench.driver.call(image(OF_IMAGE)).await.unwrap();
            bench
        }
        _ => prepared().await,
    }
}

/// The volume that is made from an image where a scenario needs one.
const OF_IMAGE: &str = "volume-of-image";

/// Calls an operation by its name.
pub async fn run(bench: &Fixture, operation: &str) {
    macro_rules! call {
        ($operation:expr) => {
            bench.driver.call($operation).await.map(drop)
        };
    }
    let (volume, name) = (own("volume-1"), own("snapshot-1"));
    let existing = ExistingRef {
        source_name: own("data"),
        ..ExistingRef::default()
    };
    let done = match operation {
        "echo" => call!(Echo::default()),
        "do_setup" => call!(DoSetup {}),
        "check_for_setup_error" => call!(CheckForSetupError {}),
        "get_certificate" => call!(GetCertificate {}),
        "get_volume_stats" => call!(GetVolumeStats {}),
        "create_volume" => call!(CreateVolume {
            name: own("volume-3"),
            size_gib: 1,
            ..CreateVolume::default()
        }),
        // A clone of a volume, and the last one of an image.
        "delete_volume" => {
            let name = own("volume-2");
            let of_volume = call!(DeleteVolume { name });
            let name = own(OF_IMAGE);
            of_volume.and(call!(DeleteVolume { name }))
        }
        "extend_volume" => call!(ExtendVolume {
            name: volume,
            size_gib: 3
        }),
        "get_volume" => call!(GetVolume { name: volume }),
        "list_volumes" => call!(ListVolumes::default()),
        "create_snapshot" => call!(CreateSnapshot {
            volume,
            name: own("snapshot-2")
        }),
        "delete_snapshot" => call!(DeleteSnapshot { volume, name }),
        "list_snapshots" => call!(ListSnapshots {
            volume: volume.into(),
            ..ListSnapshots::default()
        }),
        "create_volume_from_snapshot" => call!(CreateVolumeFromSnapshot {
            name: own("volume-3"),
            size_gib: 2,
            source_volume: volume,
            snapshot: name,
            ..CreateVolumeFromSnapshot::default()
        }),
        "create_cloned_volume" => call!(clone("volume-3")),
        "clone_image" => call!(image("volume-3")),
        "initialize_connection" => call!(new_host()),
        "terminate_connection" => call!(TerminateConnection {
            volume,
            initiator: HOST_C.into(),
            still_attached: None
        }),
        "create_export" => call!(CreateExport { volume }),
        "ensure_export" => call!(EnsureExport { volume }),
        "remove_export" => call!(RemoveExport { volume }),
        "manage_existing" => call!(ManageExisting {
            name: own("volume-3"),
            existing,
            ..ManageExisting::default()
        }),
        "manage_existing_get_size" => call!(ManageExistingGetSize { existing }),
        "unmanage" => call!(Unmanage { name: volume }),
        "get_manageable_volumes" => call!(GetManageableVolumes::default()),
        "get_manageable_snapshots" => call!(GetManageableSnapshots::default()),
        "manage_existing_snapshot" => call!(ManageExistingSnapshot {
            volume,
            name: own("snapshot-2"),
            source_name: own("monday")
        }),
        "manage_existing_snapshot_get_size" => call!(ManageExistingSnapshotGetSize {
            volume,
            source_name: name
        }),
        "unmanage_snapshot" => call!(UnmanageSnapshot { volume, name }),
        "update_provider_info" => call!(UpdateProviderInfo {
            volumes: vec![KnownObject {
                id: own("1"),
                name: volume
            }],
            snapshots: Vec::new()
        }),
        "update_migrated_volume" => call!(UpdateMigratedVolume {
            original_name: own("volume-3"),
            current_name: volume,
            ..UpdateMigratedVolume::default()
        }),
        "retype" => call!(Retype {
            name: volume,
            extra_specs: vec![(own("zfssa:compression"), own("gzip"))]
        }),
        "revert_to_snapshot" => call!(RevertToSnapshot {
            volume: own("volume-back"),
            snapshot: name,
            ..RevertToSnapshot::default()
        }),
        "create_group" => call!(CreateGroup { id: own("g") }),
        "update_group" => call!(UpdateGroup {
            id: own("g"),
            add_volumes: vec![volume],
            remove_volumes: Vec::new()
        }),
        "delete_group" => call!(DeleteGroup {
            id: own("g"),
            volumes: vec![own("volume-2")]
        }),
        "create_group_snapshot" => call!(CreateGroupSnapshot {
            id: own("g"),
            members: vec![member()]
        }),
        "delete_group_snapshot" => call!(DeleteGroupSnapshot {
            id: own("g"),
            members: vec![GroupMember {
                volume,
                snapshot: name
            }]
        }),
        "create_group_from_src" => call!(CreateGroupFromSrc {
            id: own("g"),
            volumes: vec![GroupClone {
                name: own("volume-3"),
                size_gib: 2,
                source_volume: volume,
                snapshot: name,
                ..GroupClone::default()
            }]
        }),
        "migrate_volume" => call!(bench.migration("volume-1")),
        // The clone, whose journal is left, and the last clone of an image are not the host's.
        "audit" => call!(Audit {
            volumes: ["volume-1", "volume-2", "volume-back"].map(own).to_vec(),
            fix: true,
            fix_volumes: true,
            min_age: Some(Duration::ZERO),
            ..Audit::default()
        }),
        "recover" => call!(Recover::default()),
        "create_api_token" => call!(CreateApiToken {
            name: own("host-1"),
            lifetime: Duration::from_secs(3600),
            token_file: bench.dir.path().join("token").display().to_string(),
            ..CreateApiToken::default()
        }),
        unknown => panic!("{unknown} is called nowhere"),
    };
    done.unwrap_or_else(|error| panic!("{operation}: {error:?}"));
}
