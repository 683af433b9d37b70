//! A volume's whole life in every dialect in which the appliance is known to answer.

use support::{Fixture, GIB, HOST_A, HOST_B};
use zfssa::driver::{
    CheckForSetupError, CreateClonedVolume, CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot,
    DeleteSnapshot, DeleteVolume, DoSetup, ExtendVolume, GetVolume, GetVolumeStats,
    InitializeConnection, ListSnapshots, ListVolumes, TerminateConnection,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Knobs, Options, Release};

/// How an appliance answers, and in which version of the API it is asked.
struct Dialect {
    name: &'static str,
    api_version: &'static str,
    knobs: Knobs,
}

fn dialects() -> Vec<Dialect> {
    let dialect = |name, api_version, knobs| Dialect {
        name,
        api_version,
        knobs,
    };
    let of = |release| Knobs {
        release,
        ..Knobs::default()
    };
    let mut all = vec![
        dialect("2013.1.2", "auto", of(Release::R2013_1_2)),
        dialect("OS8.7", "auto", of(Release::Os87)),
        dialect("OS8.8, v1", "v1", of(Release::Os88)),
        dialect("OS8.8, v2", "v2", of(Release::Os88)),
    ];
    let oddities: [(_, fn(&mut Knobs)); 3] = [
        ("numbers in lists", |knobs| knobs.number_always_list = true),
        ("faults as in the guides", |knobs| {
            knobs.legacy_fault_bodies = true;
        }),
        ("chunked", |knobs| knobs.chunked = true),
    ];
    for (name, turn) in oddities {
        let mut knobs = of(Release::Os87);
        turn(&mut knobs);
        all.push(dialect(name, "auto", knobs));
    }
    // All of them at once, as one old build may have had them.
    let mut knobs = of(Release::R2013_1_2);
    for (_, turn) in oddities {
        turn(&mut knobs);
    }
    all.push(dialect("2013.1.2 with all oddities", "v1", knobs));
    all
}

impl Dialect {
    fn one_group_alone(&self) -> bool {
        self.knobs.release == Release::R2013_1_2
    }

    async fn bench(&self) -> Fixture {
        let options = Options {
            knobs: self.knobs.clone(),
            ..Options::default()
        };
        let bench = Fixture::raw(options, |config| {
            config.set("zfssa_api_version", self.api_version);
        })
        .await;
        bench.driver.call(DoSetup {}).await.unwrap();
        bench
    }
}

fn own(text: &str) -> String {
    text.to_owned()
}

fn attach(initiator: &str) -> InitializeConnection {
    InitializeConnection {
        volume: own("volume-1"),
        initiator: own(initiator),
        ..InitializeConnection::default()
    }
}

fn detach(initiator: &str) -> TerminateConnection {
    TerminateConnection {
        volume: own("volume-1"),
        initiator: initiator.into(),
        still_attached: None,
    }
}

/// Attaches two hosts and detaches them, as far as the release lets two have a LUN.
async fn hosts_come_and_go(bench: &Fixture, dialect: &Dialect) {
    let driver = &bench.driver;
    let name = dialect.name;
    let groups = async || {
        let look = GetVolume {
            name: own("volume-1"),
        };
        driver.call(look).await.unwrap().initiator_groups
    };
    let first = driver.call(attach(HOST_A)).await.unwrap();
    assert_eq!(first.initiator_groups, ["host-a"], "{name}");
    let again = driver.call(attach(HOST_A)).await.unwrap();
    assert_eq!((again.changed, again.target_lun), (false, first.target_lun));
    let second = driver.call(attach(HOST_B)).await;
    if dialect.one_group_alone() {
        let error = second.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::InvalidValue, Outcome::Rejected),
            "{name}: {error:?}"
        );
        for word in ["volume-1", "host-a", "2013.1.3"] {
            assert!(error.message().contains(word), "{name}, {word}: {error}");
        }
        assert_eq!(groups().await, ["host-a"], "{name}");
        // When the first has gone, the second may come.
        assert!(driver.call(detach(HOST_A)).await.unwrap().changed);
        driver.call(attach(HOST_B)).await.unwrap();
        assert_eq!(groups().await, ["host-b"], "{name}");
    } else {
        second.unwrap();
        assert_eq!(groups().await, ["host-a", "host-b"], "{name}");
        assert!(driver.call(detach(HOST_A)).await.unwrap().changed);
    }
    let last = driver.call(detach(HOST_B)).await.unwrap();
    assert!(last.changed && last.initiator_groups.is_empty(), "{name}");
}

async fn a_life(bench: &Fixture, dialect: &Dialect) {
    let driver = &bench.driver;
    let name = dialect.name;
    let create = |size_gib| CreateVolume {
        name: own("volume-1"),
        size_gib,
        ..CreateVolume::default()
    };
    let delete = |name: &str| DeleteVolume { name: own(name) };
    let delete_snapshot = || DeleteSnapshot {
        volume: own("volume-1"),
        name: own("snapshot-1"),
    };
    driver.call(CheckForSetupError {}).await.unwrap();
    let made = driver.call(create(2)).await.unwrap();
    assert_eq!((made.size_bytes, made.managed), (2 * GIB, Some(true)));
    assert!(!driver.call(create(2)).await.unwrap().created);
    let error = driver.call(create(3)).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeExists, "{name}: {error:?}");
    hosts_come_and_go(bench, dialect).await;

    driver
        .call(CreateSnapshot {
            volume: own("volume-1"),
            name: own("snapshot-1"),
        })
        .await
        .unwrap();
    let clone = driver
        .call(CreateVolumeFromSnapshot {
            name: own("volume-2"),
            size_gib: 3,
            source_volume: own("volume-1"),
            snapshot: own("snapshot-1"),
            ..CreateVolumeFromSnapshot::default()
        })
        .await
        .unwrap();
    assert_eq!(clone.size_bytes, 3 * GIB, "{name}");
    assert_eq!(clone.origin.unwrap().snapshot, "snapshot-1", "{name}");
    assert!(clone.initiator_groups.is_empty(), "{name}");
    driver
        .call(CreateClonedVolume {
            name: own("volume-3"),
            size_gib: 2,
            source_volume: own("volume-1"),
            ..CreateClonedVolume::default()
        })
        .await
        .unwrap();
    let error = driver.call(delete_snapshot()).await.unwrap_err();
    assert_eq!(error.status(), Status::SnapshotBusy, "{name}: {error:?}");
    let error = driver.call(delete("volume-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy, "{name}: {error:?}");
    let grown = driver
        .call(ExtendVolume {
            name: own("volume-2"),
            size_gib: 5,
        })
        .await
        .unwrap();
    assert_eq!(grown.size_bytes, 5 * GIB, "{name}");

    let volumes = driver.call(ListVolumes::default()).await.unwrap().volumes;
    let sizes: Vec<u64> = volumes.iter().map(|v| v.size_bytes / GIB).collect();
    assert_eq!(sizes, [2, 5, 2], "{name}");
    let list = ListSnapshots {
        volume: "volume-1".into(),
        ..ListSnapshots::default()
    };
    let snapshots = driver.call(list).await.unwrap().snapshots;
    assert_eq!(snapshots.len(), 2, "{name}");
    let stats = driver.call(GetVolumeStats {}).await.unwrap();
    assert_eq!(stats.provisioned_capacity_bytes, 9 * GIB, "{name}");

    for volume in ["volume-3", "volume-2"] {
        assert!(driver.call(delete(volume)).await.unwrap().existed);
    }
    assert!(driver.call(delete_snapshot()).await.unwrap().existed);
    assert!(driver.call(delete("volume-1")).await.unwrap().existed);
    assert!(!driver.call(delete("volume-1")).await.unwrap().existed);
}

#[tokio::test]
async fn a_life_is_the_same_in_every_dialect() {
    for dialect in dialects() {
        let bench = dialect.bench().await;
        let before = bench.state();
        a_life(&bench, &dialect).await;
        assert_eq!(bench.state(), before, "{}", dialect.name);
    }
}
