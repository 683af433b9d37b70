//! The audit finds what has no owner, and deletes only what it may.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use support::{Fixture, HOST_A, POOL, PROJECT, until};
use zfssa::appliance::{LunChange, NewProject, ProjectRef};
use zfssa::driver::{
    Audit, AuditFinding, AuditReport, Call, CloneImage, CreateClonedVolume, CreateSnapshot,
    CreateVolume, ExistingRef, HostTransfer, ImageTransfer, InitializeConnection, ManageExisting,
    TransferReply, Unmanage, UpdateMigratedVolume,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

fn own(text: &str) -> String {
    text.to_owned()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| own(name)).collect()
}

/// What is of any age counts.
fn audit(volumes: &[&str], snapshots: &[&str]) -> Audit {
    Audit {
        volumes: names(volumes),
        snapshots: names(snapshots),
        min_age: Some(Duration::ZERO),
        ..Audit::default()
    }
}

fn told(report: &AuditReport) -> Vec<(&str, &str, bool)> {
    let mut told: Vec<_> = report
        .findings
        .iter()
        .map(|f| (&*f.kind, f.object.as_str(), f.fixable))
        .collect();
    told.sort_unstable();
    told
}

async fn make(bench: &Fixture, name: &str) {
    let volume = CreateVolume {
        name: own(name),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.driver.call(volume).await.unwrap();
}

async fn take(bench: &Fixture, volume: &str, name: &str) {
    let take = CreateSnapshot {
        volume: own(volume),
        name: own(name),
    };
    bench.driver.call(take).await.unwrap();
}

fn place_of_volumes() -> ProjectRef<'static> {
    ProjectRef {
        pool: POOL,
        project: PROJECT,
    }
}

/// Owned things, and one orphan of each kind.
async fn littered() -> Fixture {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    for name in [
        "volume-1",
        "volume-lost",
        "volume-kept",
        "volume-seen",
        "volume-free",
    ] {
        make(&bench, name).await;
    }
    // Owned: a snapshot that the host knows, and the temporary one of a clone.
    take(&bench, "volume-1", "snapshot-1").await;
    let clone = CreateClonedVolume {
        name: own("volume-2"),
        size_gib: 1,
        source_volume: own("volume-1"),
        ..CreateClonedVolume::default()
    };
    driver.call(clone).await.unwrap();
    // Not anybody's.
    take(&bench, "volume-1", "tmp-snapshot-9").await;
    take(&bench, "volume-1", "snapshot-lost").await;
    take(&bench, "volume-kept", "snapshot-kept").await;
    let attach = InitializeConnection {
        volume: own("volume-seen"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    driver.call(attach).await.unwrap();
    // Somebody else's.
    driver
        .call(Unmanage {
            name: own("volume-free"),
        })
        .await
        .unwrap();
    let foreign = json!({"name": "foreign", "volsize": "1g"});
    bench.foreign_lun(foreign).await;
    take(&bench, "foreign", "tmp-snapshot-foreign").await;
    let old = json!({"name": "volume-old", "volsize": "1g", "custom:cinder_managed": true,
        "initiatorgroup": "com.sun.ms.vss.hg.maskAll"});
    bench.foreign_lun(old).await;
    // Of a group's snapshot and of a migration.
    let (scope, place) = (driver.scope(Call::default()), place_of_volumes());
    let appliance = driver.appliance();
    let taken = appliance.create_project_snapshot(&scope, place, "tmp-snapshot-group");
    taken.await.unwrap();
    let arrived = NewProject {
        name: "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10",
        compression: "off",
        logbias: "latency",
    };
    appliance
        .create_project(&scope, POOL, &arrived)
        .await
        .unwrap();
    bench
}

const OWNED: &[&str] = &["volume-1", "volume-2", "volume-gone"];

#[tokio::test]
async fn a_dry_run_names_everything_and_touches_nothing() {
    let bench = littered().await;
    let before = bench.state();
    let report = bench
        .driver
        .call(audit(OWNED, &["snapshot-1", "snapshot-gone"]));
    let report = report.await.unwrap();
    assert_eq!(
        told(&report),
        [
            ("missing_snapshot", "snapshot-gone", false),
            ("missing_volume", "volume-gone", false),
            ("project_snapshot", "tmp-snapshot-group", true),
            ("snapshot", "volume-1@snapshot-lost", false),
            ("snapshot", "volume-kept@snapshot-kept", false),
            (
                "temporary_project",
                "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10",
                false
            ),
            ("temporary_snapshot", "volume-1@tmp-snapshot-9", true),
            ("volume", "volume-kept", true),
            ("volume", "volume-lost", true),
            ("volume", "volume-old", false),
            ("volume", "volume-seen", false),
        ]
    );
    assert_eq!(report.fixed, 0);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn what_is_young_is_nobodys_business() {
    let bench = littered().await;
    let young = Audit {
        min_age: None,
        fix: true,
        fix_volumes: true,
        ..audit(OWNED, &["snapshot-1"])
    };
    let before = bench.state();
    let report = bench.driver.call(young).await.unwrap();
    assert_eq!(told(&report), [("missing_volume", "volume-gone", false)]);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn fixing_deletes_what_is_marked_and_free_and_nothing_else() {
    let bench = littered().await;
    let snapshots = ["snapshot-1"];
    let careful = Audit {
        fix: true,
        ..audit(OWNED, &snapshots)
    };
    let report = bench.driver.call(careful).await.unwrap();
    let fixed = |report: &AuditReport| {
        let fixed = report.findings.iter().filter(|f| f.fixed);
        let mut fixed: Vec<String> = fixed.map(|f| f.object.clone()).collect();
        fixed.sort_unstable();
        fixed
    };
    assert_eq!(
        fixed(&report),
        ["tmp-snapshot-group", "volume-1@tmp-snapshot-9"]
    );
    assert_eq!(report.fixed, 2);

    let bold = Audit {
        fix_volumes: true,
        ..audit(OWNED, &snapshots)
    };
    let report = bench.driver.call(bold).await.unwrap();
    assert_eq!(fixed(&report), ["volume-lost"]);
    let kept = report.findings.iter().find(|f| f.object == "volume-kept");
    assert!(kept.unwrap().error.contains("snapshot-kept"), "{kept:?}");
    let left = bench.driver.call(audit(OWNED, &snapshots)).await.unwrap();
    let volumes: Vec<_> = told(&left)
        .into_iter()
        .filter_map(|(kind, object, _)| (kind == "volume").then_some(object))
        .collect();
    assert_eq!(volumes, ["volume-kept", "volume-old", "volume-seen"]);
}

#[tokio::test]
async fn a_project_that_may_be_anybodys_is_named_with_what_it_holds_and_kept() {
    let bench = littered().await;
    let name = "0b7ac3d0-8c3f-4f1e-9d2f-7a1c5e3b9f10";
    let (scope, appliance) = (
        bench.driver.scope(Call::default()),
        bench.driver.appliance(),
    );
    let place = ProjectRef {
        pool: POOL,
        project: name,
    };
    let fix = Audit {
        fix: true,
        ..audit(OWNED, &["snapshot-1"])
    };
    let holds = async |what: &[&str]| {
        let report = bench.driver.call(fix.clone()).await.unwrap();
        let project = kinds(&report, "temporary_project")[0];
        assert!(!project.fixable && !project.fixed, "{project:?}");
        assert!(
            what.iter().all(|one| project.detail.contains(one)),
            "{project:?}"
        );
        appliance.project(&scope, place).await.unwrap();
    };
    holds(&["empty"]).await;
    let snapshot = appliance.create_project_snapshot(&scope, place, "kept");
    snapshot.await.unwrap();
    let arrives = appliance.move_lun(&scope, place_of_volumes(), "volume-kept", name);
    arrives.await.unwrap();
    holds(&["@kept", "volume-kept"]).await;
    let there = appliance.lun(&scope, place, "volume-kept").await;
    assert_eq!(there.unwrap().name, "volume-kept");
}

#[tokio::test]
async fn an_empty_list_deletes_no_volume() {
    let bench = littered().await;
    let before = bench.state();
    let mistaken = Audit {
        fix_volumes: true,
        ..audit(&[], &[])
    };
    let error = bench.driver.call(mistaken).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn only_the_chosen_findings_are_deleted() {
    let bench = littered().await;
    let all = audit(OWNED, &["snapshot-1"]);
    let report = bench.driver.call(all.clone()).await.unwrap();
    let fixable: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.fixable && finding.kind != "volume")
        .map(AuditFinding::marker)
        .collect();
    let [chosen, others @ ..] = fixable.as_slice() else {
        panic!("nothing can be deleted: {report:?}");
    };
    assert!(!others.is_empty(), "one alone proves nothing: {report:?}");
    let fix = Audit {
        fix: true,
        only: Some(vec![chosen.clone()]),
        ..all
    };
    let report = bench.driver.call(fix).await.unwrap();
    let deleted = report.findings.iter().filter(|finding| finding.fixed);
    let deleted: Vec<String> = deleted.map(AuditFinding::marker).collect();
    assert_eq!(deleted, std::slice::from_ref(chosen));
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.error.is_empty())
    );
}

fn kinds<'a>(report: &'a AuditReport, kind: &str) -> Vec<&'a AuditFinding> {
    report.findings.iter().filter(|f| f.kind == kind).collect()
}

fn image(volume: &str, transfer: impl ImageTransfer + 'static) -> CloneImage {
    CloneImage {
        name: own(volume),
        size_gib: 1,
        extra_specs: Vec::new(),
        image_id: own("img-1"),
        image_updated_at: own("v1"),
        image_virtual_size: 1,
        initiator: own(HOST_A),
        transfer: Arc::new(transfer),
    }
}

fn fixing() -> Audit {
    Audit {
        fix: true,
        ..audit(&["volume-1"], &[])
    }
}

#[tokio::test]
async fn a_cache_entry_without_clones_is_deleted_and_one_with_clones_is_none_of_it() {
    let bench = Fixture::ready().await;
    let before = bench.state();
    let written = || HostTransfer::new(|_, _, answer: TransferReply| answer.done());
    let made = bench.driver.call(image("volume-1", written())).await;
    made.unwrap();
    let report = bench.driver.call(fixing()).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");

    bench.force_delete("volume-1").await;
    let report = bench.driver.call(fixing()).await.unwrap();
    let entries = kinds(&report, "cache_entry");
    assert_eq!(entries.len(), 1, "{report:?}");
    assert!(entries[0].fixed, "{report:?}");
    assert_eq!(bench.state(), before);
}

/// However old it is: a transfer takes its time.
#[tokio::test]
async fn an_entry_that_is_being_written_is_not_deleted() {
    let bench = Fixture::ready().await;
    let (reached, begun) = tokio::sync::oneshot::channel();
    let reached = Mutex::new(Some(reached));
    let waiting = HostTransfer::new(move |_, _, answer: TransferReply| {
        let _ = reached.lock().unwrap().take().unwrap().send(answer);
    });
    let (made, ()) = tokio::join!(bench.driver.call(image("volume-1", waiting)), async {
        let answer = begun.await.unwrap();
        let report = bench.driver.call(fixing()).await.unwrap();
        let entries = kinds(&report, "cache_entry");
        assert_eq!(entries.len(), 1, "{report:?}");
        assert!(!entries[0].fixable && entries[0].detail.contains("presented to"));
        answer.done();
    });
    assert!(made.unwrap().volume.is_some());
}

#[tokio::test]
async fn an_entry_that_is_used_by_now_is_not_deleted() {
    let bench = Fixture::ready().await;
    let transfer = HostTransfer::new(|_, _, answer: TransferReply| answer.done());
    let made = bench.driver.call(image("volume-1", transfer)).await;
    let entry = made.unwrap().cache_entry;
    bench.force_delete("volume-1").await;
    // Looked at before the image is locked, and after.
    let look = Fault::new(FaultKind::Hang { ms: None }).on("GET", &format!("/luns/{entry}$"));
    bench.appliance.faults().push(look.nth(2));
    let driver = bench.driver.clone();
    let auditing = tokio::spawn(async move { driver.call(fixing()).await });
    assert!(until(|| bench.appliance.held() > 0).await);
    let elsewhere = bench.driver_with(|config| {
        config.set("zfssa_project", "os-cinder-cache");
        config.set("zfssa_enable_local_cache", "False");
    });
    let attach = InitializeConnection {
        volume: entry.clone(),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    elsewhere.call(attach).await.unwrap();
    let used = bench.state();
    bench.appliance.release();
    let report = auditing.await.unwrap().unwrap();
    let found = kinds(&report, "cache_entry")[0];
    assert!(found.fixable && !found.fixed, "{report:?}");
    assert!(found.error.contains("is in use by now"), "{report:?}");
    assert_eq!(bench.state(), used);
}

#[tokio::test]
async fn replication_without_an_end_is_named() {
    let bench = Fixture::pair(|_| {}).await;
    make(&bench, "volume-1").await;
    // As a migration leaves it that stopped after the update, and whose journal is lost.
    let fault = Fault::new(FaultKind::denied()).on("DELETE", "/replication/actions/");
    bench.appliance.faults().push(fault.forever());
    let error = bench.driver.call(bench.migration("volume-1")).await;
    assert_eq!(error.unwrap_err().outcome(), Outcome::Partial);
    bench.appliance.faults().clear();

    let here = bench.driver.call(audit(&["volume-1"], &[])).await.unwrap();
    // The journal tells of it, and nothing else.
    assert_eq!(here.findings.len(), 1, "{here:?}");
    let journals = kinds(&here, "journal");
    assert_eq!(journals.len(), 1, "{here:?}");
    assert!(journals[0].fixable && journals[0].detail.contains("volume-1"));
    let there = bench.other().driver.call(audit(&[], &[])).await.unwrap();
    assert_eq!(kinds(&there, "replication_package").len(), 1, "{there:?}");

    let fixed = bench.driver.call(fixing()).await.unwrap();
    assert!(kinds(&fixed, "journal")[0].fixed, "{fixed:?}");
    assert!(bench.journals().is_empty());
    let clean = bench.driver.call(audit(&["volume-1"], &[])).await.unwrap();
    assert!(clean.findings.is_empty(), "{clean:?}");
}

#[tokio::test]
async fn journals_that_recovery_cannot_read_are_named() {
    let bench = Fixture::ready().await;
    let state = bench.dir.path().join("state");
    std::fs::create_dir_all(&state).unwrap();
    std::fs::write(state.join("damaged.flow"), "nothing of the kind\n").unwrap();
    for _ in 0..2 {
        let report = bench.driver.call(audit(&[], &[])).await.unwrap();
        let journals = kinds(&report, "journal");
        assert_eq!(journals.len(), 1, "{report:?}");
        assert!(journals[0].object.ends_with("damaged.flow.set-aside"));
        assert!(!journals[0].fixable);
    }
}

/// Says since when a LUN has been a volume, as an earlier operation would have.
async fn volume_since(bench: &Fixture, name: &str, since: &str) {
    let change = LunChange {
        since: Some(since),
        ..LunChange::default()
    };
    let scope = bench.driver.scope(Call::default());
    let appliance = bench.driver.appliance();
    let changed = appliance.change_lun(&scope, place_of_volumes(), name, &change);
    changed.await.unwrap();
}

/// Before every test.
const LONG_AGO: &str = "1000000000";

/// The deletion of volumes that the host does not list, all that are older than an hour.
fn hourly() -> Audit {
    Audit {
        volumes: names(&["volume-1"]),
        fix: true,
        fix_volumes: true,
        ..Audit::default()
    }
}

/// A backend whose LUNs were made two hours ago by the appliance's clock.
async fn aged() -> Fixture {
    let bench = Fixture::ready().await;
    bench.appliance.tune(|knobs| knobs.clock_behind_s = 7_200);
    make(&bench, "volume-1").await;
    bench
}

#[tokio::test]
async fn the_age_that_counts_is_how_long_a_lun_has_been_a_volume() {
    let bench = aged().await;
    // An old LUN of somebody's, which another host manages after this one made its list.
    make(&bench, "volume-2").await;
    let unmanage = Unmanage {
        name: own("volume-2"),
    };
    bench.driver.call(unmanage).await.unwrap();
    volume_since(&bench, "unmanaged-volume-2", LONG_AGO).await;
    let manage = ManageExisting {
        name: own("volume-2"),
        existing: ExistingRef {
            source_name: own("unmanaged-volume-2"),
            ..ExistingRef::default()
        },
        ..ManageExisting::default()
    };
    bench.driver.call(manage).await.unwrap();
    // A copy that got its name a moment ago.
    make(&bench, "volume-3-copy").await;
    volume_since(&bench, "volume-3-copy", LONG_AGO).await;
    let rename = UpdateMigratedVolume {
        original_name: own("volume-3"),
        current_name: own("volume-3-copy"),
        ..UpdateMigratedVolume::default()
    };
    bench.driver.call(rename).await.unwrap();
    // One that says nothing, as the former driver made it and an earlier release managed it.
    let silent = json!({
        "name": "volume-4", "volsize": "1g",
        "custom:cinder_managed": true, "custom:zfssa_operation": "0b7ac3d0",
    });
    bench.foreign_lun(silent).await;
    // And one that has been lost for long.
    make(&bench, "volume-5").await;
    volume_since(&bench, "volume-5", LONG_AGO).await;

    let report = bench.driver.call(hourly()).await.unwrap();
    let fixed: Vec<_> = report
        .findings
        .iter()
        .map(|f| (f.object.as_str(), f.fixed))
        .collect();
    assert_eq!(
        fixed,
        [
            ("volume-2", false),
            ("volume-3", false),
            ("volume-4", false),
            ("volume-5", true)
        ],
        "{report:?}"
    );
    assert_eq!(
        bench.luns(0),
        ["volume-1", "volume-2", "volume-3", "volume-4"]
    );
    // What has no time is not deleted whatever age is asked for.
    let any_age = Audit {
        min_age: Some(Duration::ZERO),
        ..hourly()
    };
    bench.driver.call(any_age).await.unwrap();
    assert_eq!(bench.luns(0), ["volume-1", "volume-4"]);
}

/// The look before the deletion counts, not the list that was read before it.
#[tokio::test]
async fn a_lun_that_becomes_a_volume_during_the_audit_stays() {
    let bench = aged().await;
    make(&bench, "volume-2").await;
    volume_since(&bench, "volume-2", LONG_AGO).await;
    let faults = bench.appliance.faults();
    faults.push(Fault::new(FaultKind::Hang { ms: None }).on("GET", "/luns/volume-2$"));
    let driver = bench.driver.clone();
    let audit = tokio::spawn(async move { driver.call(hourly()).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    volume_since(&bench, "volume-2", "99999999999").await;
    bench.appliance.release();
    let report = audit.await.unwrap().unwrap();
    assert_eq!(report.fixed, 0, "{report:?}");
    let kept = &report.findings[0];
    assert!(kept.error.contains("a volume for 0 s"), "{kept:?}");
    assert_eq!(bench.luns(0), ["volume-1", "volume-2"]);
}
