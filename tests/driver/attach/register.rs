//! Registration of a host that is in no initiator group, by the attachment of a volume.

use serde_json::json;
use support::{Cost, Fixture, HOST_B, HOST_C, POOL, PROJECT, San, until, volume};
use tokio::task::JoinSet;
use zfssa::appliance::{LunChange, ProjectRef};
use zfssa::driver::{Call, DoSetup, InitializeConnection};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Exchange, Fault, FaultKind, Options};

use super::hosts::{
    NODE_C, attach, attach_as, bench_with, detach, group_of, groups, initiators, registering,
    unregistering, with_chap,
};

/// How often a request was sent.
fn sent(bench: &Fixture, method: &str, end: &str) -> usize {
    let trace = bench.appliance.trace();
    let is = |exchange: &&Exchange| exchange.method == method && exchange.path.ends_with(end);
    trace.iter().filter(is).count()
}

#[tokio::test]
async fn a_new_host_attaches_without_a_restart() {
    let bench = bench_with(registering).await;
    let connection = bench.driver.call(attach("volume-1")).await.unwrap();
    assert!(connection.changed);
    assert_eq!(connection.initiator_groups, [NODE_C]);
    assert_eq!(bench.seen_by("volume-1"), [NODE_C]);
    assert_eq!(groups(&bench)[NODE_C], json!([HOST_C]));
    assert_eq!(initiators(&bench)[HOST_C]["alias"], NODE_C);
    // It is known from now on, also under another name.
    let (again, cost) = bench.cost(attach_as("volume-2", "renamed")).await;
    assert_eq!(again.unwrap().initiator_groups, [NODE_C]);
    assert_eq!(
        cost,
        Cost {
            requests: 2,
            depth: 2
        }
    );
    assert_eq!(group_of(&bench, HOST_C), [NODE_C]);
}

#[tokio::test]
async fn a_host_without_a_name_is_called_by_its_initiator() {
    let bench = bench_with(registering).await;
    let connection = bench.driver.call(attach_as("volume-1", "")).await.unwrap();
    let digest = NODE_C.rsplit_once('-').unwrap().1;
    let expected = format!("zfssa-host-{HOST_C}-{digest}");
    assert_eq!(connection.initiator_groups, [expected]);
}

#[tokio::test]
async fn a_new_host_is_refused_unless_hosts_are_registered() {
    let bench = bench_with(|_| {}).await;
    let before = bench.state();
    let error = bench.driver.call(attach("volume-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidConnector);
    assert!(error.message().contains("zfssa_register_hosts"), "{error}");
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn nothing_is_registered_for_a_volume_that_does_not_exist_or_an_impossible_name() {
    let bench = bench_with(registering).await;
    let before = bench.state();
    let error = bench.driver.call(attach("volume-9")).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeNotFound);
    let nameless = InitializeConnection {
        initiator: "node-c".to_owned(),
        ..attach("volume-1")
    };
    let error = bench.driver.call(nameless).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidConnector);
    assert_eq!(error.outcome(), Outcome::None);
    assert!(error.message().contains("node-c does not begin"), "{error}");
    assert_eq!(bench.state(), before);
}

/// Several volumes for one new host, through two drivers that share their locks: it is made once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn volumes_at_once_register_their_host_once() {
    let bench = bench_with(registering).await;
    let sibling = bench.driver_with(registering);
    bench.appliance.clear_trace();
    let mut calls = JoinSet::new();
    for (number, driver) in [&bench.driver, &sibling, &bench.driver]
        .into_iter()
        .enumerate()
    {
        let (driver, attach) = (driver.clone(), attach(&format!("volume-{}", number + 1)));
        calls.spawn(async move { driver.call(attach).await });
    }
    while let Some(attached) = calls.join_next().await {
        assert_eq!(attached.unwrap().unwrap().initiator_groups, [NODE_C]);
    }
    assert_eq!(sent(&bench, "POST", "/initiators"), 1);
    assert_eq!(sent(&bench, "POST", "/initiator-groups"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_new_hosts_at_once_get_a_group_each() {
    const HOST_D: &str = "iqn.2004-10.org.example:host-d";
    let bench = bench_with(registering).await;
    let other = InitializeConnection {
        initiator: HOST_D.to_owned(),
        ..attach("volume-1")
    };
    // Of one name, as two machines that were cloned have it.
    let (one, other) = tokio::join!(
        bench.driver.call(attach("volume-1")),
        bench.driver.call(other)
    );
    assert!(one.unwrap().changed && other.unwrap().changed);
    assert_eq!(group_of(&bench, HOST_C).len(), 1);
    assert_eq!(group_of(&bench, HOST_D).len(), 1);
    assert_eq!(bench.seen_by("volume-1").len(), 2);
}

/// Without a common lock both make the host; the one that comes second takes what it finds.
#[tokio::test]
async fn a_host_that_another_process_registers_meanwhile_is_taken() {
    for held in ["/initiators$", "/initiator-groups$"] {
        let bench = bench_with(registering).await;
        let other = bench.other_host(registering);
        let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", held);
        bench.appliance.faults().push(hang);
        let driver = bench.driver.clone();
        let mine = tokio::spawn(async move { driver.call(attach("volume-1")).await });
        assert!(until(|| bench.appliance.held() == 1).await);
        let theirs = other.call(attach("volume-2")).await.unwrap();
        bench.appliance.release();
        let mine = mine.await.unwrap().unwrap();
        assert_eq!(mine.initiator_groups, theirs.initiator_groups, "{held}");
        assert_eq!(group_of(&bench, HOST_C), [NODE_C], "{held}");
    }
}

#[tokio::test]
async fn a_group_of_the_name_with_other_members_is_left_alone() {
    for members in [json!([HOST_B]), json!([HOST_C, HOST_B]), json!([])] {
        let bench = bench_with(registering).await;
        let foreign = json!({"name": NODE_C, "initiators": members});
        bench
            .foreign_san(San::New("initiator-groups", foreign))
            .await;
        if members[0] == HOST_C {
            // Then it is a group of this host like any other.
            let attached = bench.driver.call(attach("volume-1")).await.unwrap();
            assert_eq!(attached.initiator_groups, [NODE_C]);
            continue;
        }
        let error = bench.driver.call(attach("volume-1")).await.unwrap_err();
        assert_eq!(error.status(), Status::InvalidConnector);
        assert!(error.message().contains(NODE_C), "{error}");
        assert!(error.message().contains(HOST_C), "{error}");
        // What was made before is told.
        assert_eq!(error.outcome(), Outcome::Partial);
        assert_eq!(error.left_behind(), [format!("initiator {HOST_C}")]);
        assert_eq!(groups(&bench)[NODE_C], members);
        assert!(bench.seen_by("volume-1").is_empty());
    }
}

/// The initiator was made, and the process died: the next attachment goes on from there.
#[tokio::test]
async fn a_registration_that_was_cut_off_is_finished_by_the_next_attachment() {
    for (path, after) in [
        ("/initiators$", false),
        ("/initiators$", true),
        ("/initiator-groups$", false),
        ("/initiator-groups$", true),
    ] {
        let bench = bench_with(with_chap).await;
        let mut hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", path);
        if after {
            hang = hang.after_commit();
        }
        bench.appliance.faults().push(hang);
        bench.dies_held("dead", attach("volume-1")).await;
        bench.appliance.faults().clear();
        bench.appliance.forget_held();
        let next = bench.driver_with(with_chap);
        let attached = next.call(attach("volume-1")).await.unwrap();
        assert_eq!(attached.initiator_groups, [NODE_C], "{path} {after}");
        assert_eq!(initiators(&bench)[HOST_C]["chapuser"], "hosts");
        assert_eq!(bench.seen_by("volume-1"), [NODE_C]);
    }
}

/// A group of the name is made while this one is; its other member must not see the volume.
#[tokio::test]
async fn a_group_of_the_name_with_another_member_that_is_made_meanwhile_is_not_taken() {
    let bench = bench_with(registering).await;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/initiator-groups$");
    bench.appliance.faults().push(hang);
    let driver = bench.driver.clone();
    let attaching = tokio::spawn(async move { driver.call(attach("volume-1")).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    let two = json!({"name": NODE_C, "initiators": [HOST_C, HOST_B]});
    bench.foreign_san(San::New("initiator-groups", two)).await;
    bench.appliance.release();
    let error = attaching.await.unwrap().unwrap_err();
    assert_eq!(error.status(), Status::InvalidConnector, "{error}");
    assert!(error.message().contains(HOST_B), "{error}");
    assert!(bench.seen_by("volume-1").is_empty());
}

/// The last detachment by another process, without a common lock, deletes the initiator that was
/// found: it is made once more.
#[tokio::test]
async fn an_initiator_that_is_deleted_meanwhile_is_made_again() {
    let bench = bench_with(registering).await;
    let left = json!({"initiator": HOST_C, "alias": NODE_C});
    bench.foreign_san(San::New("initiators", left)).await;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/initiator-groups$");
    bench.appliance.faults().push(hang);
    let driver = bench.driver.clone();
    let attaching = tokio::spawn(async move { driver.call(attach("volume-1")).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    bench.foreign_san(San::Delete("initiators", HOST_C)).await;
    bench.appliance.release();
    attaching.await.unwrap().unwrap();
    assert_eq!(initiators(&bench)[HOST_C]["alias"], NODE_C);
}

/// Another host, without a common lock, finds the initiator that was made, attaches the new host,
/// and deletes the initiator with the group at its last detachment.
#[tokio::test]
async fn an_initiator_that_a_whole_life_on_another_host_deletes_is_made_again() {
    let bench = bench_with(registering).await;
    let other = bench.other_host(unregistering);
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/initiator-groups$");
    bench.appliance.faults().push(hang);
    let driver = bench.driver.clone();
    let attaching = tokio::spawn(async move { driver.call(attach("volume-1")).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    other.call(attach("volume-2")).await.unwrap();
    other.call(detach("volume-2")).await.unwrap();
    assert!(initiators(&bench)[HOST_C].is_null());
    bench.appliance.release();
    attaching.await.unwrap().unwrap();
    assert_eq!(initiators(&bench)[HOST_C]["alias"], NODE_C);
}

/// Two initiators whose names have one digest, on hosts of one name: neither gets the volumes of the
/// other.
#[tokio::test]
async fn initiators_with_the_same_digest_share_no_group() {
    const ALIKE: [&str; 2] = [
        "iqn.2004-10.org.example:host-6b964",
        "iqn.2004-10.org.example:host-12226c",
    ];
    let bench = bench_with(registering).await;
    let [first, second] = ALIKE.map(|initiator| InitializeConnection {
        initiator: initiator.to_owned(),
        ..attach("volume-1")
    });
    let names = bench.driver.call(first).await.unwrap().initiator_groups;
    let own = names[0].as_str();
    let refused = async |parts: [&str; 2]| {
        let error = bench.driver.call(second.clone()).await.unwrap_err();
        assert_eq!(error.status(), Status::InvalidConnector, "{error}");
        assert!(error.left_behind().is_empty(), "{error}");
        for part in parts {
            assert!(error.message().contains(part), "{part}: {error}");
        }
        assert_eq!(groups(&bench)[own], json!([ALIKE[0]]));
    };
    // The alias of the second is that of the first.
    refused([own, "change that alias"]).await;
    assert!(initiators(&bench)[ALIKE[1]].is_null());
    // Its initiator was registered by an administrator.
    let theirs = json!({"initiator": ALIKE[1], "alias": "theirs"});
    bench.foreign_san(San::New("initiators", theirs)).await;
    refused([ALIKE[0], ALIKE[1]]).await;
}

/// The appliance refuses the presentation: what was made is told, and the next call uses it.
#[tokio::test]
async fn an_attachment_that_fails_after_the_registration_names_what_it_made() {
    let bench = bench_with(registering).await;
    let denied = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-1$");
    bench.appliance.faults().push(denied);
    let error = bench.driver.call(attach("volume-1")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Partial);
    let made = [
        format!("initiator {HOST_C}"),
        format!("initiator group {NODE_C}"),
    ];
    assert_eq!(error.left_behind(), made);
    assert!(bench.driver.call(attach("volume-1")).await.unwrap().changed);
}

/// No host is registered for an exclusive attachment that is refused.
#[tokio::test]
async fn a_host_that_may_not_have_the_volume_is_not_registered() {
    let bench = bench_with(registering).await;
    let known = InitializeConnection {
        initiator: HOST_B.to_owned(),
        ..attach("volume-1")
    };
    bench.driver.call(known).await.unwrap();
    let before = bench.state();
    let exclusive = InitializeConnection {
        exclusive: true,
        ..attach("volume-1")
    };
    let error = bench.driver.call(exclusive.clone()).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy);
    assert_eq!(error.outcome(), Outcome::None);
    assert_eq!(bench.state(), before);
    let free = InitializeConnection {
        volume: "volume-2".to_owned(),
        ..exclusive
    };
    for changed in [true, false] {
        assert_eq!(
            bench.driver.call(free.clone()).await.unwrap().changed,
            changed
        );
    }
}

/// Nor for one of a volume that migrates.
#[tokio::test]
async fn a_host_of_a_volume_that_migrates_is_not_registered() {
    let bench = bench_with(registering).await;
    let scope = bench.driver.scope(Call::default());
    let guid = bench.lun("volume-1")["lunguid"]
        .as_str()
        .unwrap()
        .to_owned();
    let mark = format!("migrating/{guid}/host/pool/project/1//id/");
    let migrates = LunChange {
        operation: Some(&mark),
        ..LunChange::default()
    };
    let place = ProjectRef {
        pool: POOL,
        project: PROJECT,
    };
    let appliance = bench.driver.appliance();
    let marked = appliance.change_lun(&scope, place, "volume-1", &migrates);
    marked.await.unwrap();
    let before = bench.state();
    let error = bench.driver.call(attach("volume-1")).await.unwrap_err();
    assert_eq!(error.status(), Status::VolumeBusy, "{error}");
    assert_eq!(bench.state(), before);
}

/// The driver does not know yet that the host is in the group that has the volume.
#[tokio::test]
async fn a_host_that_joined_a_group_meanwhile_is_not_another_host() {
    let bench = bench_with(registering).await;
    let other = bench.other_host(registering);
    let known = InitializeConnection {
        initiator: HOST_B.to_owned(),
        ..attach("volume-1")
    };
    bench.driver.call(known).await.unwrap();
    other.call(attach("volume-2")).await.unwrap();
    let exclusive = InitializeConnection {
        exclusive: true,
        ..attach("volume-2")
    };
    assert!(!bench.driver.call(exclusive).await.unwrap().changed);
}

/// A configuration that registers hosts need not name any.
#[tokio::test]
async fn a_setup_without_any_known_host_is_possible() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_initiator_config", "");
        registering(config);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench.driver.call(volume("volume-1")).await.unwrap();
    assert!(bench.driver.call(attach("volume-1")).await.unwrap().changed);
}
