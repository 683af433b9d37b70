//! Since when a LUN has been a volume, by which an audit decides what it may delete.

use support::{Fixture, POOL, PROJECT, volume};
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::driver::{
    Audit, AuditReport, Call, DoSetup, Driver, ExistingRef, ManageExisting, Unmanage,
};
use zfssa::error::{Outcome, Status};
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::{Appliance, Fault, FaultKind};

/// A time before every test.
const LONG_AGO: &str = "1000000000";

fn own(text: &str) -> String {
    text.to_owned()
}

fn manage(name: &str, source: &str) -> ManageExisting {
    ManageExisting {
        name: own(name),
        existing: ExistingRef {
            source_name: own(source),
            ..ExistingRef::default()
        },
        ..ManageExisting::default()
    }
}

/// What an appliance makes from now on is two hours old.
fn make_old(appliance: &Appliance) {
    appliance.tune(|knobs| knobs.clock_behind_s = 7_200);
}

/// Writes since when a LUN has been a volume, as an earlier operation did.
async fn volume_since(driver: &Driver, name: &str, since: &str) {
    let change = LunChange {
        since: Some(since),
        ..LunChange::default()
    };
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let scope = driver.scope(Call::default());
    let changed = driver.appliance().change_lun(&scope, place, name, &change);
    changed.await.unwrap();
}

/// An appliance that an earlier release set up: its schema does not have the property.
async fn without_property(driver: &Driver) {
    let path = Path::new(Service::Storage)
        .fixed("schema")
        .name("zfssa_since")
        .unwrap();
    support::send(driver, &Request::delete(path)).await;
}

/// Deletes what the host does not list and what has been a volume for an hour.
async fn audited(driver: &Driver) -> AuditReport {
    let audit = Audit {
        volumes: vec![own("volume-of-the-list")],
        fix: true,
        fix_volumes: true,
        ..Audit::default()
    };
    driver.call(audit).await.unwrap()
}

/// What unmanaging volume-1 leaves.
const UNMANAGED: &str = "unmanaged-volume-1";

/// An old LUN that this library made, and that is no volume now.
async fn with_unmanaged() -> Fixture {
    let bench = Fixture::ready().await;
    make_old(&bench.appliance);
    bench.driver.call(volume("volume-1")).await.unwrap();
    volume_since(&bench.driver, "volume-1", LONG_AGO).await;
    let name = own("volume-1");
    bench.driver.call(Unmanage { name }).await.unwrap();
    bench
}

/// What an audit says of a volume that it keeps.
fn kept(report: &AuditReport, name: &str) -> String {
    let mut found = report.findings.iter().filter(|one| one.object == name);
    let finding = found.next().expect("it is reported");
    assert!(!finding.fixed && !finding.fixable, "{finding:?}");
    finding.detail.clone()
}

/// The copy brings the time of its source with it, which says nothing of the backend where it is a
/// volume from now on.
#[tokio::test]
async fn a_migrated_volume_is_one_from_its_arrival() {
    let bench = Fixture::pair_with_volume(|_| {}).await;
    volume_since(&bench.driver, "volume-1", LONG_AGO).await;
    make_old(&bench.other().appliance);
    let migration = bench.migration("volume-1");
    assert!(bench.driver.call(migration).await.unwrap().migrated);
    let report = audited(&bench.other().driver).await;
    let detail = kept(&report, "volume-1");
    assert!(detail.contains("a volume for"), "{detail}");
    assert_eq!(bench.luns(1), ["volume-1"]);
}

#[tokio::test]
async fn a_destination_without_the_property_gets_the_volume_and_keeps_it() {
    let bench = Fixture::pair_with_volume(|_| {}).await;
    volume_since(&bench.driver, "volume-1", LONG_AGO).await;
    make_old(&bench.other().appliance);
    without_property(&bench.other().driver).await;
    let migration = bench.migration("volume-1");
    assert!(bench.driver.call(migration).await.unwrap().migrated);
    let report = audited(&bench.other().driver).await;
    let detail = kept(&report, "volume-1");
    assert!(detail.contains("not known since when"), "{detail}");
    assert_eq!(bench.luns(1), ["volume-1"]);
}

/// A call whose answer was lost managed it long ago; the host learns of it now.
#[tokio::test]
async fn a_volume_that_an_earlier_call_managed_is_one_from_the_repeated_call() {
    let bench = with_unmanaged().await;
    let first = bench.driver.call(manage("volume-1", UNMANAGED)).await;
    assert!(first.unwrap().changed);
    for source in [UNMANAGED, "volume-1"] {
        volume_since(&bench.driver, "volume-1", LONG_AGO).await;
        let again = bench.driver.call(manage("volume-1", source)).await;
        assert!(!again.unwrap().changed);
        let detail = kept(&audited(&bench.driver).await, "volume-1");
        assert!(detail.contains("a volume for"), "{detail}");
    }
    assert_eq!(bench.luns(0), ["volume-1"]);
}

/// None of the answers arrives, and the host is not told that it has the volume. The LUN becomes one
/// later, after the list of the audit was made.
#[tokio::test]
async fn a_lun_that_is_managed_late_is_a_young_volume() {
    let bench = with_unmanaged().await;
    let late = Fault::new(FaultKind::late_until_released()).on("PUT", "/luns/unmanaged-volume-1$");
    bench.appliance.faults().push(late.times(3));
    let error = bench
        .driver
        .call(manage("volume-1", UNMANAGED))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    assert_eq!(bench.luns(0), [UNMANAGED]);
    bench.appliance.release();
    assert!(support::until(|| bench.luns(0) == ["volume-1"]).await);
    let detail = kept(&audited(&bench.driver).await, "volume-1");
    assert!(detail.contains("a volume for"), "{detail}");
    assert_eq!(bench.luns(0), ["volume-1"]);
}

/// The refusal names the remedy, and nothing was made.
#[tokio::test]
async fn an_appliance_that_an_earlier_release_set_up_is_named_so() {
    let bench = Fixture::ready().await;
    without_property(&bench.driver).await;
    let error = bench.driver.call(volume("volume-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidValue, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Rejected, "{error:?}");
    assert!(error.message().contains("do_setup"), "{error:?}");
    assert!(bench.luns(0).is_empty());
    bench.driver.call(DoSetup {}).await.unwrap();
    bench.driver.call(volume("volume-1")).await.unwrap();
}
