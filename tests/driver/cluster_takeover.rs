//! A head fails and its peer takes over: the same backend goes on, and a head that does not
//! serve the pool says so.

use support::{Fixture, HOST_A, volume};
use zfssa::driver::{
    CheckForSetupError, CreateClonedVolume, CreateSnapshot, CreateVolumeFromSnapshot,
    DeleteSnapshot, DeleteVolume, DoSetup, GetVolume, GetVolumeStats, InitializeConnection,
    ListSnapshots, Operation, TerminateConnection,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{ClusterOptions, Fault, FaultKind, Latency, Options};

fn clustered() -> Options {
    Options {
        cluster: Some(ClusterOptions::default()),
        ..Options::default()
    }
}

#[tokio::test]
async fn the_backend_goes_on_at_the_head_that_took_over() {
    let bench = Fixture::raw(clustered(), |_| {}).await;
    let driver = &bench.driver;
    driver.call(DoSetup {}).await.unwrap();
    driver.call(volume("volume-1")).await.unwrap();

    assert!(bench.appliance.take_over());
    // The session died with the first head; the pool's record still names it.
    let stats = driver.call(GetVolumeStats {}).await.unwrap();
    assert_eq!((stats.total_volumes, stats.backend_state), (1, "up"));
    driver.call(volume("volume-2")).await.unwrap();
    driver.call(CheckForSetupError {}).await.unwrap();
    bench.appliance.set_latency(Latency::every(50));
    let (stats, cost) = bench.cost(GetVolumeStats {}).await;
    stats.unwrap();
    assert!(cost.depth <= 2 && cost.requests <= 5, "{cost:?}");

    assert!(bench.appliance.fail_back());
    let stats = driver.call(GetVolumeStats {}).await.unwrap();
    assert_eq!(stats.total_volumes, 2);
    let logins = bench.appliance.stats().logins;
    assert_eq!(logins, 3, "one for each head that had to be logged in to");
}

#[tokio::test]
async fn a_head_without_the_pool_says_so() {
    let bench = Fixture::raw(clustered(), |_| {}).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench.driver.call(volume("volume-1")).await.unwrap();
    let peer = bench.appliance.peer_url().unwrap();
    let port = peer.rsplit(':').next().unwrap().to_owned();
    let other = bench.driver_with(|config| {
        config.set("san_api_port", &port);
    });
    for error in [
        other.call(GetVolumeStats {}).await.unwrap_err(),
        other.call(DoSetup {}).await.unwrap_err(),
        other
            .call(DeleteVolume {
                name: "volume-1".to_owned(),
            })
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::PoolNotOwned, "{error:?}");
    }
    assert_eq!(
        bench
            .driver
            .call(GetVolumeStats {})
            .await
            .unwrap()
            .total_volumes,
        1
    );
}

/// The pool moved after the look before a deletion: what the other head does not know is not gone.
#[tokio::test]
async fn a_404_in_the_middle_of_a_deletion_is_not_a_deletion() {
    let lost = |path: &str| Fault::new(FaultKind::ReplyLost).on("DELETE", path);
    let absent = |method: &str, path: &str| {
        let fault = Fault::new(FaultKind::not_found()).on(method, path);
        fault.forever()
    };
    let snapshot = || DeleteSnapshot {
        volume: "volume-1".to_owned(),
        name: "snapshot-1".to_owned(),
    };
    let whole = || DeleteVolume {
        name: "volume-2".to_owned(),
    };
    for (answer_is_lost, of_volume) in [(true, true), (true, false), (false, true), (false, false)]
    {
        let bench = Fixture::ready().await;
        bench.driver.call(volume("volume-1")).await.unwrap();
        bench.driver.call(volume("volume-2")).await.unwrap();
        let take = CreateSnapshot {
            volume: "volume-1".to_owned(),
            name: "snapshot-1".to_owned(),
        };
        bench.driver.call(take).await.unwrap();
        let before = bench.state();
        let object = if of_volume {
            "/luns/volume-2$"
        } else {
            "/snapshots/snapshot-1$"
        };
        let faults = bench.appliance.faults();
        if answer_is_lost {
            faults.push(lost(object));
            // The first look is the operation's own.
            faults.push(absent("GET", object).nth(2));
        } else {
            faults.push(absent("DELETE", object));
        }
        faults.push(absent("GET", "/projects/cinder$"));
        let result = if of_volume {
            bench.driver.call(whole()).await
        } else {
            bench.driver.call(snapshot()).await
        };
        let error = result.expect_err("nothing was deleted");
        assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
        bench.appliance.faults().clear();
        assert_eq!(bench.state(), before);
        // Nothing stands in the way of the next call.
        if of_volume {
            bench.driver.call(whole()).await.unwrap();
        } else {
            bench.driver.call(snapshot()).await.unwrap();
        }
    }
}

/// Undoing is believed as little as deleting.
#[tokio::test]
async fn a_404_in_the_middle_of_undoing_is_not_an_undoing() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let faults = bench.appliance.faults();
    // The clone is made and cannot grow; then the pool is elsewhere.
    faults.push(Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-2$"));
    for path in ["/luns/volume-2$", "/projects/cinder$"] {
        let absent = Fault::new(FaultKind::not_found()).on("GET", path);
        faults.push(absent.forever());
    }
    let clone = CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 2,
        source_volume: "volume-1".to_owned(),
        ..CreateClonedVolume::default()
    };
    let error = bench.driver.call(clone).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
    assert!(
        error
            .left_behind()
            .iter()
            .any(|left| left.contains("volume-2")),
        "{error:?}"
    );
    assert!(bench.luns(0).contains(&"volume-2".to_owned()));
}

/// A head that is taking the pool over answers one request with 404 and serves the pool from the
/// next one on. Nothing that it did not see for that moment is absent.
#[tokio::test]
async fn a_single_404_of_a_head_that_is_taking_over_means_nothing() {
    let volume_1 = || "volume-1".to_owned();
    let lun = "/luns/volume-1$";
    let snapshots = "/luns/volume-1/snapshots$";
    let snapshot = "/luns/volume-1/snapshots/snapshot-1$";
    // With a snapshot the volume is busy, and without one it is deleted; never anything else.
    for (method, path, kept) in [
        ("GET", lun, true),
        ("GET", lun, false),
        ("GET", snapshots, true),
        ("GET", snapshots, false),
        ("DELETE", lun, false),
    ] {
        let bench = with_volume().await;
        if kept {
            bench.driver.call(snapshot_1()).await.unwrap();
        }
        let delete = DeleteVolume { name: volume_1() };
        let result = after_404(&bench, method, path, delete).await;
        if kept {
            assert_eq!(result.unwrap_err().status(), Status::VolumeBusy, "{path}");
            assert_eq!(bench.snapshots_of("volume-1"), ["snapshot-1"], "{path}");
        } else {
            assert!(result.unwrap().existed, "{method} {path}");
            assert!(bench.luns(0).is_empty(), "{method} {path}");
        }
    }
    for method in ["GET", "DELETE"] {
        let bench = with_volume().await;
        bench.driver.call(snapshot_1()).await.unwrap();
        let delete = DeleteSnapshot {
            volume: volume_1(),
            name: "snapshot-1".to_owned(),
        };
        let result = after_404(&bench, method, snapshot, delete).await;
        assert!(result.unwrap().existed, "{method}");
        assert!(bench.snapshots_of("volume-1").is_empty(), "{method}");
    }

    let bench = with_volume().await;
    let found = after_404(&bench, "GET", lun, GetVolume { name: volume_1() }).await;
    assert_eq!(found.unwrap().name, "volume-1");
    bench.driver.call(snapshot_1()).await.unwrap();
    let list = ListSnapshots {
        volume: volume_1().into(),
        ..ListSnapshots::default()
    };
    let listed = after_404(&bench, "GET", snapshots, list).await.unwrap();
    assert_eq!(listed.snapshots.len(), 1);
    let error = after_404(&bench, "POST", snapshots, snapshot_1()).await;
    let error = error.unwrap_err();
    assert_eq!(error.status(), Status::PoolNotOwned, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Rejected, "{error:?}");
}

#[tokio::test]
async fn a_host_is_not_said_to_be_detached_by_a_head_that_is_taking_over() {
    let bench = with_volume().await;
    let attach = InitializeConnection {
        volume: "volume-1".to_owned(),
        initiator: HOST_A.to_owned(),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap();
    let detach = TerminateConnection {
        volume: "volume-1".to_owned(),
        initiator: HOST_A.into(),
        still_attached: None,
    };
    let detached = after_404(&bench, "GET", "/luns/volume-1$", detach).await;
    assert!(detached.unwrap().changed);
    assert!(bench.seen_by("volume-1").is_empty());
}

/// A clone's source and its snapshot are said to be absent only when they are.
#[tokio::test]
async fn a_clone_is_not_refused_for_a_snapshot_that_a_head_did_not_serve() {
    let bench = with_volume().await;
    bench.driver.call(snapshot_1()).await.unwrap();
    let clone = CreateVolumeFromSnapshot {
        name: "volume-2".to_owned(),
        size_gib: 1,
        source_volume: "volume-1".to_owned(),
        snapshot: "snapshot-1".to_owned(),
        ..CreateVolumeFromSnapshot::default()
    };
    let error = after_404(&bench, "PUT", "/clone$", clone.clone()).await;
    let error = error.unwrap_err();
    assert_eq!(error.status(), Status::PoolNotOwned, "{error:?}");
    bench.driver.call(clone).await.unwrap();
}

async fn with_volume() -> Fixture {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    bench
}

fn snapshot_1() -> CreateSnapshot {
    CreateSnapshot {
        volume: "volume-1".to_owned(),
        name: "snapshot-1".to_owned(),
    }
}

/// Runs an operation whose first request of this kind is answered with 404, once.
async fn after_404<O: Operation>(
    bench: &Fixture,
    method: &str,
    path: &str,
    operation: O,
) -> Result<O::Output, Error> {
    let fault = Fault::new(FaultKind::not_found()).on(method, path);
    let fault = bench.appliance.faults().push(fault);
    let result = bench.driver.call(operation).await;
    assert_eq!(bench.appliance.faults().fired(fault), 1, "{method} {path}");
    result
}
