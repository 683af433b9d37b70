//! Lists of any length: they are read while they arrive, so that no operation fails because a
//! project has many volumes.

use serde_json::json;
use support::{Fixture, volume};
use zfssa::driver::{
    Audit, CreateSnapshot, GetManageableVolumes, GetVolumeStats, ListSnapshots, ListVolumes,
    OneOrEvery, Page, UpdateProviderInfo,
};
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

#[tokio::test]
async fn all_pages_of_a_list_cost_one_request() {
    let bench = Fixture::ready().await;
    let names = ["volume-1", "volume-2", "volume-3", "volume-4", "volume-5"];
    for name in names {
        bench.driver.call(volume(name)).await.unwrap();
        let snapshot = CreateSnapshot {
            volume: name.to_owned(),
            name: format!("snapshot-of-{name}"),
        };
        bench.driver.call(snapshot).await.unwrap();
    }
    let driver = &bench.driver;
    bench.appliance.clear_trace();
    let lists = || bench.appliance.trace().len();

    let mut found = Vec::new();
    let mut next = Some(String::new());
    while let Some(marker) = next {
        let page = ListVolumes {
            marker,
            limit: 2,
            ..ListVolumes::default()
        };
        let page = driver.call(page).await.unwrap();
        found.extend(page.volumes.into_iter().map(|volume| volume.name));
        next = page.next_marker;
    }
    assert_eq!(
        (found.as_slice(), lists()),
        (&names.map(str::to_owned)[..], 1)
    );

    let mut found = Vec::new();
    let mut next = Some(String::new());
    while let Some(marker) = next {
        let page = ListSnapshots {
            volume: OneOrEvery::Every,
            marker,
            limit: 2,
        };
        let page = driver.call(page).await.unwrap();
        found.extend(page.snapshots.into_iter().map(|snapshot| snapshot.volume));
        next = page.next_marker;
    }
    found.sort_unstable();
    assert_eq!(
        (found.as_slice(), lists()),
        (&names.map(str::to_owned)[..], 2)
    );

    let mut found = Vec::new();
    let mut next = Some(String::new());
    while let Some(marker) = next {
        let page = Page {
            marker,
            limit: 2,
            sort_dirs: vec!["desc".to_owned()],
            ..Page::default()
        };
        let page = GetManageableVolumes {
            page,
            ..GetManageableVolumes::default()
        };
        let page = driver.call(page).await.unwrap();
        assert_eq!(page.total, 5);
        found.extend(page.entries.into_iter().map(|entry| entry.reference));
        next = page.next_marker;
    }
    found.reverse();
    assert_eq!(
        (found.as_slice(), lists()),
        (&names.map(str::to_owned)[..], 3)
    );
}

#[tokio::test]
async fn an_audit_in_pages_is_one_audit() {
    let bench = Fixture::ready().await;
    for name in ["volume-1", "volume-2", "volume-3"] {
        bench.driver.call(volume(name)).await.unwrap();
    }
    let mut found = Vec::new();
    let mut next = Some(String::new());
    let mut pages = 0;
    while let Some(marker) = next {
        let audit = Audit {
            volumes: vec!["volume-1".to_owned(), "volume-9".to_owned()],
            fix_volumes: true,
            min_age: Some(std::time::Duration::ZERO),
            marker,
            limit: 1,
            ..Audit::default()
        };
        let page = bench.driver.call(audit).await.unwrap();
        assert_eq!(page.findings.len(), 1);
        assert_eq!(page.fixed, u32::from(page.findings[0].fixed));
        found.extend(page.findings.into_iter().map(|one| (one.object, one.fixed)));
        next = page.next_marker;
        pages += 1;
        if pages == 1 {
            // The first page has repaired everything; the others tell the same story.
            let left = bench.driver.call(ListVolumes::default()).await.unwrap();
            assert_eq!(left.volumes.len(), 1);
        }
    }
    let wanted = [("volume-9", false), ("volume-2", true), ("volume-3", true)];
    let wanted = wanted.map(|(object, fixed)| (object.to_owned(), fixed));
    assert_eq!(found, wanted);
}
