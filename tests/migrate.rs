//! Migration by replication between two appliances.

mod common;

use common::Bench;
use common::matrix::PREPARED;
use zfssa::driver::{CreateVolume, GetVolume};

async fn volume(bench: &Bench, name: &str) {
    let volume = CreateVolume {
        name: name.into(),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.call_as(PREPARED, volume).await.unwrap();
}

#[tokio::test]
async fn a_volume_moves_and_is_the_same_there() {
    let bench = Bench::pair(|_| {}).await;
    volume(&bench, "volume-1").await;
    let look = || GetVolume {
        name: "volume-1".into(),
    };
    let before = bench.driver.call(look()).await.unwrap();
    let migrated = bench
        .driver
        .call(bench.migration("volume-1"))
        .await
        .unwrap();
    assert!(migrated.migrated, "{}", migrated.reason);
    assert!(migrated.left_behind.is_empty());
    assert!(bench.luns(0).is_empty());
    let after = bench.other().driver.call(look()).await.unwrap();
    assert_eq!(after.guid, migrated.guid);
    assert_ne!(after.guid, before.guid);
    assert_eq!(after.size_bytes, before.size_bytes);
    assert_eq!(after.managed, Some(true));
    assert!(after.initiator_groups.is_empty());
    assert!(bench.journals().is_empty());
}
