//! What an operation made is its own: it is told from what another made, and protected.

use std::sync::Arc;

use serde_json::json;
use support::{Fixture, until};
use zfssa::driver::{CreateClonedVolume, CreateVolume};
use zfssa::error::Status;
use zfssa_appliance::{Fault, FaultKind};

fn volume(name: &str, size_gib: u64) -> CreateVolume {
    CreateVolume {
        name: name.to_owned(),
        size_gib,
        ..CreateVolume::default()
    }
}

/// The request was lost on its way, and another host makes a LUN of the same name before the look
/// that is to settle it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_made_meanwhile_is_not_taken_for_ones_own() {
    let bench = Arc::new(Fixture::ready().await);
    let faults = bench.appliance.faults();
    faults.push(Fault::new(FaultKind::Reset).on("POST", "/luns$"));
    let look = Fault::new(FaultKind::Hang { ms: None }).on("GET", "/luns/volume-1");
    let look = faults.push(look);
    let creation = tokio::spawn({
        let bench = bench.clone();
        async move { bench.driver.call(volume("volume-1", 2)).await }
    });
    assert!(until(|| bench.appliance.held() > 0).await);
    bench
        .foreign_lun(json!({"name": "volume-1", "volsize": 1_u64 << 30}))
        .await;
    bench.appliance.release();
    let error = creation.await.unwrap().unwrap_err();
    assert_eq!(bench.appliance.faults().fired(look), 1);
    assert_eq!(error.status(), Status::VolumeExists, "{error}");
    assert_eq!(bench.lun("volume-1")["volsize"], 1_u64 << 30);
}

#[tokio::test]
async fn a_clone_is_protected_from_the_deletion_of_its_source() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1", 1)).await.unwrap();
    let clone = CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 1,
        source_volume: "volume-1".to_owned(),
        ..CreateClonedVolume::default()
    };
    bench.driver.call(clone).await.unwrap();
    assert_eq!(bench.lun("volume-2")["nodestroy"], true);
    assert_eq!(bench.lun("volume-1")["nodestroy"], false);
}
