//! One volume's whole life on a simulated appliance, and the odd turns it can take.

use support::{Fixture, GIB, HOST_A, HOST_B, HOST_C, POOL, PROJECT};
use zfssa::driver::{
    CheckForSetupError, CreateClonedVolume, CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot,
    DeleteSnapshot, DeleteVolume, DoSetup, ExtendVolume, GetVolume, GetVolumeStats,
    InitializeConnection, ListSnapshots, ListVolumes, OneOrEvery, TerminateConnection,
};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::Options;

fn volume(name: &str, size_gib: u64) -> CreateVolume {
    CreateVolume {
        name: name.to_owned(),
        size_gib,
        extra_specs: Vec::new(),
    }
}

fn snapshot(volume: &str, name: &str) -> CreateSnapshot {
    CreateSnapshot {
        volume: volume.to_owned(),
        name: name.to_owned(),
    }
}

fn delete_snapshot(volume: &str, name: &str) -> DeleteSnapshot {
    DeleteSnapshot {
        volume: volume.to_owned(),
        name: name.to_owned(),
    }
}

fn delete(name: &str) -> DeleteVolume {
    DeleteVolume {
        name: name.to_owned(),
    }
}

fn cloned(name: &str, source: &str, size_gib: u64) -> CreateClonedVolume {
    CreateClonedVolume {
        name: name.to_owned(),
        size_gib,
        source_volume: source.to_owned(),
        ..CreateClonedVolume::default()
    }
}

fn from_snapshot(
    name: &str,
    source: &str,
    snapshot: &str,
    size_gib: u64,
) -> CreateVolumeFromSnapshot {
    CreateVolumeFromSnapshot {
        name: name.to_owned(),
        size_gib,
        source_volume: source.to_owned(),
        snapshot: snapshot.to_owned(),
        extra_specs: Vec::new(),
    }
}

fn attach(volume: &str, initiator: &str) -> InitializeConnection {
    InitializeConnection {
        volume: volume.to_owned(),
        volume_id: String::new(),
        initiator: initiator.to_owned(),
        host_name: String::new(),
        exclusive: false,
    }
}

fn detach(volume: &str, initiator: impl Into<OneOrEvery>) -> TerminateConnection {
    TerminateConnection {
        volume: volume.to_owned(),
        initiator: initiator.into(),
        still_attached: None,
    }
}

#[tokio::test]
async fn a_life_leaves_nothing_behind() {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    let before = bench.state();

    let made = driver.call(volume("volume-1", 2)).await.unwrap();
    assert!(made.created);
    assert_eq!((made.size_bytes, made.managed), (2 * GIB, Some(true)));
    assert_eq!((made.pool.as_str(), made.project.as_str()), (POOL, PROJECT));
    assert!(made.initiator_groups.is_empty(), "{made:?}");

    let connection = driver.call(attach("volume-1", HOST_A)).await.unwrap();
    assert_eq!(connection.initiator_groups, ["host-a"]);
    assert_eq!(connection.target_portals, ["127.0.0.1:3260"]);
    assert_eq!(connection.target_luns, [connection.target_lun]);
    assert!(connection.target_iqn.starts_with("iqn."));

    driver
        .call(snapshot("volume-1", "snapshot-1"))
        .await
        .unwrap();
    let clone = driver
        .call(from_snapshot("volume-2", "volume-1", "snapshot-1", 3))
        .await
        .unwrap();
    assert_eq!(clone.size_bytes, 3 * GIB);
    assert_eq!(clone.origin.unwrap().snapshot, "snapshot-1");
    assert!(
        clone.initiator_groups.is_empty(),
        "a clone is presented to nobody"
    );
    let copy = driver
        .call(cloned("volume-3", "volume-1", 2))
        .await
        .unwrap();
    assert_eq!(copy.origin.unwrap().snapshot, "tmp-snapshot-3");

    let grown = driver
        .call(ExtendVolume {
            name: "volume-2".to_owned(),
            size_gib: 5,
        })
        .await
        .unwrap();
    assert_eq!(grown.size_bytes, 5 * GIB);
    let names: Vec<_> = driver
        .call(ListVolumes::default())
        .await
        .unwrap()
        .volumes
        .into_iter()
        .map(|volume| volume.name)
        .collect();
    assert_eq!(names, ["volume-1", "volume-2", "volume-3"]);
    let snapshots = driver
        .call(ListSnapshots {
            volume: "volume-1".into(),
            ..ListSnapshots::default()
        })
        .await
        .unwrap()
        .snapshots;
    assert_eq!(snapshots.len(), 2);
    let every = ListSnapshots {
        volume: OneOrEvery::Every,
        ..ListSnapshots::default()
    };
    let (all, cost) = bench.cost(every).await;
    let all: Vec<_> = all
        .unwrap()
        .snapshots
        .into_iter()
        .map(|snapshot| (snapshot.volume, snapshot.name))
        .collect();
    let of_one: Vec<_> = snapshots
        .into_iter()
        .map(|snapshot| (snapshot.volume, snapshot.name))
        .collect();
    assert_eq!(all, of_one);
    assert_eq!(cost.requests, 1);

    let detached = driver.call(detach("volume-1", HOST_A)).await.unwrap();
    assert!(!detached.still_presented && detached.changed);
    for name in ["volume-3", "volume-2"] {
        assert!(driver.call(delete(name)).await.unwrap().existed);
    }
    driver
        .call(delete_snapshot("volume-1", "snapshot-1"))
        .await
        .unwrap();
    assert!(driver.call(delete("volume-1")).await.unwrap().existed);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn what_is_gone_is_deleted_already() {
    let bench = Fixture::ready().await;
    assert!(!bench.driver.call(delete("volume-x")).await.unwrap().existed);
    let gone = bench.driver.call(delete_snapshot("volume-x", "s")).await;
    assert!(!gone.unwrap().existed);
    let gone = bench.driver.call(detach("volume-x", HOST_A)).await.unwrap();
    assert!(!gone.changed && !gone.still_presented);
    let error = bench
        .driver
        .call(GetVolume {
            name: "volume-x".to_owned(),
        })
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::VolumeNotFound);
    assert!(error.to_string().contains("volume-x"), "{error}");
}

#[tokio::test]
async fn a_404_of_a_head_without_the_pool_is_not_a_deletion() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_project", "not-there");
    })
    .await;
    for error in [
        bench.driver.call(delete("volume-1")).await.unwrap_err(),
        bench
            .driver
            .call(delete_snapshot("volume-1", "s"))
            .await
            .unwrap_err(),
        bench
            .driver
            .call(detach("volume-1", HOST_A))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::PoolNotOwned, "{error:?}");
    }
}

#[tokio::test]
async fn the_same_volume_again_is_the_same_volume() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1", 2)).await.unwrap();
    let again = bench.driver.call(volume("volume-1", 2)).await.unwrap();
    assert!(!again.created);
    let error = bench.driver.call(volume("volume-1", 3)).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeExists);
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(error.message().contains("bytes"), "{error}");
    bench.driver.call(snapshot("volume-1", "s")).await.unwrap();
    let again = bench.driver.call(snapshot("volume-1", "s")).await.unwrap();
    assert!(!again.created);
    bench
        .driver
        .call(cloned("volume-2", "volume-1", 2))
        .await
        .unwrap();
    let again = bench
        .driver
        .call(cloned("volume-2", "volume-1", 2))
        .await
        .unwrap();
    assert!(!again.created);
    let error = bench
        .driver
        .call(from_snapshot("volume-2", "volume-1", "s", 2))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::VolumeExists, "{error:?}");
}

#[tokio::test]
async fn what_others_depend_on_is_busy_and_untouched() {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    driver.call(volume("volume-1", 1)).await.unwrap();
    driver
        .call(snapshot("volume-1", "snapshot-1"))
        .await
        .unwrap();
    driver
        .call(from_snapshot("volume-2", "volume-1", "snapshot-1", 1))
        .await
        .unwrap();
    driver
        .call(cloned("volume-3", "volume-1", 1))
        .await
        .unwrap();
    let before = bench.state();

    let error = driver.call(delete("volume-1")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::VolumeBusy, Outcome::None)
    );
    for name in ["snapshot-1", "volume-3"] {
        assert!(error.message().contains(name), "{error}");
    }
    let error = driver
        .call(delete_snapshot("volume-1", "snapshot-1"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::SnapshotBusy, Outcome::None)
    );
    assert!(error.message().contains("volume-2"), "{error}");
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn sizes_only_grow() {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    let extend = |size_gib| ExtendVolume {
        name: "volume-1".to_owned(),
        size_gib,
    };
    driver.call(volume("volume-1", 2)).await.unwrap();
    let kept = driver.call(extend(1)).await.unwrap();
    assert_eq!(kept.size_bytes, 2 * GIB, "never shrunk");
    driver.call(snapshot("volume-1", "s")).await.unwrap();
    let before = bench.state();
    let error = driver
        .call(from_snapshot("volume-2", "volume-1", "s", 1))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::InvalidSize);
    assert_eq!(error.outcome(), Outcome::RolledBack);
    let error = driver
        .call(cloned("volume-2", "volume-1", 1))
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::InvalidSize, Outcome::RolledBack)
    );
    assert_eq!(bench.state(), before);

    driver.call(attach("volume-1", HOST_A)).await.unwrap();
    let error = driver.call(extend(4)).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy);
    assert!(error.message().contains("zfssa_online_extend"), "{error}");
}

#[tokio::test]
async fn hosts_come_and_go_without_each_other() {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    driver.call(volume("volume-1", 1)).await.unwrap();
    let first = driver.call(attach("volume-1", HOST_A)).await.unwrap();
    assert!(first.changed);
    let again = driver.call(attach("volume-1", HOST_A)).await.unwrap();
    assert!(!again.changed);
    assert_eq!(again.target_lun, first.target_lun);
    driver.call(attach("volume-1", HOST_B)).await.unwrap();
    let look = GetVolume {
        name: "volume-1".to_owned(),
    };
    let both = driver.call(look).await.unwrap().initiator_groups;
    assert_eq!(both, ["host-a", "host-b"], "the first host was not cut off");
    let detached = driver.call(detach("volume-1", HOST_A)).await.unwrap();
    assert_eq!(detached.initiator_groups, ["host-b"]);
    assert!(!detached.still_presented);
    let nothing = driver.call(detach("volume-1", HOST_A)).await.unwrap();
    assert!(!nothing.changed);
    driver.call(attach("volume-1", HOST_A)).await.unwrap();
    for nobody in [OneOrEvery::default(), "".into()] {
        let error = driver.call(detach("volume-1", nobody)).await.unwrap_err();
        assert_eq!(error.status(), Status::InvalidArgument);
        assert_eq!(error.outcome(), Outcome::None);
        assert!(error.message().contains("initiator is empty"), "{error}");
        assert_eq!(bench.seen_by("volume-1"), ["host-b", "host-a"]);
    }
    let all = driver
        .call(detach("volume-1", OneOrEvery::Every))
        .await
        .unwrap();
    assert!(all.initiator_groups.is_empty() && all.changed);

    let error = driver.call(attach("volume-1", HOST_C)).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidConnector);
    assert!(error.message().contains(HOST_C), "{error}");
    let error = driver.call(attach("volume-1", "")).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::InvalidConnector, Outcome::None)
    );
}

#[tokio::test]
async fn a_group_of_several_hosts_is_kept_for_those_who_stay() {
    let shared = format!(r#"{{"cluster": [{{"iqn": "{HOST_A}"}}, {{"iqn": "{HOST_B}"}}]}}"#);
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_initiator_config", &shared);
    })
    .await;
    let driver = &bench.driver;
    driver.call(DoSetup {}).await.unwrap();
    driver.call(volume("volume-1", 1)).await.unwrap();
    driver.call(attach("volume-1", HOST_A)).await.unwrap();

    let unknown = driver.call(detach("volume-1", HOST_A)).await.unwrap();
    assert!(unknown.still_presented && !unknown.changed, "{unknown:?}");
    let told = |still: &[&str]| TerminateConnection {
        still_attached: Some(still.iter().map(|iqn| (*iqn).to_owned()).collect()),
        ..detach("volume-1", HOST_A)
    };
    let kept = driver.call(told(&[HOST_B])).await.unwrap();
    assert!(kept.still_presented && !kept.changed);
    // The host itself has it attached once more.
    let own = driver.call(told(&[HOST_A])).await.unwrap();
    assert!(own.still_presented && !own.changed);
    let gone = driver.call(told(&[])).await.unwrap();
    assert!(!gone.still_presented && gone.changed);
}

#[tokio::test]
async fn the_number_is_that_of_the_hosts_own_group() {
    let bench = Fixture::ready().await;
    let driver = &bench.driver;
    for name in ["volume-1", "volume-2"] {
        driver.call(volume(name, 1)).await.unwrap();
    }
    // Host A sees volume-1 first, so that volume-2 has another number for A than for B.
    driver.call(attach("volume-1", HOST_A)).await.unwrap();
    let of_b = driver.call(attach("volume-2", HOST_B)).await.unwrap();
    let of_a = driver.call(attach("volume-2", HOST_A)).await.unwrap();
    assert_ne!(of_a.target_lun, of_b.target_lun);
    let again = driver.call(attach("volume-2", HOST_B)).await.unwrap();
    assert_eq!(again.target_lun, of_b.target_lun);
}

#[tokio::test]
async fn setup_makes_what_is_missing_once_and_takes_nothing_away() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    let error = bench.driver.call(CheckForSetupError {}).await.unwrap_err();
    assert_eq!(error.status(), Status::SetupIncomplete);
    for finding in [
        PROJECT,
        "os-cinder-cache",
        "cinder_managed",
        HOST_A,
        HOST_B,
        "tgt-grp",
    ] {
        assert!(error.message().contains(finding), "{finding}: {error}");
    }
    let first = bench.driver.call(DoSetup {}).await.unwrap();
    assert!(!first.changes.is_empty());
    bench.driver.call(CheckForSetupError {}).await.unwrap();
    let before = bench.state();
    let second = bench.driver.call(DoSetup {}).await.unwrap();
    assert!(second.changes.is_empty(), "{:?}", second.changes);
    assert_eq!(second.target_iqn, first.target_iqn);
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn stats_add_up() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1", 3)).await.unwrap();
    bench.driver.call(volume("volume-2", 4)).await.unwrap();
    let stats = bench.driver.call(GetVolumeStats {}).await.unwrap();
    assert_eq!(stats.total_volumes, 2);
    assert_eq!(stats.provisioned_capacity_gb, 7.0);
    assert!(stats.free_capacity_bytes <= stats.total_capacity_bytes);
    assert!(stats.total_capacity_gb > 900.0);
    assert_eq!(
        stats.location_info,
        format!("127.0.0.1::{POOL}:{PROJECT}:tgt-grp:")
    );
    assert_eq!(stats.zfssa_volblocksize, "8k");
    let json = serde_json::to_value(&stats).unwrap();
    for key in [
        "pool_name",
        "total_capacity_gb",
        "free_capacity_gb",
        "allocated_capacity_gb",
        "provisioned_capacity_gb",
        "thin_provisioning_support",
        "thick_provisioning_support",
        "max_over_subscription_ratio",
        "reserved_percentage",
    ] {
        assert!(
            json.get(key).is_some(),
            "{key} is what Cinder's scheduler needs"
        );
    }
}

#[tokio::test]
async fn extra_specs_shape_the_volume() {
    let bench = Fixture::ready().await;
    let specs = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let made = bench
        .driver
        .call(CreateVolume {
            extra_specs: specs(&[
                ("zfssa:volblocksize", "64k"),
                ("zfssa:sparse", "<is> False"),
                ("zfssa:compression", "gzip-9"),
                ("zfssa:logbias", "throughput"),
                ("capabilities:other", "x"),
            ]),
            ..volume("volume-1", 1)
        })
        .await
        .unwrap();
    assert_eq!(made.block_size_bytes, 65536);
    assert!(!made.sparse);
    assert_eq!(
        (made.compression.as_str(), made.logbias.as_str()),
        ("gzip-9", "throughput")
    );
    let error = bench
        .driver
        .call(CreateVolume {
            extra_specs: specs(&[("zfssa:compresion", "lz4"), ("zfssa:logbias", "fast")]),
            ..volume("volume-2", 1)
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::InvalidArgument, Outcome::None)
    );
    for word in [
        "zfssa:compresion",
        "zfssa:compression",
        "fast",
        "throughput",
    ] {
        assert!(error.message().contains(word), "{word}: {error}");
    }
}

#[tokio::test]
async fn space_that_runs_out_is_said_to() {
    let mut options = Options::default();
    options.pools[0].size = 10 * GIB;
    let bench = Fixture::raw(options, |config| {
        config.set("zfssa_lun_sparse", "False");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let before = bench.state();
    let error = bench.driver.call(volume("volume-1", 20)).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::NoSpace, Outcome::Rejected)
    );
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_host_proves_itself_with_the_account_it_is_registered_with() {
    use support::{HOST_CHAP, TARGET_CHAP};
    let initiators = format!(
        r#"{{"host-a": [{{"iqn": "{HOST_A}", "user": "alice", "password": "{HOST_CHAP}"}}],
            "host-b": [{{"iqn": "{HOST_B}"}}]}}"#
    );
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_initiator_config", &initiators);
        config.set("zfssa_target_user", "target");
        config.set("zfssa_target_password", TARGET_CHAP);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench.driver.call(volume("volume-1", 1)).await.unwrap();
    for (host, user, secret) in [
        (HOST_A, "alice", HOST_CHAP),
        (HOST_B, "target", TARGET_CHAP),
    ] {
        let connection = bench.driver.call(attach("volume-1", host)).await.unwrap();
        let json = serde_json::to_string(&connection).unwrap();
        assert!(!json.contains(secret), "a result's JSON is for logs");
        let auth = connection.auth.unwrap();
        assert_eq!(auth.username, user);
        assert!(
            auth.password.expose() == secret,
            "the password of {host} is another"
        );
    }
}
