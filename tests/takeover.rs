//! A head fails and its peer takes over: the same backend goes on, and a head that does not
//! serve the pool says so.

mod common;

use common::Bench;
use zfssa::driver::{
    CheckForSetupError, CreateClonedVolume, CreateSnapshot, CreateVolume, DeleteSnapshot,
    DeleteVolume, DoSetup, GetVolumeStats,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{ClusterOptions, Fault, FaultKind, Latency, Options};

fn clustered() -> Options {
    Options {
        cluster: Some(ClusterOptions::default()),
        ..Options::default()
    }
}

fn volume(name: &str) -> CreateVolume {
    CreateVolume {
        name: name.to_owned(),
        size_gib: 1,
        ..CreateVolume::default()
    }
}

#[tokio::test]
async fn the_backend_goes_on_at_the_head_that_took_over() {
    let bench = Bench::raw(clustered(), |_| {}).await;
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
    let bench = Bench::raw(clustered(), |_| {}).await;
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
        let bench = Bench::ready().await;
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
    let bench = Bench::ready().await;
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
