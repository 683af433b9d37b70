//! A head fails and its peer takes over: the same backend goes on, and a head that does not
//! serve the pool says so.

mod common;

use common::Bench;
use zfssa::driver::{CheckForSetupError, CreateVolume, DeleteVolume, DoSetup, GetVolumeStats};
use zfssa::error::Status;
use zfssa_appliance::{ClusterOptions, Latency, Options};

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
