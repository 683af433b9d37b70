//! Groups: snapshots of one instant, all or none, and nothing on volumes that are no members.

use support::matrix::{ID, PREPARED, Scenario, hold};
use support::{Fixture, GIB, POOL, PROJECT, until};
use tokio_util::sync::CancellationToken;
use zfssa::appliance::ProjectRef;
use zfssa::driver::{
    Call, CreateClonedVolume, CreateGroup, CreateGroupFromSrc, CreateGroupSnapshot, CreateSnapshot,
    CreateVolume, CreateVolumeFromSnapshot, DeleteGroup, DeleteGroupSnapshot, DoSetup, GroupClone,
    GroupMember, ListSnapshots, ListVolumes, UpdateGroup,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Fault, FaultKind, Options};

fn own(text: &str) -> String {
    text.to_owned()
}

async fn make(bench: &Fixture, name: &str) {
    let volume = CreateVolume {
        name: own(name),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.call_as(PREPARED, volume).await.unwrap();
}

/// Three volumes, two of which are a group.
async fn with_volumes(bench: Fixture) -> Fixture {
    for name in ["volume-1", "volume-2", "volume-3"] {
        make(&bench, name).await;
    }
    bench
}

fn members() -> Vec<GroupMember> {
    let member = |number: u32| GroupMember {
        volume: format!("volume-{number}"),
        snapshot: format!("snapshot-{number}"),
    };
    vec![member(1), member(2)]
}

fn snapshot() -> CreateGroupSnapshot {
    CreateGroupSnapshot {
        id: own("g1"),
        members: members(),
    }
}

fn delete_snapshot() -> DeleteGroupSnapshot {
    DeleteGroupSnapshot {
        id: own("g1"),
        members: members(),
    }
}

/// A group of two, from the volumes themselves or from their snapshots.
fn from_src(of_snapshots: bool) -> CreateGroupFromSrc {
    let clone = |number: u32| GroupClone {
        name: format!("volume-1{number}"),
        size_gib: u64::from(number),
        source_volume: format!("volume-{number}"),
        snapshot: if of_snapshots {
            format!("snapshot-{number}")
        } else {
            String::new()
        },
        ..GroupClone::default()
    };
    CreateGroupFromSrc {
        id: own("g2"),
        volumes: vec![clone(1), clone(2)],
    }
}

async fn snapshots_of(bench: &Fixture, volume: &str) -> Vec<String> {
    let list = ListSnapshots {
        volume: volume.into(),
        ..ListSnapshots::default()
    };
    let found = bench.driver.call(list).await.unwrap().snapshots;
    found.into_iter().map(|snapshot| snapshot.name).collect()
}

#[tokio::test]
async fn a_groups_life_leaves_nothing_behind() {
    let bench = with_volumes(Fixture::ready().await).await;
    let driver = &bench.driver;
    let before = bench.state();
    driver.call(CreateGroup { id: own("g") }).await.unwrap();
    let update = |name: &str| UpdateGroup {
        id: own("g"),
        add_volumes: vec![own("volume-1"), own(name)],
        remove_volumes: Vec::new(),
    };
    driver.call(update("volume-2")).await.unwrap();
    let error = driver.call(update("volume-9")).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeNotFound);

    let taken = driver.call(snapshot()).await.unwrap().snapshots;
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|snapshot| snapshot.created));
    assert_eq!(taken[1].volume, "volume-2");
    let again = driver.call(snapshot()).await.unwrap().snapshots;
    assert!(again.iter().all(|snapshot| !snapshot.created), "{again:?}");
    assert_eq!(taken[0].created_at, taken[1].created_at);
    for number in 1..=2 {
        let names = snapshots_of(&bench, &format!("volume-{number}")).await;
        assert_eq!(names, [format!("snapshot-{number}")]);
    }
    assert!(snapshots_of(&bench, "volume-3").await.is_empty());

    let made = driver.call(from_src(true)).await.unwrap().volumes;
    assert_eq!(made[1].name, "volume-12");
    assert_eq!(made[1].size_bytes, 2 * GIB);
    let busy = driver.call(delete_snapshot()).await.unwrap();
    assert!(!busy.all_deleted);
    assert_eq!(busy.parts[0].status, Status::SnapshotBusy.code());
    assert!(busy.parts[0].error.contains("volume-11"), "{busy:?}");
    let delete = DeleteGroup {
        id: own("g2"),
        volumes: vec![own("volume-11"), own("volume-12"), own("volume-19")],
    };
    let gone = driver.call(delete).await.unwrap();
    assert!(gone.all_deleted && !gone.parts[2].existed);
    assert!(driver.call(delete_snapshot()).await.unwrap().all_deleted);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_group_of_a_group_needs_no_snapshot_of_the_host() {
    let bench = with_volumes(Fixture::ready().await).await;
    let driver = &bench.driver;
    let before = bench.state();
    let made = driver.call(from_src(false)).await.unwrap().volumes;
    let origin = made[0].origin.clone().unwrap();
    assert_eq!(
        (origin.volume.as_str(), origin.snapshot.as_str()),
        ("volume-1", "tmp-snapshot-11")
    );
    assert!(snapshots_of(&bench, "volume-3").await.is_empty());
    let again = driver.call(from_src(false)).await.unwrap().volumes;
    assert!(again.iter().all(|volume| !volume.created));
    let delete = DeleteGroup {
        id: own("g2"),
        volumes: vec![own("volume-11"), own("volume-12")],
    };
    assert!(driver.call(delete).await.unwrap().all_deleted);
    assert_eq!(bench.state(), before, "the temporary snapshots went too");
}

#[tokio::test]
async fn clones_within_a_group_are_deleted_before_their_sources() {
    let bench = with_volumes(Fixture::ready().await).await;
    for (name, source) in [("volume-4", "volume-1"), ("volume-5", "volume-4")] {
        let clone = CreateClonedVolume {
            name: own(name),
            size_gib: 1,
            source_volume: own(source),
            ..CreateClonedVolume::default()
        };
        bench.driver.call(clone).await.unwrap();
    }
    let names = ["volume-1", "volume-2", "volume-3", "volume-4", "volume-5"];
    let delete = DeleteGroup {
        id: own("g"),
        volumes: names.map(own).to_vec(),
    };
    let gone = bench.driver.call(delete).await.unwrap();
    assert!(gone.all_deleted, "{gone:?}");
    let left = bench.driver.call(ListVolumes::default()).await.unwrap();
    assert!(left.volumes.is_empty());
}

#[tokio::test]
async fn what_was_taken_at_another_instant_is_not_mixed_in() {
    let bench = with_volumes(Fixture::ready().await).await;
    let driver = &bench.driver;
    let early = CreateSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-1"),
    };
    driver.call(early).await.unwrap();
    let before = bench.state();
    let error = driver.call(snapshot()).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::SnapshotExists, Outcome::RolledBack)
    );
    assert_eq!(bench.state(), before);

    let mut stray = snapshot();
    stray.members[1].volume = own("volume-9");
    stray.members[0].snapshot = own("snapshot-7");
    let error = driver.call(stray).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeNotFound, "{error:?}");
    assert_eq!(bench.state(), before);
    let mut twice = snapshot();
    twice.members[1].volume = own("volume-1");
    let error = driver.call(twice).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_taken_up_at_its_instant() {
    let bench = with_volumes(Fixture::ready().await).await;
    let driver = &bench.driver;
    let scope = driver.scope(Call::default());
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let appliance = driver.appliance();
    let taken = appliance.create_project_snapshot(&scope, place, "tmp-snapshot-g1");
    taken.await.unwrap();
    let renamed =
        appliance.rename_snapshot(&scope, place, "volume-1", "tmp-snapshot-g1", "snapshot-1");
    renamed.await.unwrap();
    let taken = driver.call(snapshot()).await.unwrap().snapshots;
    assert_eq!(taken.len(), 2);
    assert_eq!(snapshots_of(&bench, "volume-2").await, ["snapshot-2"]);
    assert!(snapshots_of(&bench, "volume-3").await.is_empty());
    let project = appliance.has_project_snapshot(&scope, place, "tmp-snapshot-g1");
    assert!(!project.await.unwrap());
}

/// The volumes of the group are all of the project, so that no LUN shows the snapshot that is left.
#[tokio::test]
async fn what_a_creation_left_goes_with_the_group_snapshot() {
    let bench = Fixture::ready().await;
    for name in ["volume-1", "volume-2"] {
        make(&bench, name).await;
    }
    let driver = &bench.driver;
    let before = bench.state();
    let scope = driver.scope(Call::default());
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let appliance = driver.appliance();
    for renamed in [&members()[..], &[]] {
        let taken = appliance.create_project_snapshot(&scope, place, "tmp-snapshot-g1");
        taken.await.unwrap();
        for GroupMember { volume, snapshot } in renamed {
            let named =
                appliance.rename_snapshot(&scope, place, volume, "tmp-snapshot-g1", snapshot);
            named.await.unwrap();
        }
        let delete = DeleteGroupSnapshot {
            id: own("g1"),
            members: renamed.to_vec(),
        };
        assert!(driver.call(delete).await.unwrap().all_deleted);
        assert_eq!(bench.state(), before);
    }
}

/// Another id, no id, and a snapshot that a clone was made of.
#[tokio::test]
async fn the_snapshot_of_another_group_snapshot_stays() {
    let bench = with_volumes(Fixture::ready().await).await;
    let driver = &bench.driver;
    let scope = driver.scope(Call::default());
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let appliance = driver.appliance();
    for name in ["tmp-snapshot-g2", "tmp-snapshot-"] {
        let taken = appliance.create_project_snapshot(&scope, place, name);
        taken.await.unwrap();
    }
    let before = bench.state();
    for id in ["g1", ""] {
        let delete = DeleteGroupSnapshot {
            id: own(id),
            members: members(),
        };
        assert!(driver.call(delete).await.unwrap().all_deleted);
        assert_eq!(bench.state(), before, "{id}");
    }
    let from = CreateVolumeFromSnapshot {
        name: own("volume-4"),
        size_gib: 1,
        source_volume: own("volume-3"),
        snapshot: own("tmp-snapshot-g2"),
        ..CreateVolumeFromSnapshot::default()
    };
    driver.call(from).await.unwrap();
    let before = bench.state();
    let delete = DeleteGroupSnapshot {
        id: own("g2"),
        members: members(),
    };
    assert!(driver.call(delete).await.unwrap().all_deleted);
    assert_eq!(bench.state(), before);
}

/// The members are gone by then, so the error does not say that nothing was changed.
#[tokio::test]
async fn a_deletion_that_leaves_the_snapshot_of_the_project_says_so() {
    let left = "snapshot tmp-snapshot-g1 of the project";
    for (method, outcome, names) in [
        ("GET", Outcome::Applied, &[][..]),
        ("DELETE", Outcome::Unknown, &[left][..]),
    ] {
        let bench = with_volumes(Fixture::ready().await).await;
        let driver = &bench.driver;
        let before = bench.state();
        driver.call(snapshot()).await.unwrap();
        let scope = driver.scope(Call::default());
        let place = ProjectRef {
            pool: POOL,
            project: PROJECT,
        };
        let appliance = driver.appliance();
        let taken = appliance.create_project_snapshot(&scope, place, "tmp-snapshot-g1");
        taken.await.unwrap();
        let path = "/projects/[^/]*/snapshots/tmp-snapshot-g1$";
        let faults = bench.appliance.faults();
        faults.push(Fault::new(FaultKind::Reset).on(method, path).forever());
        let error = driver.call(delete_snapshot()).await.unwrap_err();
        assert_eq!(error.outcome(), outcome, "{error:?}");
        assert_eq!(error.left_behind(), names);
        faults.clear();
        assert!(driver.call(delete_snapshot()).await.unwrap().all_deleted);
        assert_eq!(bench.state(), before);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grouping {
    Snapshot,
    FromSnapshots,
    FromVolumes,
}

impl Scenario for Grouping {
    async fn prepare(self, rest_timeout: &str) -> Fixture {
        let bench = Fixture::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", rest_timeout);
            config.set("zfssa_operation_timeout", "60");
        })
        .await;
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        let bench = with_volumes(bench).await;
        if self == Grouping::FromSnapshots {
            bench.call_as(PREPARED, snapshot()).await.unwrap();
        }
        bench
    }

    async fn run(self, bench: &Fixture) -> Result<(), Error> {
        match self {
            Grouping::Snapshot => bench.call_as(ID, snapshot()).await.map(|_| ()),
            Grouping::FromSnapshots => bench.call_as(ID, from_src(true)).await.map(|_| ()),
            Grouping::FromVolumes => bench.call_as(ID, from_src(false)).await.map(|_| ()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_keeps_the_promises() {
    let scenarios = [
        Grouping::Snapshot,
        Grouping::FromSnapshots,
        Grouping::FromVolumes,
    ];
    hold(&scenarios, 300).await;
}

fn denied(method: &str, path: &str) -> Fault {
    Fault::new(FaultKind::denied()).on(method, path)
}

/// The call is cancelled while a rename is under way, and the appliance carries it out after the
/// rollback has seen the former name, before or after it looks for the new one.
#[tokio::test]
async fn a_rename_that_is_carried_out_during_the_rollback_is_rolled_back() {
    // The first request for the new name is that of the call itself, after it was cancelled.
    for (path, nth) in [("/volume-2/snapshots/snapshot-2$", 2), ("/dependents$", 1)] {
        renamed_during_the_rollback(path, nth).await;
    }
}

async fn renamed_during_the_rollback(path: &str, nth: u64) {
    let bench = with_volumes(Fixture::ready().await).await;
    let before = bench.state();
    let hang = || Fault::new(FaultKind::Hang { ms: None });
    let faults = bench.appliance.faults();
    faults.push(hang().on("PUT", "/volume-2/snapshots/tmp-snapshot-g1$"));
    faults.push(hang().on("GET", path).nth(nth));
    let cancel = CancellationToken::new();
    let call = Call {
        cancel: cancel.clone(),
        ..Call::default()
    };
    let driver = bench.driver.clone();
    let taking = tokio::spawn(async move { driver.run(snapshot(), &driver.scope(call)).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    cancel.cancel();
    assert!(until(|| bench.appliance.held() == 2).await);
    bench
        .foreign_rename("volume-2", "tmp-snapshot-g1", "snapshot-2")
        .await;
    bench.appliance.release();
    let error = taking.await.unwrap().unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::Unknown)
    );
    assert_eq!(bench.state(), before);
    // The same call finds nothing in its way.
    let taken = bench.driver.call(snapshot()).await.unwrap().snapshots;
    assert!(taken.iter().all(|snapshot| snapshot.created));
}

/// One volume of the group cannot be made, and what was made of another cannot be taken back.
#[tokio::test]
async fn what_one_member_left_is_told_for_the_group() {
    for left in [1, 2] {
        let bench = with_volumes(Fixture::ready().await).await;
        bench.driver.call(snapshot()).await.unwrap();
        let refused = 3 - left;
        let mut group = from_src(true);
        for volume in &mut group.volumes {
            volume.size_gib = 2;
        }
        let faults = bench.appliance.faults();
        faults.push(denied("PUT", &format!("/snapshot-{refused}/clone$")));
        faults.push(denied("PUT", &format!("/luns/volume-1{left}$")));
        faults.push(denied("DELETE", &format!("/luns/volume-1{left}$")).forever());
        let error = bench.driver.call(group).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
        assert_eq!(error.left_behind(), [format!("volume volume-1{left}")]);
    }
}

/// The same call with the same id, which fails this time.
#[tokio::test]
async fn a_repeated_call_leaves_the_volumes_of_the_first_one() {
    for of_snapshots in [true, false] {
        let bench = with_volumes(Fixture::ready().await).await;
        bench.driver.call(snapshot()).await.unwrap();
        bench.call_as(ID, from_src(of_snapshots)).await.unwrap();
        let reported = bench.state();
        let mut more = from_src(of_snapshots);
        more.volumes.push(GroupClone {
            name: own("volume-13"),
            size_gib: 1,
            source_volume: own("volume-3"),
            snapshot: own("no-such-snapshot"),
            ..GroupClone::default()
        });
        let error = bench.call_as(ID, more).await.unwrap_err();
        assert_eq!(bench.state(), reported, "{of_snapshots}: {error:?}");
    }
}
