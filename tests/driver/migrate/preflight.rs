//! Every reason for which a migration is declined, each alone. A decline is a result, changes
//! nothing, and leaves no journal.

use serde_json::json;
use support::matrix::PREPARED;
use support::pair::{OTHER_PASSWORD, REPLICATION_IP};
use support::{Fixture, HOST_A, POOL, PROJECT, send};
use zfssa::appliance::{NewAction, ProjectRef};
use zfssa::driver::{
    Call, CreateClonedVolume, CreateSnapshot, CreateVolume, Decline, Driver, InitializeConnection,
    MigrateVolume,
};
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::{Options, PoolOptions};

async fn bench() -> Fixture {
    let bench = Fixture::pair(|_| {}).await;
    volume(&bench).await;
    bench
}

async fn volume(bench: &Fixture) {
    let volume = CreateVolume {
        name: "volume-1".into(),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.call_as(PREPARED, volume).await.unwrap();
}

/// Asks for a migration, which has to be declined for this reason, in these words.
async fn declines(bench: &Fixture, migration: MigrateVolume, reason: Decline, words: &str) {
    let before = bench.state();
    let declined = bench.driver.call(migration).await.unwrap();
    assert!(!declined.migrated);
    assert_eq!(declined.declined, Some(reason), "{}", declined.reason);
    assert!(declined.reason.contains(words), "{}", declined.reason);
    assert!(!declined.reason.contains("CANARY"), "{}", declined.reason);
    assert_eq!(bench.state(), before);
    assert!(bench.journals().is_empty());
}

/// The bench's migration, with one thing changed.
fn but(bench: &Fixture, change: impl FnOnce(&mut MigrateVolume)) -> MigrateVolume {
    let mut migration = bench.migration("volume-1");
    change(&mut migration);
    migration
}

/// The same where something of what the destination tells is another.
fn located(bench: &Fixture, from: &str, to: &str) -> MigrateVolume {
    let told = &bench.other().location_info;
    assert!(told.contains(from), "{told}");
    let told = told.replace(from, to);
    but(bench, |migration| migration.location_info = told.into())
}

async fn disable_replication(driver: &Driver) {
    let path = Path::new(Service::Service)
        .fixed("services")
        .fixed("replication")
        .fixed("disable");
    send(driver, &Request::put_empty(path)).await;
}

#[tokio::test]
async fn a_status_in_which_somebody_may_use_the_volume() {
    let bench = bench().await;
    for status in ["in-use", "error", "deleting", ""] {
        let migration = but(&bench, |migration| migration.status = Some(status.into()));
        declines(&bench, migration, Decline::Status, status).await;
    }
}

#[tokio::test]
async fn a_volume_that_is_locked_or_retyped_migrates() {
    for status in [
        Some("available"),
        Some("maintenance"),
        Some("retyping"),
        None,
    ] {
        let bench = bench().await;
        let migration = but(&bench, |migration| {
            migration.status = status.map(str::to_owned)
        });
        let migrated = bench.driver.call(migration).await.unwrap();
        assert!(migrated.migrated, "{status:?}: {}", migrated.reason);
    }
}

#[tokio::test]
async fn another_vendor() {
    let bench = bench().await;
    for vendor in ["Acme", ""] {
        let migration = but(&bench, |migration| {
            migration.vendor_name = Some(vendor.to_owned())
        });
        let words = format!("vendor_name is \"{vendor}\"");
        declines(&bench, migration, Decline::Vendor, &words).await;
    }
}

#[tokio::test]
async fn another_protocol() {
    let bench = bench().await;
    for protocol in ["nfs", ""] {
        let migration = but(&bench, |migration| {
            migration.storage_protocol = Some(protocol.to_owned())
        });
        let words = format!("storage_protocol is \"{protocol}\"");
        declines(&bench, migration, Decline::Protocol, &words).await;
    }
}

#[tokio::test]
async fn no_location_info() {
    let bench = bench().await;
    let migration = but(&bench, |migration| migration.location_info = "".into());
    declines(&bench, migration, Decline::NoLocation, "location_info").await;
}

#[tokio::test]
async fn location_info_that_cannot_be_read_and_is_not_shown() {
    let bench = bench().await;
    for told in ["CANARY", "host:CANARY:pool", "h:CANARY:p:c:g:192.0.2.2"] {
        let migration = but(&bench, |migration| migration.location_info = told.into());
        declines(&bench, migration, Decline::BadLocation, "six fields").await;
    }
}

#[tokio::test]
async fn a_destination_without_an_address_for_replication() {
    let bench = bench().await;
    let migration = located(&bench, REPLICATION_IP, "");
    let reason = Decline::NoReplicationAddress;
    declines(&bench, migration, reason, "zfssa_replication_ip").await;
}

#[tokio::test]
async fn a_destination_without_an_account() {
    let bench = bench().await;
    let migration = located(&bench, "127.0.0.1::", "192.0.2.77::");
    let option = "zfssa_migration_destinations";
    declines(&bench, migration, Decline::NoAccount, option).await;
}

#[tokio::test]
async fn the_replication_service_of_the_source_is_off() {
    let bench = bench().await;
    disable_replication(&bench.driver).await;
    let migration = bench.migration("volume-1");
    declines(
        &bench,
        migration,
        Decline::SourceService,
        "source is disabled",
    )
    .await;
}

#[tokio::test]
async fn the_replication_service_of_the_destination_is_off() {
    let bench = bench().await;
    disable_replication(&bench.other().driver).await;
    let migration = bench.migration("volume-1");
    let words = "destination is disabled";
    declines(&bench, migration, Decline::DestinationService, words).await;
}

#[tokio::test]
async fn the_destination_has_another_target_group() {
    let bench = bench().await;
    let migration = located(&bench, ":tgt-grp:", ":other-grp:");
    declines(&bench, migration, Decline::TargetGroupDiffers, "other-grp").await;
}

#[tokio::test]
async fn the_destination_has_no_such_target_group() {
    let bench = Fixture::pair(|config| {
        config.set("zfssa_target_group", "own-grp");
    })
    .await;
    volume(&bench).await;
    let migration = located(&bench, ":tgt-grp:", ":own-grp:");
    declines(&bench, migration, Decline::NoTargetGroup, "own-grp").await;
}

#[tokio::test]
async fn the_destination_is_not_a_replication_target() {
    let bench = bench().await;
    let path = Path::new(Service::Storage)
        .fixed("replication")
        .fixed("targets")
        .name(&format!("to {REPLICATION_IP}"));
    send(&bench.driver, &Request::delete(path.unwrap())).await;
    let migration = bench.migration("volume-1");
    declines(
        &bench,
        migration,
        Decline::NotATarget,
        "not a replication target",
    )
    .await;
}

#[tokio::test]
async fn the_destination_is_a_target_at_another_address() {
    let bench = bench().await;
    let migration = located(&bench, REPLICATION_IP, "192.0.2.9");
    declines(&bench, migration, Decline::NoTargetAtAddress, "192.0.2.9").await;
}

#[tokio::test]
async fn the_volume_is_attached() {
    let bench = bench().await;
    let attach = InitializeConnection {
        volume: "volume-1".into(),
        initiator: HOST_A.into(),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();
    let migration = bench.migration("volume-1");
    declines(&bench, migration, Decline::Attached, "host-a").await;
}

#[tokio::test]
async fn the_volume_has_snapshots_or_clones() {
    let bench = bench().await;
    let clone = CreateClonedVolume {
        name: "volume-2".into(),
        size_gib: 1,
        source_volume: "volume-1".into(),
        ..CreateClonedVolume::default()
    };
    bench.driver.call(clone).await.unwrap();
    let migration = bench.migration("volume-1");
    declines(&bench, migration, Decline::Dependents, "clone volume-2").await;
    let snapshot = CreateSnapshot {
        volume: "volume-1".into(),
        name: "snapshot-1".into(),
    };
    bench.driver.call(snapshot).await.unwrap();
    let migration = bench.migration("volume-1");
    declines(&bench, migration, Decline::Dependents, "snapshot-1").await;
}

#[tokio::test]
async fn an_administrator_protected_the_volume() {
    let bench = Fixture::pair(|_| {}).await;
    let lun = json!({
        "name": "volume-1", "volsize": 1 << 30, "sparse": true, "nodestroy": true,
        "targetgroup": "tgt-grp", "initiatorgroup": "com.sun.ms.vss.hg.maskAll",
    });
    bench.foreign_lun(lun).await;
    let migration = bench.migration("volume-1");
    declines(&bench, migration, Decline::Protected, "nodestroy").await;
}

#[tokio::test]
async fn the_volume_is_replicated_already() {
    let bench = bench().await;
    let appliance = bench.driver.appliance();
    let scope = bench.driver.scope(Call::default());
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let inherited = appliance.inherit_replication(&scope, place, "volume-1", false);
    inherited.await.unwrap();
    let action = NewAction {
        pool: POOL,
        project: PROJECT,
        share: "volume-1",
        target: &format!("to {REPLICATION_IP}"),
        target_pool: POOL,
        continuous: false,
        include_snaps: true,
    };
    let action = appliance.create_replication_action(&scope, &action).await;
    let id = action.unwrap().id;
    let migration = bench.migration("volume-1");
    declines(&bench, migration, Decline::Replicated, &id).await;
}

#[tokio::test]
async fn the_destination_does_not_serve_the_place() {
    let bench = bench().await;
    for (from, to) in [(":cinder:", ":nowhere:"), (":pool-0:", ":pool-9:")] {
        let migration = located(&bench, from, to);
        let words = "does not serve project";
        declines(&bench, migration, Decline::NoPlace, words).await;
    }
}

#[tokio::test]
async fn the_destination_has_a_lun_of_that_name() {
    let bench = bench().await;
    let volume = CreateVolume {
        name: "volume-1".into(),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.other().driver.call(volume).await.unwrap();
    let migration = bench.migration("volume-1");
    declines(&bench, migration, Decline::NameTaken, "has a LUN volume-1").await;
}

#[tokio::test]
async fn the_destination_has_too_little_space() {
    let small = Options {
        pools: vec![PoolOptions {
            name: POOL.into(),
            size: 3 << 29,
        }],
        ..Options::default()
    };
    let bench = Fixture::pair_with(Options::default(), small, |_| {}).await;
    let thick = CreateVolume {
        name: "volume-1".into(),
        size_gib: 2,
        extra_specs: vec![("zfssa:sparse".into(), "false".into())],
    };
    bench.driver.call(thick).await.unwrap();
    let migration = bench.migration("volume-1");
    declines(
        &bench,
        migration,
        Decline::NoSpace,
        "needs 2147483648 bytes",
    )
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_an_error_and_not_a_reason() {
    let bench = bench().await;
    let before = bench.state();
    let migration = but(&bench, |migration| {
        migration.login = "root".into();
        migration.password = format!("{OTHER_PASSWORD}-not").into();
    });
    let error = bench.driver.call(migration).await.unwrap_err();
    assert_eq!(
        error.status(),
        zfssa::error::Status::Unauthenticated,
        "{error}"
    );
    assert_eq!(bench.state(), before);
}

#[test]
fn the_names_of_the_reasons_never_change() {
    let names: Vec<&str> = Decline::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(
        names,
        [
            "status",
            "vendor",
            "protocol",
            "no_location",
            "bad_location",
            "no_replication_address",
            "no_account",
            "source_service",
            "destination_service",
            "target_group_differs",
            "no_target_group",
            "not_a_target",
            "no_target_at_address",
            "attached",
            "dependents",
            "protected",
            "replicated",
            "no_place",
            "name_taken",
            "no_space",
        ]
    );
}
