//! Policy of a volume type for volumes and snapshots with clones, over the option of the backend.

use support::Cost;
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{
    Call, CreateVolume, DeleteGroup, DeleteGroupSnapshot, ExistingRef, GetVolume, GroupMember,
    ManageExisting, Retype, Unmanage, Volume,
};
use zfssa::error::{Outcome, Status};
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::{Fault, FaultKind};

use super::*;

const SPEC: &str = "zfssa:delete_with_clones";
const PROPERTY: &str = "zfssa_delete_with_clones";
const PLACE: ProjectRef<'static> = ProjectRef {
    pool: support::POOL,
    project: support::PROJECT,
};

fn typed(policy: &str) -> Vec<(String, String)> {
    vec![(own(SPEC), own(policy))]
}

/// A backend with the option `zfssa_delete_with_clones`, on an appliance that was set up.
async fn backend(option: &str) -> Fixture {
    let option = own(option);
    let set = move |config: &mut ConfigBuilder| {
        config.set("zfssa_delete_with_clones", &option);
    };
    let bench = Fixture::raw(Options::default(), set).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
}

fn volume_of(name: &str, extra_specs: Vec<(String, String)>) -> CreateVolume {
    CreateVolume {
        extra_specs,
        ..support::volume(name)
    }
}

/// Creates volume-1 of a type with this policy.
async fn make_of(bench: &Fixture, policy: &str) -> Volume {
    let create = volume_of("volume-1", typed(policy));
    bench.driver.call(create).await.unwrap()
}

/// The policy that a volume shows.
fn shown(volume: &Volume) -> Option<&str> {
    let mut properties = volume.properties.iter();
    let found = properties.find(|one| one.name == "delete_with_clones")?;
    Some(&found.value)
}

async fn read(bench: &Fixture, name: &str) -> Volume {
    let get = GetVolume { name: own(name) };
    bench.driver.call(get).await.unwrap()
}

/// The text of the property of a LUN, as an administrator reads it.
fn property_of(bench: &Fixture, lun: &str) -> Option<String> {
    let value = &bench.lun(lun)["custom"][PROPERTY];
    value.as_str().map(own)
}

/// Writes the property of a LUN, as an administrator does.
async fn write(bench: &Fixture, lun: &str, value: &str) {
    let change = LunChange {
        delete_with_clones: Some(value),
        ..LunChange::default()
    };
    let scope = bench.driver.scope(Call::default());
    let appliance = bench.driver.appliance();
    let changed = appliance.change_lun(&scope, PLACE, lun, &change).await;
    changed.unwrap();
}

/// An appliance that an earlier release set up: its schema does not have the property.
async fn without_property(bench: &Fixture) {
    let path = Path::new(Service::Storage).fixed("schema");
    let path = path.name(PROPERTY).unwrap();
    support::send(&bench.driver, &Request::delete(path)).await;
}

#[tokio::test]
async fn the_policy_of_the_type_decides_over_the_option() {
    let bench = backend("refuse").await;
    let before = bench.state();
    let create = volume_of("volume-1", typed("defer"));
    let (made, cost) = bench.cost(create).await;
    let once = Cost {
        requests: 1,
        depth: 1,
    };
    assert_eq!(cost, once);
    assert_eq!(shown(&made.unwrap()), Some("defer"));
    clone(&bench, "volume-2", "volume-1").await;
    assert!(delete(&bench, "volume-1").await.unwrap().existed);
    assert_eq!(volumes(&bench).await, ["volume-2"]);
    deferred(&bench, "volume-1");
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.state(), before);

    let bench = backend("defer").await;
    make_of(&bench, "refuse").await;
    clone(&bench, "volume-2", "volume-1").await;
    let before = bench.state();
    let error = delete(&bench, "volume-1").await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::VolumeBusy, Outcome::None)
    );
    assert!(error.message().contains("volume-2"), "{error}");
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn the_policy_of_the_volume_decides_for_its_snapshots() {
    for (option, policy, defers) in [("refuse", "defer", true), ("defer", "refuse", false)] {
        let bench = backend(option).await;
        make_of(&bench, policy).await;
        for number in [1, 2] {
            let snapshot = format!("snapshot-{number}");
            take(&bench, "volume-1", &snapshot).await;
            let clone = from_snapshot(&format!("clone-{number}"), "volume-1", &snapshot);
            bench.driver.call(clone).await.unwrap();
        }
        let before = bench.state();
        let one = delete_snapshot(&bench, "volume-1", "snapshot-1").await;
        let group = DeleteGroupSnapshot {
            id: own("group-snapshot"),
            members: vec![GroupMember {
                volume: own("volume-1"),
                snapshot: own("snapshot-2"),
            }],
        };
        let of_group = bench.driver.call(group).await.unwrap();
        assert_eq!(of_group.all_deleted, defers, "{of_group:?}");
        if defers {
            assert!(one.unwrap().existed);
            assert!(snapshots(&bench).await.is_empty());
            continue;
        }
        let error = one.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::SnapshotBusy, Outcome::None)
        );
        assert_eq!(bench.state(), before);
    }
}

/// A snapshot whose volume cannot be read is neither deferred nor called busy for good.
#[tokio::test]
async fn a_snapshot_stays_while_the_policy_of_its_volume_cannot_be_read() {
    let bench = backend("refuse").await;
    make_of(&bench, "defer").await;
    take(&bench, "volume-1", "snapshot-1").await;
    let clone = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(clone).await.unwrap();
    let before = bench.state();
    let unread = Fault::new(FaultKind::denied()).on("GET", "/luns/volume-1");
    // The snapshot and its clones are read before the volume.
    bench.appliance.faults().push(unread.nth(3));
    let error = delete_snapshot(&bench, "volume-1", "snapshot-1").await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Denied, Outcome::None)
    );
    assert_eq!(bench.state(), before);
    bench.appliance.faults().clear();
    let deleted = delete_snapshot(&bench, "volume-1", "snapshot-1").await;
    assert!(deleted.unwrap().existed);
}

/// The volume is read only for a snapshot with clones.
#[tokio::test]
async fn a_snapshot_without_clones_costs_no_further_request() {
    let bench = backend("refuse").await;
    make_of(&bench, "defer").await;
    take(&bench, "volume-1", "snapshot-1").await;
    let delete = DeleteSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-1"),
    };
    let (deleted, cost) = bench.cost(delete).await;
    assert!(deleted.unwrap().existed);
    assert_eq!(cost.requests, 2);
}

#[tokio::test]
async fn a_clone_has_the_policy_of_its_own_type() {
    let bench = backend("refuse").await;
    make_of(&bench, "defer").await;
    clone(&bench, "volume-2", "volume-1").await;
    assert_eq!(property_of(&bench, "volume-2"), None);
    assert_eq!(shown(&read(&bench, "volume-2").await), None);
    let refusing = CreateClonedVolume {
        extra_specs: typed("refuse"),
        ..cloned("volume-3", "volume-1")
    };
    let made = bench.driver.call(refusing.clone()).await.unwrap();
    assert_eq!(shown(&made), Some("refuse"));
    let again = bench.driver.call(refusing).await.unwrap();
    assert!(!again.created);
    let other = CreateClonedVolume {
        extra_specs: typed("defer"),
        ..cloned("volume-3", "volume-1")
    };
    let error = bench.driver.call(other).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeExists);
    let difference = "delete_with_clones is refuse, not defer";
    assert!(error.message().contains(difference), "{error}");
}

#[tokio::test]
async fn a_volume_of_another_policy_is_no_twin() {
    let bench = backend("refuse").await;
    make_of(&bench, "defer").await;
    let again = volume_of("volume-1", typed("defer"));
    assert!(!bench.driver.call(again).await.unwrap().created);
    let other = volume_of("volume-1", typed("refuse"));
    let error = bench.driver.call(other).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeExists);
    let difference = "its delete_with_clones is defer, not refuse";
    assert!(error.message().contains(difference), "{error}");
}

#[tokio::test]
async fn a_retype_changes_the_policy_in_place() {
    let bench = backend("refuse").await;
    make(&bench, "volume-1").await;
    for (policy, change) in [
        (
            Some("defer"),
            "delete_with_clones was the backend's and is defer",
        ),
        (Some("refuse"), "delete_with_clones was defer and is refuse"),
        (None, "delete_with_clones was refuse and is the backend's"),
    ] {
        let retype = Retype {
            name: own("volume-1"),
            extra_specs: policy.map(typed).unwrap_or_default(),
        };
        let (done, cost) = bench.cost(retype.clone()).await;
        let done = done.unwrap();
        assert_eq!(done.changes, [change]);
        assert_eq!(cost.requests, 2);
        assert_eq!(shown(&done.volume), policy);
        let again = bench.driver.call(retype).await.unwrap();
        assert!(again.in_place && again.changes.is_empty(), "{again:?}");
    }
    assert_eq!(property_of(&bench, "volume-1").as_deref(), Some(""));
    write(&bench, "volume-1", "Defer!").await;
    let plain = Retype {
        name: own("volume-1"),
        ..Retype::default()
    };
    bench.driver.call(plain).await.unwrap();
    assert_eq!(property_of(&bench, "volume-1").as_deref(), Some(""));
}

#[tokio::test]
async fn a_value_that_is_no_policy_counts_as_none() {
    let bench = backend("refuse").await;
    make_of(&bench, "defer").await;
    take(&bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    for value in ["DEFER", "defer ", "yes", ""] {
        write(&bench, "volume-1", value).await;
        assert_eq!(shown(&read(&bench, "volume-1").await), None, "{value}");
        let error = delete_snapshot(&bench, "volume-1", "snapshot-1").await;
        assert_eq!(error.unwrap_err().status(), Status::SnapshotBusy, "{value}");
    }
    let bench = backend("defer").await;
    make_of(&bench, "refuse").await;
    clone(&bench, "volume-2", "volume-1").await;
    write(&bench, "volume-1", "never").await;
    assert!(delete(&bench, "volume-1").await.unwrap().existed);
    deferred(&bench, "volume-1");
}

/// Each volume of a group has its own policy; volumes that wait only for others of the group are
/// deleted with them.
#[tokio::test]
async fn each_volume_of_a_group_has_its_own_policy() {
    let bench = backend("refuse").await;
    for (name, policy) in [("volume-1", "defer"), ("volume-2", "refuse")] {
        let create = volume_of(name, typed(policy));
        bench.driver.call(create).await.unwrap();
        clone(&bench, &format!("{name}-clone"), name).await;
    }
    clone(&bench, "volume-3", "volume-1").await;
    let group = DeleteGroup {
        id: own("group"),
        volumes: ["volume-1", "volume-2", "volume-3"].map(own).to_vec(),
    };
    let deleted = bench.driver.call(group).await.unwrap();
    let gone: Vec<bool> = deleted.parts.iter().map(|part| part.deleted).collect();
    assert_eq!(gone, [true, false, true], "{deleted:?}");
    assert_eq!(deleted.parts[1].status, Status::VolumeBusy.code());
    let waiting = deferred(&bench, "volume-1");
    assert_eq!(bench.snapshots_of(&waiting), ["tmp-snapshot-1-clone"]);

    // The whole of a family goes at once, and is not renamed before.
    let bench = backend("refuse").await;
    make_of(&bench, "defer").await;
    clone(&bench, "volume-2", "volume-1").await;
    let requests = bench.appliance.trace().len();
    let group = DeleteGroup {
        id: own("group"),
        volumes: ["volume-1", "volume-2"].map(own).to_vec(),
    };
    assert!(bench.driver.call(group).await.unwrap().all_deleted);
    assert!(bench.luns(0).is_empty(), "{:?}", bench.luns(0));
    let trace = bench.appliance.trace();
    let bodies = trace[requests..]
        .iter()
        .filter_map(|one| one.body.as_deref());
    let renamed = bodies.filter(|body| body.contains("deleted-")).count();
    assert_eq!(renamed, 0);
}

#[tokio::test]
async fn adoption_sets_the_policy_of_the_type() {
    let bench = backend("refuse").await;
    make_of(&bench, "refuse").await;
    let unmanage = Unmanage {
        name: own("volume-1"),
    };
    let left = bench.driver.call(unmanage).await.unwrap().new_name;
    let manage = |policy: Option<&str>| ManageExisting {
        name: own("volume-2"),
        existing: ExistingRef {
            source_name: left.clone(),
            ..ExistingRef::default()
        },
        extra_specs: policy.map(typed).unwrap_or_default(),
        ..ManageExisting::default()
    };
    let managed = bench.driver.call(manage(Some("defer"))).await.unwrap();
    assert!(managed.changed);
    assert_eq!(shown(&managed.volume), Some("defer"));
    // The same once more, and by another type.
    let before = bench.state();
    let again = bench.driver.call(manage(Some("defer"))).await.unwrap();
    assert!(!again.changed);
    assert_eq!(bench.state(), before);
    let other = bench.driver.call(manage(None)).await.unwrap();
    assert!(!other.changed);
    assert_eq!(shown(&other.volume), None);
}

#[tokio::test]
async fn a_migration_keeps_the_policy() {
    let bench = Fixture::pair(|_| {}).await;
    make_of(&bench, "defer").await;
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    assert!(migrated.unwrap().migrated);
    let get = GetVolume {
        name: own("volume-1"),
    };
    let there = bench.other().driver.call(get).await.unwrap();
    assert_eq!(shown(&there), Some("defer"));
}

/// A destination that an earlier release set up does not keep a migration from being made.
#[tokio::test]
async fn a_migration_to_an_appliance_without_the_property_drops_the_policy() {
    let bench = Fixture::pair(|_| {}).await;
    make_of(&bench, "defer").await;
    let path = Path::new(Service::Storage).fixed("schema");
    let path = path.name(PROPERTY).unwrap();
    support::send(&bench.other().driver, &Request::delete(path)).await;
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    assert!(migrated.unwrap().migrated);
    let get = GetVolume {
        name: own("volume-1"),
    };
    let there = bench.other().driver.call(get).await.unwrap();
    assert_eq!(shown(&there), None);
}

/// Before the first setup by this release, only volumes of a type with a policy are refused.
#[tokio::test]
async fn setup_makes_the_property_that_an_appliance_lacks() {
    let bench = backend("refuse").await;
    without_property(&bench).await;
    let before = bench.state();
    let create = volume_of("volume-1", typed("defer"));
    let error = bench.driver.call(create.clone()).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::InvalidValue, Outcome::Rejected)
    );
    assert!(error.message().contains("run do_setup"), "{error}");
    assert_eq!(bench.state(), before);
    make(&bench, "volume-2").await;
    clone(&bench, "volume-3", "volume-2").await;
    let retype = Retype {
        name: own("volume-2"),
        ..Retype::default()
    };
    bench.driver.call(retype).await.unwrap();
    bench.driver.call(DoSetup {}).await.unwrap();
    let made = bench.driver.call(create).await.unwrap();
    assert_eq!(shown(&made), Some("defer"));
}

#[tokio::test]
async fn a_wrong_policy_is_named_with_what_is_allowed() {
    let bench = backend("refuse").await;
    let before = bench.state();
    let create = volume_of("volume-1", typed("cascade"));
    let error = bench.driver.call(create).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    for part in [SPEC, "cascade", "`refuse`", "`defer`"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    assert_eq!(bench.state(), before);
}
