//! Projects with very many volumes: every list is read whole, and what concerns one volume costs
//! what it costs in a small project.

use std::time::Duration;

use support::{Fixture, HOST_A, PROJECT, volume};
use zfssa::driver::{
    Audit, CreateSnapshot, DeleteSnapshot, DeleteVolume, ExtendVolume, GetManageableSnapshots,
    GetManageableVolumes, GetVolume, GetVolumeStats, InitializeConnection, KnownObject,
    KnownSnapshot, ListSnapshots, ListVolumes, OneOrEvery, Operation, Page, TerminateConnection,
    UpdateProviderInfo,
};
use zfssa_appliance::{Exchange, Fleet};

const MANY: u32 = 20_000;

/// An appliance whose project has volumes like one that the driver made, each with a snapshot.
async fn with_volumes(luns: u32) -> Fixture {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    bench.appliance.add_fleet(&Fleet {
        project: PROJECT.to_owned(),
        like: Some("volume-1".to_owned()),
        luns,
        snapshots: luns,
        groups: 10,
        ..Fleet::default()
    });
    bench
}

#[tokio::test]
async fn lists_of_a_fleet_are_whole() {
    let bench = with_volumes(MANY).await;
    let driver = &bench.driver;
    let many = MANY as usize;

    let volumes = driver.call(ListVolumes::default()).await.unwrap().volumes;
    assert_eq!(volumes.len(), many + 1);
    let every = ListSnapshots {
        volume: OneOrEvery::Every,
        ..ListSnapshots::default()
    };
    let snapshots = driver.call(every).await.unwrap().snapshots;
    assert_eq!(snapshots.len(), many);
    let stats = driver.call(GetVolumeStats {}).await.unwrap();
    assert_eq!(stats.total_volumes, u64::from(MANY) + 1);

    let object = |name: &String| KnownObject {
        id: name.clone(),
        name: name.clone(),
    };
    let known = volumes.iter().map(|one| object(&one.name)).collect();
    let limited = Page {
        limit: 10,
        ..Page::default()
    };
    let manageable = GetManageableVolumes {
        cinder_volumes: known,
        page: limited.clone(),
    };
    let manageable = driver.call(manageable).await.unwrap();
    assert_eq!(
        (manageable.total, manageable.entries.len()),
        (u64::from(MANY) + 1, 10)
    );
    let manageable = GetManageableSnapshots {
        cinder_snapshots: snapshots.iter().map(|one| object(&one.name)).collect(),
        page: limited,
    };
    let manageable = driver.call(manageable).await.unwrap();
    assert_eq!(
        (manageable.total, manageable.entries.len()),
        (u64::from(MANY), 10)
    );

    let known = UpdateProviderInfo {
        volumes: volumes.iter().map(|one| object(&one.name)).collect(),
        snapshots: snapshots
            .iter()
            .map(|one| KnownSnapshot {
                id: one.name.clone(),
                name: one.name.clone(),
                volume: one.volume.clone(),
            })
            .collect(),
    };
    let info = driver.call(known).await.unwrap();
    assert_eq!(info.volumes.len(), many + 1);
    assert_eq!(info.snapshots.len(), many);
    assert!(info.missing_volumes.is_empty() && info.missing_snapshots.is_empty());

    let names = volumes.iter().map(|one| one.name.clone());
    let audit = Audit {
        volumes: names.filter(|name| name != "volume-1").collect(),
        min_age: Some(Duration::ZERO),
        ..Audit::default()
    };
    let report = driver.call(audit).await.unwrap();
    let found: Vec<&str> = report.findings.iter().map(|one| &*one.object).collect();
    assert_eq!(found, ["volume-1"]);
}

/// What an operation asked of the appliance, and how long the answers were.
async fn exchanged<O: Operation>(bench: &Fixture, operation: O) -> Vec<(String, usize)> {
    bench.appliance.clear_trace();
    bench.driver.call(operation).await.unwrap();
    let asked = |one: Exchange| (format!("{} {}", one.method, one.path), one.answer_bytes);
    let mut exchanges: Vec<_> = bench.appliance.trace().into_iter().map(asked).collect();
    exchanges.sort_unstable();
    exchanges
}

async fn exchanged_for_single_volumes(luns: u32) -> Vec<(&'static str, Vec<(String, usize)>)> {
    let bench = with_volumes(luns).await;
    let new = || "volume-2".to_owned();
    let snapshot = || ("volume-2".to_owned(), "snapshot-1".to_owned());
    let attach = InitializeConnection {
        volume: new(),
        initiator: HOST_A.to_owned(),
        ..InitializeConnection::default()
    };
    let detach = TerminateConnection {
        volume: new(),
        initiator: OneOrEvery::One(HOST_A.to_owned()),
        still_attached: None,
    };
    let (of, name) = snapshot();
    let create_snapshot = CreateSnapshot { volume: of, name };
    let (of, name) = snapshot();
    let delete_snapshot = DeleteSnapshot { volume: of, name };
    let extend = ExtendVolume {
        name: new(),
        size_gib: 2,
    };
    vec![
        ("create", exchanged(&bench, volume("volume-2")).await),
        ("get", exchanged(&bench, GetVolume { name: new() }).await),
        ("attach", exchanged(&bench, attach).await),
        ("detach", exchanged(&bench, detach).await),
        ("extend", exchanged(&bench, extend).await),
        ("snapshot", exchanged(&bench, create_snapshot).await),
        ("delete snapshot", exchanged(&bench, delete_snapshot).await),
        (
            "delete",
            exchanged(&bench, DeleteVolume { name: new() }).await,
        ),
    ]
}

#[tokio::test]
async fn single_volumes_cost_the_same_in_a_fleet() {
    let few = exchanged_for_single_volumes(10).await;
    let many = exchanged_for_single_volumes(MANY).await;
    assert_eq!(few, many);
}
