//! Snapshots and clones of strange forms: what depends on them stays.

use serde_json::json;
use zfssa::appliance::ProjectRef;
use zfssa::driver::{Call, CreateClonedVolume, CreateVolumeFromSnapshot, RevertToSnapshot};
use zfssa::error::{Outcome, Status};
use zfssa::rest::{Path, Request, Service};

use super::{Form, audit, delete, delete_snapshot, make, own, show, take};
use support::{Fixture, POOL, PROJECT, send};

/// What cannot be read of a snapshot, or is null and so not known.
fn forms_of_snapshot() -> [(Form, bool); 9] {
    [
        (json!({"numclones": null}), true),
        (json!({"numclones": "absent"}), true),
        (json!({"creation": null}), true),
        (json!({"share": null}), true),
        (json!({"space_unique": null}), true),
        (json!({"numclones": "n/a"}), false),
        (json!({"space_unique": -1}), false),
        (json!({"name": null}), false),
        (json!(null), false),
    ]
}

#[tokio::test]
async fn a_strange_snapshot_keeps_its_volume() {
    for (form, _) in forms_of_snapshot() {
        let bench = Fixture::ready().await;
        make(&bench, "volume-1").await;
        take(&bench, "volume-1", "snapshot-1").await;
        show(&bench.appliance, "snapshot", "snapshot-1", &form);
        let error = bench
            .driver
            .call(delete("volume-1"))
            .await
            .expect_err("kept");
        assert_eq!(error.status(), Status::VolumeBusy, "{form}: {error}");
        assert!(error.message().contains("snapshot"), "{form}: {error}");
        let revert = RevertToSnapshot {
            volume: own("volume-1"),
            snapshot: own("snapshot-0"),
            ..RevertToSnapshot::default()
        };
        let error = bench.driver.call(revert).await.expect_err("no such");
        assert_eq!(error.outcome(), Outcome::None, "{form}: {error}");
        assert_eq!(bench.snapshots_of("volume-1"), ["snapshot-1"], "{form}");
    }
}

/// The appliance of the tests destroys clones with what they were cloned from, unasked.
#[tokio::test]
async fn a_strange_snapshot_or_clone_keeps_what_depends_on_it() {
    let forms =
        forms_of_snapshot().map(|(form, readable)| ("snapshot", "snapshot-1", form, readable));
    let clones = [
        json!({"share": null}),
        json!({"share": 7}),
        json!({"share": "absent"}),
        json!(null),
    ];
    let clones = clones.map(|form| ("dependent", "volume-2", form, true));
    for (kind, name, form, readable) in forms.into_iter().chain(clones) {
        let bench = Fixture::ready().await;
        make(&bench, "volume-1").await;
        take(&bench, "volume-1", "snapshot-1").await;
        let clone = CreateVolumeFromSnapshot {
            name: own("volume-2"),
            size_gib: 1,
            source_volume: own("volume-1"),
            snapshot: own("snapshot-1"),
            ..CreateVolumeFromSnapshot::default()
        };
        bench.driver.call(clone).await.expect("a clone");
        show(&bench.appliance, kind, name, &form);
        let asked = delete_snapshot("volume-1", "snapshot-1");
        let error = bench.driver.call(asked).await.expect_err("it has a clone");
        let wanted = if readable {
            Status::SnapshotBusy
        } else {
            Status::Protocol
        };
        assert_eq!(error.status(), wanted, "{kind} {form}: {error}");
        let error = bench
            .driver
            .call(delete("volume-1"))
            .await
            .expect_err("kept");
        assert_eq!(error.status(), Status::VolumeBusy, "{kind} {form}: {error}");
        assert!(!bench.lun("volume-2").is_null(), "{kind} {form}");
        assert_eq!(
            bench.snapshots_of("volume-1"),
            ["snapshot-1"],
            "{kind} {form}"
        );
    }
}

/// A clone goes, and what it came from stays as long as something may depend on it.
#[tokio::test]
async fn a_temporary_snapshot_stays_for_a_clone_that_cannot_be_read() {
    let bench = Fixture::ready().await;
    make(&bench, "volume-1").await;
    let clone = CreateClonedVolume {
        name: own("volume-2"),
        size_gib: 1,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    };
    bench.driver.call(clone).await.expect("a clone");
    let [temporary] = bench.snapshots_of("volume-1").try_into().expect("one");
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let other = json!({"project": PROJECT, "share": "other"});
    let path = Path::new(Service::Storage)
        .fixed("pools")
        .name(place.pool)
        .expect("a name");
    let path = path
        .fixed("projects")
        .name(place.project)
        .expect("a name")
        .fixed("luns");
    let path = path.name("volume-1").expect("a name").fixed("snapshots");
    let path = path.name(&temporary).expect("a name").fixed("clone");
    send(&bench.driver, &Request::put(path, &other)).await;
    bench
        .appliance
        .show_odd("dependent", "other", json!({"share": null}));
    bench.driver.call(delete("volume-2")).await.expect("gone");
    assert!(bench.lun("volume-2").is_null() && !bench.lun("other").is_null());
    assert_eq!(bench.snapshots_of("volume-1"), [temporary.as_str()]);
    // An audit finds it and leaves it, for the same reason.
    let mut fix = audit(&["volume-1"], &[]);
    fix.fix = true;
    bench
        .appliance
        .show_odd("snapshot", &temporary, json!({"numclones": null}));
    let report = bench.driver.call(fix).await.expect("a report");
    assert_eq!(report.fixed, 0, "{report:?}");
    assert!(!bench.lun("other").is_null());
    assert_eq!(bench.snapshots_of("volume-1"), [temporary]);
}

/// A snapshot of a whole project destroys those of its name on every LUN.
#[tokio::test]
async fn a_project_snapshot_stays_for_a_part_that_cannot_be_read() {
    for form in [
        json!({"numclones": null}),
        json!({"numclones": "n/a"}),
        json!({"share": null}),
    ] {
        let bench = Fixture::ready().await;
        make(&bench, "volume-1").await;
        let scope = bench.driver.scope(Call::default());
        let (appliance, place) = (
            bench.driver.appliance(),
            ProjectRef {
                pool: POOL,
                project: PROJECT,
            },
        );
        let name = "tmp-snapshot-group-1";
        let taken = appliance.create_project_snapshot(&scope, place, name);
        taken.await.expect("a snapshot of the project");
        let clone = CreateVolumeFromSnapshot {
            name: own("volume-2"),
            size_gib: 1,
            source_volume: own("volume-1"),
            snapshot: own(name),
            ..CreateVolumeFromSnapshot::default()
        };
        bench.driver.call(clone).await.expect("a clone");
        show(
            &bench.appliance,
            "snapshot",
            &format!("volume-1@{name}"),
            &form,
        );
        let mut fix = audit(&["volume-1", "volume-2"], &[]);
        fix.fix = true;
        let report = bench.driver.call(fix).await.expect("a report");
        assert_eq!(report.fixed, 0, "{form}: {report:?}");
        assert!(!bench.lun("volume-2").is_null(), "{form}");
        assert_eq!(bench.snapshots_of("volume-1"), [name], "{form}");
    }
}
