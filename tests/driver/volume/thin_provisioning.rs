//! Space that runs out under thin volumes, which promise more than there is.

use support::{Fixture, GIB};
use zfssa::driver::{
    CreateClonedVolume, CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot, DeleteVolume,
    DoSetup, ExtendVolume, GetVolumeStats, VolumeStats,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::Options;

fn own(text: &str) -> String {
    text.to_owned()
}

fn volume(name: &str, size_gib: u64) -> CreateVolume {
    CreateVolume {
        name: own(name),
        size_gib,
        ..CreateVolume::default()
    }
}

async fn stats(bench: &Fixture) -> VolumeStats {
    bench.driver.call(GetVolumeStats {}).await.unwrap()
}

#[tokio::test]
async fn thin_volumes_that_fill_up_leave_no_space() {
    let mut options = Options::default();
    options.pools[0].size = 10 * GIB;
    let bench = Fixture::raw(options, |_| {}).await;
    let driver = &bench.driver;
    driver.call(DoSetup {}).await.unwrap();
    // Three times what there is, and nothing of it is taken.
    for name in ["volume-1", "volume-2", "volume-3"] {
        driver.call(volume(name, 10)).await.unwrap();
    }
    let snapshot = CreateSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-1"),
    };
    driver.call(snapshot).await.unwrap();
    let empty = stats(&bench).await;
    assert_eq!(empty.provisioned_capacity_gb, 30.0);
    assert!(empty.free_capacity_gb > 9.9, "{empty:?}");

    // The hosts write.
    bench.appliance.tune(|knobs| knobs.written_percent = 30);
    let filling = stats(&bench).await;
    assert!(
        (0.9..1.1).contains(&filling.free_capacity_gb),
        "{filling:?}"
    );
    driver.call(volume("volume-4", 2)).await.unwrap();
    let before = bench.state();
    let refused = |error: Error, outcome| {
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::NoSpace, outcome),
            "{error:?}"
        );
        assert_eq!(bench.state(), before, "{error:?}");
    };
    let error = driver.call(volume("volume-5", 3)).await.unwrap_err();
    refused(error, Outcome::Rejected);
    let grow = ExtendVolume {
        name: own("volume-4"),
        size_gib: 5,
    };
    let error = driver.call(grow).await.unwrap_err();
    refused(error, Outcome::Rejected);
    let clone = CreateClonedVolume {
        name: own("volume-6"),
        size_gib: 10,
        source_volume: own("volume-2"),
        ..CreateClonedVolume::default()
    };
    let error = driver.call(clone).await.unwrap_err();
    refused(error, Outcome::RolledBack);
    let clone = CreateVolumeFromSnapshot {
        name: own("volume-7"),
        size_gib: 10,
        source_volume: own("volume-1"),
        snapshot: own("snapshot-1"),
        ..CreateVolumeFromSnapshot::default()
    };
    let error = driver.call(clone).await.unwrap_err();
    refused(error, Outcome::Rejected);

    // They write more than there is: nothing is left, and less than nothing is not reported.
    bench.appliance.tune(|knobs| knobs.written_percent = 100);
    let full = stats(&bench).await;
    assert_eq!(full.free_capacity_bytes, 0, "{full:?}");
    assert!(full.total_capacity_bytes >= 10 * GIB, "{full:?}");
    let error = driver.call(volume("volume-5", 1)).await.unwrap_err();
    assert_eq!(error.status(), Status::NoSpace);

    // What is deleted gives its space back.
    for name in ["volume-2", "volume-3", "volume-4"] {
        let delete = DeleteVolume { name: own(name) };
        assert!(driver.call(delete).await.unwrap().existed);
    }
    bench.appliance.tune(|knobs| knobs.written_percent = 80);
    driver.call(volume("volume-5", 2)).await.unwrap();
}

/// Together they promise more bytes than there are numbers for.
#[tokio::test]
async fn the_sum_of_huge_volumes_is_the_largest_number() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    // 2^63 bytes each.
    for name in ["volume-1", "volume-2"] {
        bench.driver.call(volume(name, 1 << 33)).await.unwrap();
    }
    let stats = stats(&bench).await;
    assert_eq!(stats.total_volumes, 2);
    assert_eq!(stats.provisioned_capacity_bytes, u64::MAX);
}
