//! Budgets of the management of existing LUNs and snapshots.

use super::*;

#[tokio::test]
async fn managing_keeps_its_budget() {
    let bench = Fixture::ready().await;
    let lun = serde_json::json!({"name": "data", "volsize": "1g"});
    bench.foreign_lun(lun).await;
    bench.appliance.set_latency(noticeable());
    let existing = ExistingRef {
        source_name: name("data"),
        ..ExistingRef::default()
    };

    let (listed, cost) = bench.cost(GetManageableVolumes::default()).await;
    listed.unwrap();
    within("get_manageable_volumes", cost);
    let (size, cost) = bench
        .cost(ManageExistingGetSize {
            existing: existing.clone(),
        })
        .await;
    size.unwrap();
    within("manage_existing_get_size", cost);
    let (managed, cost) = bench
        .cost(ManageExisting {
            name: name("volume-1"),
            existing,
            ..ManageExisting::default()
        })
        .await;
    managed.unwrap();
    within("manage_existing", cost);

    let (found, cost) = bench
        .cost(UpdateProviderInfo {
            volumes: vec![KnownObject {
                id: name("1"),
                name: name("volume-1"),
            }],
            snapshots: vec![KnownSnapshot::default()],
        })
        .await;
    found.unwrap();
    within("update_provider_info", cost);
    let (retyped, cost) = bench
        .cost(Retype {
            name: name("volume-1"),
            extra_specs: vec![(name("zfssa:compression"), name("gzip"))],
        })
        .await;
    retyped.unwrap();
    within("retype", cost);
    for (operation, current, original) in [
        ("update_migrated_volume", "volume-1", "volume-2"),
        ("update_migrated_volume, back", "volume-2", "volume-1"),
    ] {
        let (renamed, cost) = bench
            .cost(UpdateMigratedVolume {
                original_name: name(original),
                current_name: name(current),
                ..UpdateMigratedVolume::default()
            })
            .await;
        renamed.unwrap();
        within(operation, cost);
    }

    let take = CreateSnapshot {
        volume: name("volume-1"),
        name: name("monday"),
    };
    bench.driver.call(take).await.unwrap();
    let (listed, cost) = bench.cost(GetManageableSnapshots::default()).await;
    listed.unwrap();
    within("get_manageable_snapshots", cost);
    let (size, cost) = bench
        .cost(ManageExistingSnapshotGetSize {
            volume: name("volume-1"),
            source_name: name("monday"),
        })
        .await;
    size.unwrap();
    within("manage_existing_snapshot_get_size", cost);
    let (managed, cost) = bench
        .cost(ManageExistingSnapshot {
            volume: name("volume-1"),
            name: name("snapshot-1"),
            source_name: name("monday"),
        })
        .await;
    managed.unwrap();
    within("manage_existing_snapshot", cost);
    let revert = || RevertToSnapshot {
        volume: name("volume-1"),
        snapshot: name("snapshot-1"),
        ..RevertToSnapshot::default()
    };
    let (back, cost) = bench.cost(revert()).await;
    back.unwrap();
    within("revert_to_snapshot", cost);
    let grow = ExtendVolume {
        name: name("volume-1"),
        size_gib: 2,
    };
    bench.driver.call(grow).await.unwrap();
    let (back, cost) = bench.cost(revert()).await;
    back.unwrap();
    within("revert_to_snapshot, grown since", cost);
    let (audited, cost) = bench.cost(Audit::default()).await;
    audited.unwrap();
    within("audit", cost);
    let (gone, cost) = bench
        .cost(UnmanageSnapshot {
            volume: name("volume-1"),
            name: name("snapshot-1"),
        })
        .await;
    gone.unwrap();
    within("unmanage_snapshot", cost);
    let (gone, cost) = bench
        .cost(Unmanage {
            name: name("volume-1"),
        })
        .await;
    gone.unwrap();
    within("unmanage", cost);
}
