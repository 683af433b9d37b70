//! The audit's findings of the kind `deferred`.

use std::time::Duration;

use support::{HOST_A, POOL, PROJECT};
use zfssa::appliance::{LunChange, Presentation, ProjectRef};
use zfssa::driver::{Audit, AuditReport, Call, InitializeConnection};

use super::*;

/// Of any age, with what the host knows.
fn audit(volumes: &[&str], snapshots: &[&str]) -> Audit {
    let names = |names: &[&str]| names.iter().map(|name| own(name)).collect();
    Audit {
        volumes: names(volumes),
        snapshots: names(snapshots),
        min_age: Some(Duration::ZERO),
        ..Audit::default()
    }
}

fn fixable(report: &AuditReport) -> Vec<(&str, &str, bool)> {
    let findings = report.findings.iter();
    findings
        .map(|one| (&*one.kind, one.object.as_str(), one.fixable))
        .collect()
}

#[tokio::test]
async fn each_deferred_object_is_named_with_its_clones_and_kept() {
    let bench = deferring().await;
    defer_volume_and_snapshot(&bench).await;
    let volume = deferred(&bench, "volume-1");
    let snapshot = format!("volume-2@{}", bench.snapshots_of("volume-2")[0]);
    let before = bench.state();
    let all = Audit {
        fix: true,
        fix_volumes: true,
        ..audit(&["volume-2", "volume-3"], &[])
    };
    let report = bench.driver.call(all).await.unwrap();
    assert_eq!(
        fixable(&report),
        [
            ("deferred", volume.as_str(), false),
            ("deferred", &snapshot, false)
        ]
    );
    let details: Vec<&str> = report
        .findings
        .iter()
        .map(|one| one.detail.as_str())
        .collect();
    assert!(details[0].starts_with("volume volume-1, 1073741824 bytes, deleted 2"));
    assert!(
        details[0].ends_with("; it waits for volume-2"),
        "{details:?}"
    );
    assert!(
        details[1].ends_with("; it waits for volume-3"),
        "{details:?}"
    );
    assert_eq!(bench.state(), before);
}

/// An administrator deleted the clones, past the library.
#[tokio::test]
async fn what_waits_for_nothing_is_deleted_on_request() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    let alone = bench.state();
    clone(&bench, "volume-2", "volume-1").await;
    clone(&bench, "volume-3", "volume-2").await;
    take(&bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-4", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    delete(&bench, "volume-2").await.unwrap();
    delete_snapshot(&bench, "volume-1", "snapshot-1")
        .await
        .unwrap();
    bench.force_delete("volume-3").await;
    bench.force_delete("volume-4").await;
    let known = audit(&["volume-1"], &[]);
    let report = bench.driver.call(known.clone()).await.unwrap();
    let of_kind = |report: &AuditReport| {
        let all = fixable(report).into_iter();
        all.filter(|(kind, _, fixable)| *kind == "deferred" && *fixable)
            .count()
    };
    assert_eq!(of_kind(&report), 2, "{report:?}");
    let fix = Audit { fix: true, ..known };
    let report = bench.driver.call(fix.clone()).await.unwrap();
    assert!(
        report.findings.iter().all(|one| one.error.is_empty()),
        "{report:?}"
    );
    assert_eq!(bench.state(), alone);
    assert!(bench.driver.call(fix).await.unwrap().findings.is_empty());
}

/// An administrator presented it to a host again.
#[tokio::test]
async fn a_deleted_volume_that_a_host_sees_is_kept() {
    let bench = deferring().await;
    make(&bench, "volume-9").await;
    let attach = InitializeConnection {
        volume: own("volume-9"),
        initiator: own(HOST_A),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    let name = deferred(&bench, "volume-1");
    let shown = LunChange {
        initiator_groups: Some(Presentation::to(vec![own("host-a")])),
        ..LunChange::default()
    };
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let scope = bench.driver.scope(Call::default());
    let appliance = bench.driver.appliance();
    appliance
        .change_lun(&scope, place, &name, &shown)
        .await
        .unwrap();
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.luns(0), [name.as_str(), "volume-9"]);
    let fix = Audit {
        fix: true,
        ..audit(&["volume-9"], &[])
    };
    let report = bench.driver.call(fix).await.unwrap();
    assert_eq!(fixable(&report), [("deferred", name.as_str(), false)]);
    assert!(
        report.findings[0].detail.contains("presented to, host-a"),
        "{report:?}"
    );
}

/// The marker of one volume on another LUN makes that no deleted volume.
#[tokio::test]
async fn another_lun_with_the_marker_of_a_deleted_volume_is_kept_and_named() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    let name = deferred(&bench, "volume-1");
    let mark = bench.lun(&name)["custom"]["zfssa_operation"]
        .as_str()
        .unwrap()
        .to_owned();
    make(&bench, "volume-3").await;
    let taken = "deleted-0123456789-volume-3";
    let rename = LunChange {
        name: Some(taken),
        operation: Some(&mark),
        ..LunChange::default()
    };
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let scope = bench.driver.scope(Call::default());
    let appliance = bench.driver.appliance();
    appliance
        .change_lun(&scope, place, "volume-3", &rename)
        .await
        .unwrap();
    let fix = Audit {
        fix: true,
        ..audit(&["volume-2"], &[])
    };
    let report = bench.driver.call(fix).await.unwrap();
    let found = report.findings.iter();
    let mut found = found.filter(|one| one.kind == "deferred" && one.object == taken);
    let detail = &found.next().unwrap().detail;
    assert!(detail.contains("rename it to volume-1"), "{detail}");
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.luns(0), [taken]);
    assert_eq!(
        volumes(&bench).await,
        [taken],
        "it is shown, so that it can be found"
    );
}
