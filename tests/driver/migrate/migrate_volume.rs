//! Migration by replication between two appliances.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::matrix::{ID, PREPARED};
use support::pair::{OTHER_PASSWORD, Other, account_on, start_other};
use support::{Fixture, HOST_A, PROJECT, until};
use tokio_util::sync::CancellationToken;
use zfssa::appliance::{LunChange, Presentation, ProjectRef};
use zfssa::driver::{
    Call, CreateClonedVolume, CreateSnapshot, CreateVolume, Decline, DeleteVolume, Driver,
    GetVolume, InitializeConnection, MigrateVolume, Progress, Timeout,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind, Knobs, Options, TlsOptions};

fn named(name: &str) -> CreateVolume {
    CreateVolume {
        name: name.into(),
        size_gib: 1,
        ..CreateVolume::default()
    }
}

fn look(name: &str) -> GetVolume {
    GetVolume { name: name.into() }
}

async fn bench() -> Fixture {
    slow_bench(Knobs::default()).await
}

/// Two appliances, of which the source has these knobs, and a volume.
async fn slow_bench(knobs: Knobs) -> Fixture {
    let source = Options {
        knobs,
        ..Options::default()
    };
    let bench = Fixture::pair_with(source, Options::default(), |_| {}).await;
    bench.call_as(PREPARED, named("volume-1")).await.unwrap();
    bench
}

#[tokio::test]
async fn a_volume_moves_and_is_the_same_there() {
    let bench = Fixture::pair(|_| {}).await;
    let volume = CreateVolume {
        extra_specs: [
            ("compression", "gzip"),
            ("volblocksize", "16k"),
            ("logbias", "throughput"),
        ]
        .map(|(key, value)| (format!("zfssa:{key}"), value.to_owned()))
        .to_vec(),
        ..named("volume-1")
    };
    let before = bench.driver.call(volume).await.unwrap();
    let migrated = bench
        .driver
        .call(bench.migration("volume-1"))
        .await
        .unwrap();
    assert!(migrated.migrated, "{}", migrated.reason);
    assert!(migrated.left_behind.is_empty());
    assert!(bench.luns(0).is_empty());
    let after = bench.other().driver.call(look("volume-1")).await.unwrap();
    assert_eq!(after.guid, migrated.guid);
    assert_ne!(after.guid, before.guid);
    assert_eq!(after.size_bytes, before.size_bytes);
    assert_eq!(after.block_size_bytes, 16 * 1024);
    assert_eq!(after.compression, "gzip");
    assert_eq!(after.logbias, "throughput");
    assert_eq!(after.managed, Some(true));
    assert!(after.initiator_groups.is_empty());
    assert!(bench.journals().is_empty());

    // It is the other backend's like any other: it attaches, and it goes.
    let attach = InitializeConnection {
        volume: "volume-1".into(),
        initiator: HOST_A.into(),
        ..InitializeConnection::default()
    };
    bench.other().driver.call(attach).await.unwrap();
    let delete = DeleteVolume {
        name: "volume-1".into(),
    };
    bench.other().driver.call(delete).await.unwrap();
}

#[tokio::test]
async fn a_clone_moves_with_its_temporary_snapshot_taken_away() {
    let bench = bench().await;
    let clone = CreateClonedVolume {
        name: "volume-2".into(),
        size_gib: 1,
        source_volume: "volume-1".into(),
        ..CreateClonedVolume::default()
    };
    let before = bench.state();
    bench.driver.call(clone).await.unwrap();
    let migrated = bench
        .driver
        .call(bench.migration("volume-2"))
        .await
        .unwrap();
    assert!(migrated.migrated, "{}", migrated.reason);
    assert_eq!(bench.state()["source"], before["source"]);
    // It is protected no more, since it is nobody's clone there.
    let delete = DeleteVolume {
        name: "volume-2".into(),
    };
    bench.other().driver.call(delete).await.unwrap();
    assert!(bench.luns(1).is_empty());
}

#[tokio::test]
async fn the_same_call_again_finds_the_volume_moved() {
    let bench = bench().await;
    let first = bench
        .call_as(ID, bench.migration("volume-1"))
        .await
        .unwrap();
    let again = bench
        .call_as(ID, bench.migration("volume-1"))
        .await
        .unwrap();
    assert_eq!(first, again);
    let stranger = bench.call_as(PREPARED, bench.migration("volume-1")).await;
    assert_eq!(stranger.unwrap_err().status(), Status::VolumeNotFound);
}

#[tokio::test]
async fn an_update_takes_its_time_and_tells_how_far_it_is() {
    let bench = slow_bench(Knobs {
        replication_ms: 1_500,
        replication_start_lag_ms: 300,
        ..Knobs::default()
    })
    .await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let progress = {
        let told = told.clone();
        Progress::told_to(move |step| told.lock().unwrap().push(step.clone()))
    };
    let call = Call {
        progress,
        ..Call::default()
    };
    let scope = bench.driver.scope(call);
    let migrated = bench.driver.run(bench.migration("volume-1"), &scope).await;
    assert!(migrated.unwrap().migrated);
    let told = told.lock().unwrap();
    let steps: Vec<&str> = told.iter().map(|step| step.name.as_str()).collect();
    for step in ["send_update", "sever", "adopt", "delete_source"] {
        assert!(steps.contains(&step), "{steps:?}");
    }
    let parts: Vec<u64> = told
        .iter()
        .filter(|step| step.name == "send_update" && step.total > 0)
        .map(|step| step.done)
        .collect();
    assert!(parts.is_sorted() && !parts.is_empty(), "{parts:?}");
    assert!(parts.iter().any(|part| *part > 0), "{parts:?}");
}

#[tokio::test]
async fn an_update_that_is_cancelled_or_out_of_time_is_taken_back() {
    for timeout in [Timeout::Unlimited, Timeout::After(Duration::from_secs(1))] {
        let bench = slow_bench(Knobs {
            replication_ms: 3_600_000,
            ..Knobs::default()
        })
        .await;
        let before = bench.state();
        let cancel = CancellationToken::new();
        let call = Call {
            timeout,
            cancel: cancel.clone(),
            ..Call::default()
        };
        let (driver, migration) = (bench.driver.clone(), bench.migration("volume-1"));
        let migrating = tokio::spawn(async move {
            let scope = driver.scope(call);
            driver.run(migration, &scope).await
        });
        let arriving = || {
            let state = bench.other().appliance.state();
            let packages = &state["replication"]["sources"]["source"]["packages"];
            packages.as_object().is_some_and(|all| !all.is_empty())
        };
        assert!(until(arriving).await);
        let wanted = if timeout == Timeout::Unlimited {
            cancel.cancel();
            Status::Cancelled
        } else {
            Status::Deadline
        };
        let error = migrating.await.unwrap().unwrap_err();
        assert_eq!(error.status(), wanted, "{error:?}");
        assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
        assert_eq!(bench.state(), before);
        assert!(bench.journals().is_empty());
    }
}

/// What another host, which shares no locks, does to the source while its package is severed.
async fn meanwhile(change: impl AsyncFnOnce(&Driver), words: &str) {
    let bench = bench().await;
    let sever = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/sever$");
    bench.other().appliance.faults().push(sever);
    let (driver, migration) = (bench.driver.clone(), bench.migration("volume-1"));
    let migrating = tokio::spawn(async move { driver.call(migration).await });
    assert!(until(|| bench.other().appliance.held() > 0).await);
    let foreign = bench.other_host(|_| {});
    change(&foreign).await;
    bench.other().appliance.release();
    let error = migrating.await.unwrap().unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    assert_eq!(bench.luns(0), ["volume-1"]);
    assert!(bench.luns(1).is_empty());
}

#[tokio::test]
async fn a_volume_that_is_attached_meanwhile_stays() {
    // This library refuses it, so somebody did it past the library.
    let attach = async |foreign: &Driver| {
        let attach = InitializeConnection {
            volume: "volume-1".into(),
            initiator: HOST_A.into(),
            ..InitializeConnection::default()
        };
        let refused = foreign.call(attach).await.unwrap_err();
        assert_eq!(refused.status(), Status::VolumeBusy, "{refused}");
        let presented = LunChange {
            initiator_groups: Some(Presentation(vec!["host-a".into()])),
            ..LunChange::default()
        };
        let place = ProjectRef {
            pool: support::POOL,
            project: PROJECT,
        };
        let scope = foreign.scope(Call::default());
        let appliance = foreign.appliance();
        let changed = appliance.change_lun(&scope, place, "volume-1", &presented);
        changed.await.unwrap();
    };
    meanwhile(attach, "was attached").await;
}

#[tokio::test]
async fn a_volume_that_gets_a_snapshot_meanwhile_stays() {
    let snapshot = CreateSnapshot {
        volume: "volume-1".into(),
        name: "snapshot-1".into(),
    };
    let take = async |foreign: &Driver| drop(foreign.call(snapshot).await.unwrap());
    meanwhile(take, "was given a snapshot").await;
}

#[tokio::test]
async fn a_volume_that_grows_meanwhile_stays() {
    let grow = zfssa::driver::ExtendVolume {
        name: "volume-1".into(),
        size_gib: 2,
    };
    let grow = async |foreign: &Driver| drop(foreign.call(grow).await.unwrap());
    meanwhile(grow, "was resized").await;
}

#[tokio::test]
async fn the_account_that_the_host_gives_comes_first() {
    let bench = Fixture::pair(|config| {
        config.set("zfssa_migration_destinations", "");
    })
    .await;
    bench.call_as(PREPARED, named("volume-1")).await.unwrap();
    let port = bench.other().appliance.port();
    let wrong = format!("{{'127.0.0.1:{port}': {{'login': 'root', 'password': 'CANARY-wrong'}}}}");
    let driver = bench.driver_with(|config| {
        config.set("zfssa_migration_destinations", &wrong);
    });
    let error = driver.call(bench.migration("volume-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::Unauthenticated);
    let migration = MigrateVolume {
        login: "root".into(),
        password: OTHER_PASSWORD.into(),
        ..bench.migration("volume-1")
    };
    assert!(driver.call(migration).await.unwrap().migrated);
}

#[tokio::test]
async fn the_journal_holds_no_secret() {
    let bench = bench().await;
    let adopt = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/volume-1$");
    bench.other().appliance.faults().push(adopt);
    let driver = bench.driver.clone();
    // As the former driver tells where it is: base64 of root:CANARY-password-other.
    let told = "cm9vdDpDQU5BUlktcGFzc3dvcmQtb3RoZXI=";
    let location = bench
        .other()
        .location_info
        .replacen("::", &format!(":{told}:"), 1);
    let migration = MigrateVolume {
        location_info: location.into(),
        login: "root".into(),
        password: OTHER_PASSWORD.into(),
        ..bench.migration("volume-1")
    };
    assert!(!format!("{migration:?}").contains("CANARY"));
    let migrating = tokio::spawn(async move { driver.call(migration).await });
    assert!(until(|| bench.other().appliance.held() > 0).await);
    let journals = bench.journals();
    assert_eq!(journals.len(), 1);
    let path = bench.dir.path().join("state").join(&journals[0]);
    let journal = std::fs::read_to_string(path).unwrap();
    assert!(journal.contains("volume-1"), "{journal}");
    assert!(!journal.contains("CANARY") && !journal.contains(told));
    bench.other().appliance.release();
    assert!(migrating.await.unwrap().unwrap().migrated);
}

#[tokio::test]
async fn a_release_without_the_flat_list_of_actions_is_served() {
    let bench = slow_bench(Knobs {
        flat_actions: false,
        ..Knobs::default()
    })
    .await;
    let migrated = bench.driver.call(bench.migration("volume-1")).await;
    assert!(migrated.unwrap().migrated);
}

#[tokio::test]
async fn within_one_appliance_from_pool_to_pool() {
    let pools = ["pool-0", "pool-1"].map(|name| zfssa_appliance::PoolOptions {
        name: name.to_owned(),
        ..zfssa_appliance::PoolOptions::default()
    });
    let options = Options {
        pools: pools.to_vec(),
        ..Options::default()
    };
    let bench = Fixture::raw(options, |_| {}).await;
    bench.driver.call(zfssa::driver::DoSetup {}).await.unwrap();
    let second = bench.driver_with(|config| {
        config.set("zfssa_pool", "pool-1");
        config.set("zfssa_replication_ip", "localhost");
    });
    second.call(zfssa::driver::DoSetup {}).await.unwrap();
    bench.register("localhost", support::PASSWORD).await;
    bench.call_as(PREPARED, named("volume-1")).await.unwrap();
    let stats = second.call(zfssa::driver::GetVolumeStats {}).await.unwrap();
    let migration = MigrateVolume {
        name: "volume-1".into(),
        location_info: stats.location_info.into(),
        ..MigrateVolume::default()
    };
    let migrated = bench.driver.call(migration).await.unwrap();
    assert!(migrated.migrated, "{}", migrated.reason);
    assert!(bench.luns(0).is_empty());
    assert_eq!(second.call(look("volume-1")).await.unwrap().pool, "pool-1");
    // The session is the backend's own and lives on.
    bench.driver.call(named("volume-2")).await.unwrap();
    let again = bench.migration_to("volume-2", "nowhere::pool-1:cinder:tgt-grp:localhost");
    let declined = bench.driver.call(again).await.unwrap();
    assert_eq!(declined.declined, Some(Decline::NoAccount));
}

/// Where the former driver swapped one client between two migrations, each has its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_to_two_appliances_at_once_do_not_meet() {
    let second = Options {
        listen: ([127, 0, 0, 2], 0).into(),
        tls: TlsOptions {
            names: vec!["127.0.0.2".to_owned()],
            ..TlsOptions::default()
        },
        ..Options::default()
    };
    let (first, second) = (
        start_other(Options::default()).await,
        start_other(second).await,
    );
    let accounts = [account_on(&first), account_on(&second)]
        .map(|account| account.trim_matches(['{', '}']).to_owned() + "}");
    let accounts = format!("{{{}}}", accounts.join(", "));
    let options = Options {
        knobs: Knobs {
            replication_ms: 200,
            ..Knobs::default()
        },
        ..Options::default()
    };
    let mut bench = Fixture::raw(options, |config| {
        config.set("zfssa_migration_destinations", &accounts);
    })
    .await;
    bench.driver.call(zfssa::driver::DoSetup {}).await.unwrap();
    let first = bench.join(first, "192.0.2.2").await;
    let second = bench.join(second, "192.0.2.3").await;
    let mut migrating = tokio::task::JoinSet::new();
    let names = |parity: usize| (0..8).filter(move |number| number % 2 == parity);
    for number in 0..8 {
        let name = format!("volume-{number}");
        bench.driver.call(named(&name)).await.unwrap();
        let other = [&first, &second][number % 2];
        let migration = bench.migration_to(&name, &other.location_info);
        let driver = bench.driver.clone();
        migrating.spawn(async move { driver.call(migration).await });
    }
    while let Some(migrated) = migrating.join_next().await {
        let migrated = migrated.unwrap().unwrap();
        assert!(migrated.migrated, "{}", migrated.reason);
    }
    assert!(bench.luns(0).is_empty());
    for (parity, other) in [&first, &second].into_iter().enumerate() {
        let found: Vec<String> = luns(other).await;
        let wanted: Vec<String> = names(parity)
            .map(|number| format!("volume-{number}"))
            .collect();
        assert_eq!(found, wanted);
    }
}

async fn luns(other: &Other) -> Vec<String> {
    let all = other
        .driver
        .call(zfssa::driver::ListVolumes::default())
        .await;
    all.unwrap()
        .volumes
        .into_iter()
        .map(|one| one.name)
        .collect()
}
