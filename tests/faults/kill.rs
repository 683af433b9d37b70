//! Every journalled flow, killed at every request: before the appliance gets it, and after the
//! appliance carried it out while the answer is under way. Then recovery in a new process, which
//! is killed at every request in the same way (a sample of those pairs), and recovery again.
//!
//! See [`support::kill`].

use std::sync::Arc;

use serde_json::Value;
use support::etcd::{self, Cluster};
use support::matrix::PREPARED;
use support::{Fixture, HOST_A, PROJECT, kill, path_text};
use zfssa::driver::{
    CloneImage, CreateClonedVolume, CreateGroupFromSrc, CreateSnapshot, CreateVolume,
    CreateVolumeFromSnapshot, DeleteGroup, DeleteVolume, DoSetup, Driver, GroupClone, HostTransfer,
    TransferReply, Unmanage,
};
use zfssa::error::{Outcome, Status};
use zfssa::scope::Scope;
use zfssa_appliance::{Fault, FaultKind, Options};

/// Of the pairs of a kill and a kill of the recovery, one in so many is tried; all of them with
/// `ZFSSA_KILL_ALL` set.
const SAMPLE: usize = 10;
/// The same where another host recovers.
const AMONG_HOSTS_SAMPLE: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    FromSnapshot,
    FromSnapshotLarger,
    Clone,
    CloneLarger,
    DeleteClone,
    DeleteCloneOfSnapshot,
    CloneImage,
    CloneImageAgain,
    CloneUpdatedImage,
    ReplaceStaleImage,
    DeleteLastOfImage,
    DeleteGroup,
    GroupFromGroup,
}

const SCENARIOS: &[Scenario] = &[
    Scenario::FromSnapshot,
    Scenario::FromSnapshotLarger,
    Scenario::Clone,
    Scenario::CloneLarger,
    Scenario::DeleteClone,
    Scenario::DeleteCloneOfSnapshot,
    Scenario::CloneImage,
    Scenario::CloneImageAgain,
    Scenario::CloneUpdatedImage,
    Scenario::ReplaceStaleImage,
    Scenario::DeleteLastOfImage,
    Scenario::DeleteGroup,
    Scenario::GroupFromGroup,
];

fn own(text: &str) -> String {
    text.to_owned()
}

fn clone(size_gib: u64) -> CreateClonedVolume {
    CreateClonedVolume {
        name: own("volume-2"),
        size_gib,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    }
}

fn from_snapshot(size_gib: u64) -> CreateVolumeFromSnapshot {
    CreateVolumeFromSnapshot {
        name: own("volume-2"),
        size_gib,
        source_volume: own("volume-1"),
        snapshot: own("snapshot-1"),
        ..CreateVolumeFromSnapshot::default()
    }
}

fn from_image() -> CloneImage {
    from_version("volume-2", "v1")
}

fn from_version(volume: &str, version: &str) -> CloneImage {
    CloneImage {
        name: own(volume),
        size_gib: 2,
        extra_specs: Vec::new(),
        image_id: own("img-1"),
        image_updated_at: own(version),
        image_virtual_size: 1,
        initiator: own(HOST_A),
        transfer: Arc::new(HostTransfer::new(|_, _, answer: TransferReply| {
            answer.done()
        })),
    }
}

/// Both volumes of a group; the second one is a clone of the first.
fn group() -> DeleteGroup {
    DeleteGroup {
        id: own("group-1"),
        volumes: vec![own("volume-1"), own("volume-2")],
    }
}

/// Clones of both, of one instant.
fn group_from_group() -> CreateGroupFromSrc {
    let of = |number: u32| GroupClone {
        name: format!("volume-1{number}"),
        size_gib: 1,
        source_volume: format!("volume-{number}"),
        ..GroupClone::default()
    };
    CreateGroupFromSrc {
        id: own("group-2"),
        volumes: vec![of(1), of(2)],
    }
}

impl kill::Scenario for Scenario {
    const MODULE: &'static str = module_path!();

    /// An appliance on which it can run.
    async fn prepare(self) -> Fixture {
        let bench = Fixture::raw(Options::default(), |_| {}).await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        let volume = CreateVolume {
            name: own("volume-1"),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.call_as(PREPARED, volume).await.unwrap();
        if self != Scenario::DeleteGroup {
            let snapshot = CreateSnapshot {
                volume: own("volume-1"),
                name: own("snapshot-1"),
            };
            bench.call_as(PREPARED, snapshot).await.unwrap();
        }
        match self {
            Scenario::DeleteClone | Scenario::DeleteGroup | Scenario::GroupFromGroup => {
                bench.call_as(PREPARED, clone(1)).await.unwrap();
            }
            Scenario::CloneImageAgain | Scenario::CloneUpdatedImage => {
                let image = from_version("volume-3", "v1");
                bench.call_as(PREPARED, image).await.unwrap();
            }
            Scenario::ReplaceStaleImage => {
                let image = from_version("volume-3", "v0");
                bench.call_as(PREPARED, image).await.unwrap();
                bench.force_delete("volume-3").await;
            }
            Scenario::DeleteCloneOfSnapshot => {
                bench.call_as(PREPARED, from_snapshot(1)).await.unwrap();
            }
            Scenario::DeleteLastOfImage => {
                bench.call_as(PREPARED, from_image()).await.unwrap();
            }
            _ => {}
        }
        bench
    }

    /// Whether a state that is neither that before nor that after is good all the same: a cache
    /// entry is complete, hidden and ready for the next volume, or a stale one is gone, and the
    /// volume is not there. The volumes of a group are made and deleted one by one, so that only
    /// the same call again has to lead to the end.
    fn allows(self, state: &Value, before: &Value) -> bool {
        let luns = |state: &Value, project: &str| {
            state["pools"][support::POOL]["projects"][project]["luns"].clone()
        };
        let entries = luns(state, "os-cinder-cache");
        let entry = |name: &str| {
            let entry = &entries[name];
            entry["snapshots"][0]["name"] == "image-img-1"
                && entry["snapshots"][0]["clones"]
                    .as_array()
                    .is_some_and(Vec::is_empty)
                && entry["views"][0]["group"] == zfssa_appliance::MASK_ALL
        };
        let names = entries.as_object().map(|entries| entries.keys().cloned());
        let mut names = names.into_iter().flatten();
        let volumes_as_before = luns(state, PROJECT) == luns(before, PROJECT);
        match self {
            Scenario::CloneImage => volumes_as_before && entry("os-cache-vol-img-1"),
            Scenario::ReplaceStaleImage => {
                volumes_as_before && (names.next().is_none() || entry("os-cache-vol-img-1"))
            }
            Scenario::CloneUpdatedImage => {
                volumes_as_before && names.any(|name| name != "os-cache-vol-img-1" && entry(&name))
            }
            Scenario::DeleteGroup | Scenario::GroupFromGroup => true,
            _ => false,
        }
    }

    /// The operation, in a child.
    async fn run(self, driver: &Driver, scope: &Scope) {
        let delete = DeleteVolume {
            name: own("volume-2"),
        };
        match self {
            Scenario::FromSnapshot => drop(driver.run(from_snapshot(1), scope).await.unwrap()),
            Scenario::FromSnapshotLarger => {
                drop(driver.run(from_snapshot(3), scope).await.unwrap());
            }
            Scenario::Clone => drop(driver.run(clone(1), scope).await.unwrap()),
            Scenario::CloneLarger => drop(driver.run(clone(3), scope).await.unwrap()),
            Scenario::CloneImage | Scenario::CloneImageAgain => {
                drop(driver.run(from_image(), scope).await.unwrap());
            }
            Scenario::CloneUpdatedImage | Scenario::ReplaceStaleImage => {
                let image = from_version("volume-2", "v2");
                drop(driver.run(image, scope).await.unwrap());
            }
            Scenario::DeleteGroup => {
                let deleted = driver.run(group(), scope).await.unwrap();
                assert!(deleted.all_deleted, "{deleted:?}");
            }
            Scenario::GroupFromGroup => {
                drop(driver.run(group_from_group(), scope).await.unwrap());
            }
            Scenario::DeleteClone
            | Scenario::DeleteCloneOfSnapshot
            | Scenario::DeleteLastOfImage => {
                let _ = driver.run(delete, scope).await.unwrap();
            }
        }
    }
}

/// Not a test of its own: what a child does.
#[test]
fn child() {
    kill::child(SCENARIOS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_may_die_at_any_request() {
    kill::hold(SCENARIOS, SAMPLE, 50).await;
}

/// The flows of which the recovery by another host is tried; all of them with `ZFSSA_KILL_ALL` set.
const AMONG_HOSTS: &[Scenario] = &[
    Scenario::FromSnapshotLarger,
    Scenario::DeleteClone,
    Scenario::CloneImage,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_may_die_at_any_request_and_another_recovers() {
    let all = std::env::var_os("ZFSSA_KILL_ALL").is_some();
    let scenarios = if all { SCENARIOS } else { AMONG_HOSTS };
    // Its processes end with the thread that started them: this one.
    let cluster = tokio::task::block_in_place(|| Cluster::start(&etcd::Options::default()));
    let ports = cluster.ports().into_iter();
    let members: Vec<_> = ports.map(|port| format!("127.0.0.1:{port}")).collect();
    kill::hold_among_hosts(scenarios, AMONG_HOSTS_SAMPLE, 30, &members.join(",")).await;
}

/// By a process that has the journals and not the locks.
#[tokio::test]
async fn a_volume_that_a_live_process_makes_is_busy() {
    let bench = kill::Scenario::prepare(Scenario::CloneLarger).await;
    let growing = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/volume-2$");
    let living = kill::working::<Scenario>(&bench, "CloneLarger", growing).await;
    let sibling = bench.driver_with(|config| {
        let state = bench.dir.path().join("state");
        config.set("zfssa_state_dir", path_text(&state));
        config.set("zfssa_lock_dir", "none");
    });
    let unmanage = Unmanage {
        name: own("volume-2"),
    };
    let error = sibling.call(unmanage).await.unwrap_err();
    assert_eq!(error.status(), Status::Busy, "{error}");
    assert_eq!(error.outcome(), Outcome::None);
    bench.appliance.release();
    assert!(living.ends().await);
    assert_eq!(bench.lun("volume-2")["volsize"], 3_u64 << 30);
}
