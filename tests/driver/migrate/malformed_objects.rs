//! Objects of strange forms on the way of a migration: what others have on both appliances stops
//! none, and a replication that may be the volume's own is not passed over.

use serde_json::{Value, json};
use support::pair::OTHER_PASSWORD;
use support::{Fixture, PASSWORD, POOL, PROJECT, send};
use zfssa::appliance::{Action, Appliance, NewAction, ProjectRef};
use zfssa::driver::{Call, Decline, Driver};
use zfssa::error::{Outcome, Status};
use zfssa::rest::{Path, Request, Service};

const PLACE: ProjectRef<'static> = ProjectRef {
    pool: POOL,
    project: PROJECT,
};

/// Makes an appliance a replication target and source of itself.
async fn to_itself(driver: &Driver, password: &str) {
    let target = json!({"hostname": "localhost", "root_password": password, "label": "itself"});
    let path = Path::new(Service::Storage)
        .fixed("replication")
        .fixed("targets");
    send(driver, &Request::post(path, &target)).await;
}

/// Two appliances with a volume, and of every kind of object of replication one of somebody
/// else's. The action, whose id is that of the package at the destination, sends a LUN.
async fn bench() -> (Fixture, String) {
    let bench = Fixture::pair_with_volume(|_| {}).await;
    to_itself(&bench.driver, PASSWORD).await;
    to_itself(&bench.other().driver, OTHER_PASSWORD).await;
    bench
        .foreign_lun(json!({"name": "foreign", "volsize": 1 << 20}))
        .await;
    let action = replicate(&bench, "foreign").await;
    let scope = bench.driver.scope(Call::default());
    let sent = bench.driver.appliance().send_update(&scope, &action).await;
    sent.expect("sent");
    (bench, action.id)
}

async fn replicate(bench: &Fixture, lun: &str) -> Action {
    let scope = bench.driver.scope(Call::default());
    let appliance: &Appliance = bench.driver.appliance();
    let alone = appliance.inherit_replication(&scope, PLACE, lun, false);
    alone.await.expect("on its own");
    let targets = appliance
        .replication_targets(&scope)
        .await
        .expect("targets");
    let targets = targets.whole().expect("all of them");
    let target = targets.iter().find(|target| target.label != "itself");
    let new = NewAction {
        pool: POOL,
        project: PROJECT,
        share: lun,
        target: &target.expect("the other one").label,
        target_pool: POOL,
        continuous: false,
        include_snaps: false,
    };
    let made = appliance.create_replication_action(&scope, &new).await;
    made.expect("an action")
}

/// The side (0 is the source), the kind, the name where it is not the action's id, and the form.
fn foreign() -> Vec<(usize, &'static str, &'static str, Value)> {
    let mut all = Vec::new();
    for form in [
        json!({"label": null}),
        json!({"label": 7}),
        json!({"address": null}),
    ] {
        all.push((0, "replication_target", "itself", form));
    }
    for form in [
        json!({"state": null}),
        json!({"last_result": null, "last_try": null}),
        json!({"bytes_sent": null, "estimated_size": null}),
        json!({"bytes_sent": "much"}),
        json!({"id": null}),
    ] {
        all.push((0, "action", "", form));
    }
    for form in [json!({"name": null}), json!({"name": 7})] {
        all.push((1, "replication_source", "", form));
    }
    for form in [json!({"project": null}), json!({"project": 7})] {
        all.push((1, "package", "", form));
    }
    all.push((
        1,
        "target_group",
        "foreign",
        json!({"name": "foreign", "targets": 7}),
    ));
    all.push((1, "property", "image_id", json!({"type": 7})));
    all.push((0, "property", "image_id", json!({"type": 7})));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_replicate_stops_no_migration() {
    for (side, kind, name, form) in foreign() {
        for fails in [false, true] {
            let (bench, action) = bench().await;
            let source = bench.appliances()[side].asn();
            let name = match (kind, name) {
                ("replication_source", _) => name_of_source(&bench, &source).await,
                (_, "") => action.clone(),
                (_, name) => name.to_owned(),
            };
            bench.appliances()[side].show_odd(kind, &name, form.clone());
            if fails {
                let broken = |knobs: &mut zfssa_appliance::Knobs| {
                    knobs.replication_result = "failed (no route)".to_owned();
                };
                bench.appliance.tune(broken);
            }
            let said = bench.driver.call(bench.migration("volume-1")).await;
            let at = if fails { 0 } else { 1 };
            match said {
                Ok(migrated) => assert!(migrated.migrated && !fails, "{kind} {form}: {migrated:?}"),
                Err(error) => {
                    assert!(fails, "{kind} {form}: {error}");
                    assert_eq!(
                        error.outcome(),
                        Outcome::RolledBack,
                        "{kind} {form}: {error}"
                    );
                }
            }
            let volume = "volume-1".to_owned();
            assert!(bench.luns(at).contains(&volume), "{kind} {form}");
            assert!(!bench.luns(1 - at).contains(&volume), "{kind} {form}");
        }
    }
}

/// The name that an appliance has as the source of its own replication.
async fn name_of_source(bench: &Fixture, asn: &str) -> String {
    let driver = &bench.other().driver;
    let scope = driver.scope(Call::default());
    let sources = driver.appliance().replication_sources(&scope).await;
    let sources = sources.expect("sources").whole().expect("all");
    let own = sources.into_iter().find(|source| source.asn == asn);
    own.expect("itself").name
}

/// What cannot be read and may be what is sought counts as that.
#[tokio::test]
async fn what_may_be_the_volumes_own_is_not_passed_over() {
    let bench = Fixture::pair_with_volume(|_| {}).await;
    let action = replicate(&bench, "volume-1").await;
    let migration = || bench.driver.call(bench.migration("volume-1"));
    // An action that may send the volume.
    bench
        .appliance
        .show_odd("action", &action.id, json!({"bytes_sent": "much"}));
    let error = migration().await.expect_err("it may be replicated");
    assert!(error.message().contains(&action.id), "{error}");
    assert!(error.message().contains("`bytes_sent`"), "{error}");
    assert_eq!(error.status(), Status::Protocol);
    assert_eq!(bench.luns(0), ["volume-1"]);
    bench.appliance.show_plain();
    let scope = bench.driver.scope(Call::default());
    let deleted = bench
        .driver
        .appliance()
        .delete_replication_action(&scope, PLACE, &action.id);
    assert!(deleted.await.expect("deleted"));
    // A target that may be the destination.
    bench
        .appliance
        .show_odd("replication_target", "to 192.0.2.2", json!({"asn": 7}));
    let declined = migration().await.expect("declined");
    assert_eq!(declined.declined, Some(Decline::NotATarget), "{declined:?}");
    assert!(declined.reason.contains("`asn`"), "{declined:?}");
    bench.appliance.show_plain();
    // The target group of the volume is there, whatever else is wrong with it.
    let other = &bench.other().appliance;
    other.show_odd("target_group", "tgt-grp", json!({"targets": 7}));
    let migrated = migration().await.expect("migrated");
    assert!(migrated.migrated, "{migrated:?}");
}

/// An update that was asked for looks idle and has no result for a moment.
#[tokio::test]
async fn an_update_without_a_result_is_waited_for() {
    let bench = Fixture::pair_with_volume(|_| {}).await;
    bench
        .appliance
        .tune(|knobs| knobs.replication_unsure_looks = 2);
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    let migrated = migrated.expect("migrated");
    assert!(migrated.migrated, "{migrated:?}");
    assert_eq!(bench.luns(1), ["volume-1"]);
}
