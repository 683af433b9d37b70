//! Deferred deletions at the same time as deletions of the clones, and requests that are carried
//! out late.

use std::time::Duration;

use serde_json::json;
use support::{POOL, PROJECT, SOON, until, volume};
use zfssa::appliance::{NewClone, Presentation, ProjectRef};
use zfssa::driver::{Audit, Call};
use zfssa::error::Outcome;
use zfssa_appliance::{Cascade, Exchange, Fault, FaultKind};

use super::*;

/// Holds the next such request in the appliance until the test releases it.
pub(super) fn hold(bench: &Fixture, method: &str, path: &str) {
    let hang = Fault::new(FaultKind::Hang { ms: None }).on(method, path);
    bench.appliance.faults().push(hang);
}

/// Whether the appliance has a deferred volume.
fn is_renamed(bench: &Fixture) -> bool {
    bench
        .luns(0)
        .iter()
        .any(|name| name.starts_with("deleted-"))
}

/// The result of a deferral that waits for the held deletion of a clone after its rename. The
/// deletion is released when the deferral has had time to end without it.
pub(super) async fn waits_after<T>(
    bench: &Fixture,
    deferral: impl Future<Output = T>,
    renamed: impl Fn() -> bool,
) -> T {
    const EARLY: &str = "the deferral does not wait for the deletion of its clone";
    tokio::pin!(deferral);
    tokio::select! {
        _ = &mut deferral => panic!("{EARLY}"),
        renamed = until(renamed) => assert!(renamed),
    }
    let early = tokio::time::timeout(Duration::from_millis(300), &mut deferral).await;
    assert!(early.is_err(), "{EARLY}");
    bench.appliance.release();
    deferral.await
}

/// The deletion of the clone has read the origin's former name, and ends after the rename.
#[tokio::test]
async fn a_volume_that_is_renamed_during_the_deletion_of_its_clone_goes_too() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    hold(&bench, "DELETE", "/luns/volume-2$");
    let (clone, origin) = tokio::join!(delete(&bench, "volume-2"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let origin = delete(&bench, "volume-1");
        waits_after(&bench, origin, || is_renamed(&bench)).await
    });
    clone.unwrap();
    origin.unwrap();
    assert_eq!(bench.state(), before);
}

/// The same for a snapshot.
#[tokio::test]
async fn a_snapshot_that_is_renamed_during_the_deletion_of_its_clone_goes_too() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    let before = bench.state();
    take(&bench, "volume-1", "snapshot-1").await;
    let from = from_snapshot("volume-2", "volume-1", "snapshot-1");
    bench.driver.call(from).await.unwrap();
    hold(&bench, "DELETE", "/luns/volume-2$");
    let (clone, snapshot) = tokio::join!(delete(&bench, "volume-2"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let delete = delete_snapshot(&bench, "volume-1", "snapshot-1");
        let renamed = || bench.snapshots_of("volume-1") != ["snapshot-1"];
        waits_after(&bench, delete, renamed).await
    });
    clone.unwrap();
    snapshot.unwrap();
    assert_eq!(bench.state(), before);
}

/// The clone is deleted between the read of the dependents and the rename.
#[tokio::test]
async fn a_volume_whose_clone_is_deleted_before_the_rename_goes_at_once() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    hold(&bench, "PUT", "/luns/volume-1$");
    let (origin, clone) = tokio::join!(delete(&bench, "volume-1"), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let clone = delete(&bench, "volume-2").await;
        bench.appliance.release();
        clone
    });
    origin.unwrap();
    clone.unwrap();
    assert_eq!(bench.state(), before);
}

/// Only a damaged appliance shows a circle of origins. Following it must end.
#[tokio::test]
async fn a_circle_of_origins_ends() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    let name = deferred(&bench, "volume-1");
    let origin = json!({"project": PROJECT, "share": name, "snapshot": "tmp-snapshot-2"});
    bench
        .appliance
        .show_odd("lun", &name, json!({ "origin": origin }));
    let deleted = tokio::time::timeout(SOON, delete(&bench, "volume-2")).await;
    assert!(deleted.expect("the chain ends").unwrap().existed);
}

/// Hosts without a common lock: the one that deletes the clone does not see the rename.
#[tokio::test]
async fn what_two_hosts_leave_is_found_by_an_audit() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    hold(&bench, "DELETE", "/luns/volume-2$");
    let another_host = bench.other_host(|_| {});
    let of_clone = another_host.call(DeleteVolume {
        name: own("volume-2"),
    });
    let (clone, ()) = tokio::join!(of_clone, async {
        assert!(until(|| bench.appliance.held() > 0).await);
        delete(&bench, "volume-1").await.unwrap();
        bench.appliance.release();
    });
    clone.unwrap();
    assert_eq!(bench.luns(0), [deferred(&bench, "volume-1")]);
    let fix = Audit {
        fix: true,
        ..Audit::default()
    };
    let report = bench.driver.call(fix).await.unwrap();
    assert_eq!(report.fixed, 1, "{report:?}");
    assert_eq!(bench.state(), before);
}

/// A program that does not know the library clones the deleted volume just before it goes.
#[tokio::test]
async fn a_clone_that_another_program_makes_meanwhile_keeps_it() {
    for (cascade, nodestroy) in [
        (Cascade::Silent, true),
        (Cascade::ConfirmRequired, true),
        (Cascade::ConfirmRequired, false),
    ] {
        let bench = deferring().await;
        let before = bench.state();
        bench.appliance.tune(|knobs| knobs.cascade = cascade);
        make(&bench, "volume-1").await;
        clone(&bench, "volume-2", "volume-1").await;
        clone(&bench, "volume-3", "volume-2").await;
        delete(&bench, "volume-2").await.unwrap();
        let name = deferred(&bench, "volume-2");
        hold(&bench, "DELETE", &format!("/luns/{name}$"));
        let (deleted, kept) = tokio::join!(delete(&bench, "volume-3"), async {
            assert!(until(|| bench.appliance.held() > 0).await);
            let place = ProjectRef {
                pool: POOL,
                project: PROJECT,
            };
            let scope = bench.driver.scope(Call::default());
            let appliance = bench.driver.appliance();
            let snapshot = appliance.create_snapshot(&scope, place, &name, "tmp-snapshot-9");
            snapshot.await.unwrap();
            let clone = NewClone {
                share: "volume-9",
                project: PROJECT,
                sparse: true,
                compression: "off",
                logbias: "latency",
                optional: &zfssa::config::PropertyValues::default(),
                nodestroy,
                target_group: "tgt-grp",
                initiator_groups: Presentation::masked(),
                managed: true,
                operation: "another program",
                since: "1",
                delete_with_clones: None,
            };
            let made = appliance.clone_snapshot(&scope, place, &name, "tmp-snapshot-9", &clone);
            made.await.unwrap();
            let kept = bench.lun("volume-9");
            bench.appliance.release();
            kept
        });
        assert!(deleted.unwrap().existed);
        assert_eq!(bench.lun("volume-9"), kept, "{cascade:?}");
        assert_eq!(volumes(&bench).await, ["volume-1", "volume-9"]);
        assert_eq!(bench.lun(&name)["nodestroy"], true, "it is protected again");
        delete(&bench, "volume-9").await.unwrap();
        delete(&bench, "volume-1").await.unwrap();
        assert_eq!(bench.state()["pools"], before["pools"], "{cascade:?}");
    }
}

/// The rename is in doubt until it shows.
#[tokio::test]
async fn a_rename_that_is_under_way_is_never_said_to_be_refused() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    let faults = bench.appliance.faults();
    let put = ("PUT", "/luns/volume-1$");
    let late = Fault::new(FaultKind::late_until_released()).on(put.0, put.1);
    let late = faults.push(late);
    faults.push(Fault::new(FaultKind::denied()).on(put.0, put.1).nth(2));
    let error = delete(&bench, "volume-1").await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    assert_eq!(volumes(&bench).await, ["volume-1", "volume-2"]);
    bench.appliance.release();
    bench.answered(late).await;
    assert_eq!(volumes(&bench).await, ["volume-2"]);
    assert!(!delete(&bench, "volume-1").await.unwrap().existed);
    delete(&bench, "volume-2").await.unwrap();
    assert!(bench.luns(0).is_empty());
}

/// The first attempt at the rename is carried out when another host, which does not know of it, has
/// made a volume of the name.
#[tokio::test]
async fn a_late_rename_leaves_a_new_volume_of_the_name_alone() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    let late = Fault::new(FaultKind::late_until_released()).on("PUT", "/luns/volume-1$");
    let late = bench.appliance.faults().push(late);
    delete(&bench, "volume-1").await.unwrap();
    let waiting = deferred(&bench, "volume-1");
    let another_host = bench.other_host(|_| {});
    another_host.call(volume("volume-1")).await.unwrap();
    bench.appliance.release();
    bench.answered(late).await;
    assert_eq!(bench.luns(0), [waiting.as_str(), "volume-1", "volume-2"]);
    assert_eq!(volumes(&bench).await, ["volume-1", "volume-2"]);
    delete(&bench, "volume-2").await.unwrap();
    assert_eq!(bench.luns(0), ["volume-1"]);
}

/// The first attempt at the creation of the volume is carried out after its deletion.
#[tokio::test]
async fn a_late_creation_does_not_bring_a_deleted_volume_back() {
    let bench = deferring().await;
    let late = FaultKind::Late {
        requests: None,
        ms: Some(800),
    };
    let late = Fault::new(late).on("POST", "/luns$");
    let late = bench.appliance.faults().push(late);
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    bench.answered(late).await;
    let waiting = deferred(&bench, "volume-1");
    assert_eq!(bench.luns(0), [waiting.as_str(), "volume-2"]);
}

/// The same host waits until the late rename is over.
#[tokio::test]
async fn a_creation_waits_for_a_late_rename_of_its_name() {
    let bench = deferring().await;
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    let late = FaultKind::Late {
        requests: None,
        ms: Some(800),
    };
    let late = Fault::new(late).on("PUT", "/luns/volume-1$");
    let late = bench.appliance.faults().push(late);
    delete(&bench, "volume-1").await.unwrap();
    make(&bench, "volume-1").await;
    let trace = bench.appliance.trace();
    let renamed = trace.iter().position(|one| one.fault == Some(late));
    let is_creation = |one: &Exchange| one.method == "POST" && one.path.ends_with("/luns");
    let created = trace.iter().rposition(is_creation);
    assert!(renamed.unwrap() < created.unwrap(), "{trace:?}");
    assert_eq!(volumes(&bench).await, ["volume-1", "volume-2"]);
}

/// The deletion of the deferred volume is in doubt, that of the clone is not.
#[tokio::test]
async fn a_late_deletion_of_the_origin_is_no_failure_of_the_call() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    clone(&bench, "volume-2", "volume-1").await;
    delete(&bench, "volume-1").await.unwrap();
    let delete_origin = ("DELETE", "/luns/deleted-[^/]*$");
    let faults = bench.appliance.faults();
    let late = Fault::new(FaultKind::late_until_released()).on(delete_origin.0, delete_origin.1);
    let late = faults.push(late);
    for number in 2..=3 {
        let denied = Fault::new(FaultKind::denied()).on(delete_origin.0, delete_origin.1);
        faults.push(denied.nth(number));
    }
    delete(&bench, "volume-2").await.unwrap();
    assert!(is_renamed(&bench));
    assert!(bench.journals().is_empty());
    bench.appliance.release();
    bench.answered(late).await;
    assert_eq!(bench.state(), before);
}

/// A clone is rolled back whose source another host deleted meanwhile.
#[tokio::test]
async fn the_rollback_of_a_clone_deletes_the_origin_that_waited_for_it() {
    let bench = deferring().await;
    let before = bench.state();
    make(&bench, "volume-1").await;
    hold(&bench, "GET", "/luns/volume-2$");
    let denied = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-2$");
    bench.appliance.faults().push(denied);
    let larger = CreateClonedVolume {
        size_gib: 2,
        ..cloned("volume-2", "volume-1")
    };
    let another_host = bench.other_host(|config| {
        config.set("zfssa_delete_with_clones", "defer");
    });
    let (made, ()) = tokio::join!(bench.driver.call(larger), async {
        assert!(until(|| bench.appliance.held() > 0).await);
        let name = own("volume-1");
        another_host.call(DeleteVolume { name }).await.unwrap();
        bench.appliance.release();
    });
    let error = made.unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    assert_eq!(bench.state(), before);
}
