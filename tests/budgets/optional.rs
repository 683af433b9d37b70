//! Budgets of what an option or the release of the appliance adds: registered hosts, deferred deletion,
//! API tokens.

use super::*;

#[tokio::test]
async fn registering_hosts_keeps_its_budget() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_register_hosts", "true");
        config.set("zfssa_unregister_hosts", "true");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    for volume in ["volume-1", "volume-2"] {
        bench.driver.call(support::volume(volume)).await.unwrap();
    }
    bench.appliance.set_latency(noticeable());
    let attach = |volume: &str| InitializeConnection {
        volume: name(volume),
        initiator: name(HOST_C),
        ..InitializeConnection::default()
    };
    let detach = |volume: &str| TerminateConnection {
        volume: name(volume),
        initiator: HOST_C.into(),
        still_attached: None,
    };
    let (attached, cost) = bench.cost(attach("volume-1")).await;
    attached.unwrap();
    within("initialize_connection, a new host", cost);
    let (attached, cost) = bench.cost(attach("volume-2")).await;
    attached.unwrap();
    within("initialize_connection, a registered host", cost);
    let (detached, cost) = bench.cost(detach("volume-2")).await;
    detached.unwrap();
    within("terminate_connection, a registered host", cost);
    let (detached, cost) = bench.cost(detach("volume-1")).await;
    detached.unwrap();
    within(
        "terminate_connection, the last volume of a registered host",
        cost,
    );
    assert!(bench.appliance.state()["initiators"][HOST_C].is_null());
}

#[tokio::test]
async fn a_deferred_deletion_keeps_its_budget() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_delete_with_clones", "defer");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let create = CreateVolume {
        name: name("volume-1"),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.driver.call(create).await.unwrap();
    let take = CreateSnapshot {
        volume: name("volume-1"),
        name: name("snapshot-1"),
    };
    bench.driver.call(take).await.unwrap();
    let clone = CreateVolumeFromSnapshot {
        name: name("volume-2"),
        size_gib: 1,
        source_volume: name("volume-1"),
        snapshot: name("snapshot-1"),
        ..CreateVolumeFromSnapshot::default()
    };
    bench.driver.call(clone).await.unwrap();
    bench.appliance.set_latency(noticeable());
    let (deleted, cost) = bench
        .cost(DeleteSnapshot {
            volume: name("volume-1"),
            name: name("snapshot-1"),
        })
        .await;
    deleted.unwrap();
    within("delete_snapshot, one with a clone, deferred", cost);
    for (volume, case) in [
        ("volume-1", "delete_volume, one with a clone, deferred"),
        (
            "volume-2",
            "delete_volume, the last clone of a deferred snapshot and volume",
        ),
    ] {
        let name = name(volume);
        let (deleted, cost) = bench.cost(DeleteVolume { name }).await;
        deleted.unwrap();
        within(case, cost);
    }
    assert!(bench.luns(0).is_empty());
}

#[tokio::test]
async fn api_tokens_keep_their_budget() {
    let bench = Fixture::ready().await;
    bench.appliance.tune(|knobs| knobs.release = Release::Os88);
    bench.appliance.set_latency(noticeable());
    for case in ["create_api_token, first", "create_api_token, rotation"] {
        let token = CreateApiToken {
            name: name("host-1"),
            lifetime: std::time::Duration::from_secs(3600),
            token_file: bench.dir.path().join("token").display().to_string(),
            ..CreateApiToken::default()
        };
        let (made, cost) = bench.cost(token).await;
        made.unwrap();
        within(case, cost);
    }
}
