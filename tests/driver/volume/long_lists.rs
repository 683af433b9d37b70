//! Lists of any length: they are read while they arrive, so that no operation fails because a
//! project has many volumes.

use serde_json::json;
use support::{Fixture, volume};
use zfssa::driver::{Audit, GetManageableVolumes, GetVolumeStats, ListVolumes, UpdateProviderInfo};
use zfssa::error::{Outcome, Status};
use zfssa::rest::LONGEST_RESPONSE;

/// As long as the property of one LUN is made here, in bytes.
const LONG: usize = 600_000;

#[tokio::test]
async fn a_list_may_be_longer_than_any_other_answer() {
    let bench = Fixture::ready().await;
    let count = LONGEST_RESPONSE / LONG + 2;
    for number in 0..count {
        let name = format!("volume-{number}");
        bench.driver.call(volume(&name)).await.unwrap();
        let long = "x".repeat(LONG);
        bench
            .appliance
            .show_odd("lun", &name, json!({"custom:note": long}));
    }
    let driver = &bench.driver;
    let listed = driver.call(ListVolumes::default()).await.unwrap();
    assert_eq!(listed.volumes.len(), count);
    let stats = driver.call(GetVolumeStats {}).await.unwrap();
    assert_eq!(stats.total_volumes, count as u64);
    assert_eq!(stats.provisioned_capacity_gb, count as f64);
    let manageable = driver.call(GetManageableVolumes::default()).await.unwrap();
    assert_eq!(manageable.entries.len(), count);
    driver.call(Audit::default()).await.unwrap();
    driver.call(UpdateProviderInfo::default()).await.unwrap();
}

#[tokio::test]
async fn a_list_with_too_many_elements_names_the_option() {
    let bench = Fixture::ready().await;
    for name in ["volume-1", "volume-2", "volume-3"] {
        bench.driver.call(volume(name)).await.unwrap();
    }
    let least = bench.driver_with(|config| {
        config.set("zfssa_max_list_items", "3");
    });
    let listed = least.call(ListVolumes::default()).await.unwrap();
    assert_eq!(listed.volumes.len(), 3);
    bench.driver.call(volume("volume-4")).await.unwrap();
    bench.appliance.clear_trace();
    let error = least.call(ListVolumes::default()).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Protocol, Outcome::None)
    );
    let text = error.to_string();
    assert!(text.contains("zfssa_max_list_items"), "{text}");
    let lists = bench.appliance.trace();
    let lists = lists
        .iter()
        .filter(|exchange| exchange.path.ends_with("/luns"));
    assert_eq!(lists.count(), 1, "another attempt would end the same way");
}
