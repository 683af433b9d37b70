//! The last detachment of a registered host.

use std::time::Duration;

use serde_json::json;
use support::{Fixture, HOST_B, HOST_C, POOL, San, until};
use zfssa::appliance::NewProject;
use zfssa::driver::{
    Call, DeleteVolume, DoSetup, Driver, InitializeConnection, OneOrEvery, TerminateConnection,
    Timeout,
};
use zfssa::error::Status;
use zfssa_appliance::{ClusterOptions, Exchange, Fault, FaultKind, Options};

use super::hosts::{
    NODE_C, attach, bench_with, detach, group_of, groups, initiators, registering, unregistering,
};

/// Whether the host is registered: its group and its initiator.
fn registered(bench: &Fixture) -> (bool, bool) {
    let there = |object: serde_json::Value| !object.is_null();
    (
        there(groups(bench)[NODE_C].clone()),
        there(initiators(bench)[HOST_C].clone()),
    )
}

async fn attached(bench: &Fixture, volumes: &[&str]) {
    for volume in volumes {
        bench.driver.call(attach(volume)).await.unwrap();
    }
}

#[tokio::test]
async fn the_last_detachment_takes_the_host_away() {
    let bench = bench_with(unregistering).await;
    let before = bench.state();
    attached(&bench, &["volume-1", "volume-2"]).await;
    let first = bench.driver.call(detach("volume-1")).await.unwrap();
    assert!(first.changed && !first.still_presented);
    assert_eq!(registered(&bench), (true, true));
    bench.driver.call(detach("volume-2")).await.unwrap();
    assert_eq!(bench.state(), before);
    // It comes back with its next volume.
    attached(&bench, &["volume-1"]).await;
    assert_eq!(registered(&bench), (true, true));
}

#[tokio::test]
async fn a_host_stays_registered_unless_hosts_are_unregistered() {
    let bench = bench_with(registering).await;
    attached(&bench, &["volume-1"]).await;
    bench.driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (true, true));
}

#[tokio::test]
async fn detaching_every_host_takes_the_registered_ones_away() {
    let bench = bench_with(unregistering).await;
    let before = bench.state();
    attached(&bench, &["volume-1"]).await;
    let known = InitializeConnection {
        initiator: HOST_B.to_owned(),
        ..attach("volume-1")
    };
    bench.driver.call(known).await.unwrap();
    let every = TerminateConnection {
        initiator: OneOrEvery::Every,
        ..detach("volume-1")
    };
    bench.driver.call(every).await.unwrap();
    assert_eq!(bench.state(), before, "host-b is configured");
}

/// The detachment was made and its process died: the same call again takes the host away.
#[tokio::test]
async fn a_detachment_that_is_repeated_takes_the_host_away() {
    for (method, path, after) in [
        ("GET", "/storage/v1/luns$", false),
        ("DELETE", "/initiator-groups/", false),
        ("DELETE", "/initiator-groups/", true),
        ("DELETE", "/initiators/", false),
        ("DELETE", "/initiators/", true),
    ] {
        let bench = bench_with(unregistering).await;
        attached(&bench, &["volume-1"]).await;
        let mut hang = Fault::new(FaultKind::Hang { ms: None }).on(method, path);
        if after {
            hang = hang.after_commit();
        }
        bench.appliance.faults().push(hang);
        bench.dies_held("dead", detach("volume-1")).await;
        bench.appliance.faults().clear();
        bench.appliance.forget_held();
        let next = bench.driver_with(unregistering);
        next.call(detach("volume-1")).await.unwrap();
        // Whatever is left stops nobody.
        assert!(!registered(&bench).0, "{method} {path} {after}");
        next.call(attach("volume-1")).await.unwrap();
        assert_eq!(registered(&bench), (true, true), "{method} {path} {after}");
        next.call(detach("volume-1")).await.unwrap();
        assert_eq!(
            registered(&bench),
            (false, false),
            "{method} {path} {after}"
        );
    }
}

/// A LUN of another project, which this backend knows nothing of, is presented to the group.
#[tokio::test]
async fn a_group_that_any_lun_of_the_appliance_names_stays() {
    for refuses in [true, false] {
        let bench = bench_with(unregistering).await;
        bench
            .appliance
            .tune(|knobs| knobs.groups_in_use_stay = refuses);
        attached(&bench, &["volume-1"]).await;
        let scope = bench.driver.scope(Call::default());
        let project = NewProject {
            name: "others",
            compression: "off",
            logbias: "latency",
        };
        let appliance = bench.driver.appliance();
        appliance
            .create_project(&scope, POOL, &project)
            .await
            .unwrap();
        let lun = json!({"name": "data", "volsize": "1g", "initiatorgroup": NODE_C});
        bench.foreign_lun_in("others", lun).await;
        bench.driver.call(detach("volume-1")).await.unwrap();
        assert_eq!(registered(&bench), (true, true));
        let trace = bench.appliance.trace();
        assert!(!trace.iter().any(|exchange| exchange.method == "DELETE"));
    }
}

/// A LUN whose presentation cannot be read may be presented to the group.
#[tokio::test]
async fn an_unreadable_lun_keeps_the_group() {
    let bench = bench_with(unregistering).await;
    attached(&bench, &["volume-1"]).await;
    bench
        .appliance
        .show_odd("lun", "volume-3", json!({"initiatorgroup": 7}));
    bench.driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (true, true));
}

/// The list of LUNs lacks those of the other head, whose groups are the same.
#[tokio::test]
async fn a_group_stays_while_the_other_head_serves_pools() {
    let options = Options {
        cluster: Some(ClusterOptions::default()),
        ..Options::default()
    };
    let bench = Fixture::raw(options, unregistering).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
        .driver
        .call(support::volume("volume-1"))
        .await
        .unwrap();
    attached(&bench, &["volume-1"]).await;
    bench.driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (true, true));
}

/// By their names and their members: what an administrator changed is no more the library's.
#[tokio::test]
async fn what_others_made_or_changed_stays() {
    let bench = bench_with(unregistering).await;
    attached(&bench, &["volume-1"]).await;
    let two = json!({"initiators": [HOST_C, HOST_B]});
    bench
        .foreign_san(San::Change("initiator-groups", NODE_C, two))
        .await;
    let alone = TerminateConnection {
        still_attached: Some(Vec::new()),
        ..detach("volume-1")
    };
    assert!(bench.driver.call(alone).await.unwrap().changed);
    assert_eq!(registered(&bench), (true, true));

    // The group of an administrator, and an initiator that is in another group as well.
    let bench = bench_with(unregistering).await;
    attached(&bench, &["volume-1"]).await;
    let theirs = json!({"name": "theirs", "initiators": [HOST_C]});
    bench
        .foreign_san(San::New("initiator-groups", theirs))
        .await;
    bench.driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (false, true));
    assert_eq!(group_of(&bench, HOST_C), ["theirs"]);
    let deletes =
        |exchange: &Exchange| exchange.method == "DELETE" && exchange.path.contains("/initiators/");
    assert!(!bench.appliance.trace().iter().any(deletes));

    // An initiator that was registered by another program.
    let bench = bench_with(unregistering).await;
    let theirs = json!({"initiator": HOST_C, "alias": "theirs"});
    bench.foreign_san(San::New("initiators", theirs)).await;
    attached(&bench, &["volume-1"]).await;
    bench.driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (false, true));
}

/// The group gets another member after the detachment has read it.
#[tokio::test]
async fn a_group_that_gets_another_member_meanwhile_stays() {
    let bench = bench_with(unregistering).await;
    attached(&bench, &["volume-1"]).await;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/luns/volume-1$");
    bench.appliance.faults().push(hang);
    let driver = bench.driver.clone();
    let detaching = tokio::spawn(async move { driver.call(detach("volume-1")).await });
    assert!(until(|| bench.appliance.held() == 1).await);
    let two = json!({"initiators": [HOST_C, HOST_B]});
    bench
        .foreign_san(San::Change("initiator-groups", NODE_C, two))
        .await;
    bench.appliance.release();
    assert!(detaching.await.unwrap().unwrap().changed);
    assert_eq!(registered(&bench), (true, true));
}

/// The setup of the backend makes the initiators of its configuration.
#[tokio::test]
async fn the_initiator_of_a_host_that_the_configuration_names_stays() {
    let bench = bench_with(unregistering).await;
    let driver = bench.driver_with(|config| {
        unregistering(config);
        let groups = format!("{{'own': [{{'iqn': '{HOST_C}', 'user': '', 'password': ''}}]}}");
        config.set("zfssa_initiator_config", &groups);
    });
    driver.call(attach("volume-1")).await.unwrap();
    driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (false, true));
}

/// A group whose members cannot be read may hold the initiator.
#[tokio::test]
async fn an_unreadable_group_keeps_the_initiator() {
    let bench = bench_with(unregistering).await;
    attached(&bench, &["volume-1"]).await;
    let unreadable = json!({"initiators": 7});
    bench
        .appliance
        .show_odd("initiator_group", "host-a", unreadable);
    bench.driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (false, true));
}

/// An attachment does not come to its turn: the lock of its host is held.
async fn must_wait(driver: &Driver) {
    let short = Call {
        timeout: Timeout::After(Duration::from_millis(200)),
        ..Call::default()
    };
    let waits = driver.run(attach("volume-2"), &driver.scope(short)).await;
    assert_eq!(waits.unwrap_err().status(), Status::Deadline);
}

/// The lock of the host keeps an attachment of it waiting while it is taken away.
#[tokio::test]
async fn an_attachment_waits_until_its_host_is_taken_away() {
    for path in ["/initiator-groups/", "/initiators/"] {
        let bench = bench_with(unregistering).await;
        let sibling = bench.driver_with(unregistering);
        attached(&bench, &["volume-1"]).await;
        // The sibling knows the host.
        sibling.call(attach("volume-2")).await.unwrap();
        sibling.call(detach("volume-2")).await.unwrap();
        let hang = Fault::new(FaultKind::Hang { ms: None }).on("DELETE", path);
        bench.appliance.faults().push(hang);
        let driver = bench.driver.clone();
        let detaching = tokio::spawn(async move { driver.call(detach("volume-1")).await });
        assert!(until(|| bench.appliance.held() == 1).await);
        must_wait(&sibling).await;
        bench.appliance.release();
        detaching.await.unwrap().unwrap();
        sibling.call(attach("volume-2")).await.unwrap();
        assert_eq!(registered(&bench), (true, true), "{path}");
        assert_eq!(bench.seen_by("volume-2"), [NODE_C], "{path}");
    }
}

/// Without a common lock: a host that is attached while its group is deleted has a group and an
/// initiator in the end.
#[tokio::test]
async fn a_host_that_another_process_attaches_meanwhile_stays_registered() {
    for (method, path, after) in [
        ("DELETE", "/initiator-groups/", false),
        ("DELETE", "/initiator-groups/", true),
        ("GET", "/iscsi/initiators/", false),
        ("DELETE", "/initiators/", false),
        ("DELETE", "/initiators/", true),
    ] {
        let bench = bench_with(unregistering).await;
        let other = bench.other_host(unregistering);
        attached(&bench, &["volume-1"]).await;
        let mut hang = Fault::new(FaultKind::Hang { ms: None }).on(method, path);
        if after {
            hang = hang.after_commit();
        }
        bench.appliance.faults().push(hang);
        let driver = bench.driver.clone();
        let detaching = tokio::spawn(async move { driver.call(detach("volume-1")).await });
        assert!(until(|| bench.appliance.held() == 1).await);
        other.call(attach("volume-2")).await.unwrap();
        bench.appliance.release();
        detaching.await.unwrap().unwrap();
        let case = format!("{method} {path} {after}");
        assert_eq!(bench.seen_by("volume-2"), [NODE_C], "{case}");
        assert_eq!(registered(&bench), (true, true), "{case}");
    }
}

/// The first deletion is not answered and carried out late: it must not meet what the next
/// attachment makes, which waits for it.
#[tokio::test]
async fn a_late_deletion_does_not_meet_the_next_group_of_the_host() {
    for path in ["/initiator-groups/", "/initiators/"] {
        let bench = bench_with(|config| {
            unregistering(config);
            config.set("zfssa_late_request_timeout", "3");
        })
        .await;
        let sibling = bench.driver_with(unregistering);
        attached(&bench, &["volume-1"]).await;
        let late = Fault::new(FaultKind::late_until_released()).on("DELETE", path);
        let late = bench.appliance.faults().push(late);
        let driver = bench.driver.clone();
        let detaching = tokio::spawn(async move { driver.call(detach("volume-1")).await });
        // The second deletion was answered.
        let of = usize::from(path == "/initiators/");
        let there = |(group, initiator)| [group, initiator][of];
        assert!(until(|| !there(registered(&bench))).await);
        must_wait(&sibling).await;
        // Within the time in which a request may be late.
        bench.appliance.release();
        bench.answered(late).await;
        detaching.await.unwrap().unwrap();
        sibling.call(attach("volume-2")).await.unwrap();
        assert_eq!(registered(&bench), (true, true), "{path}");
        assert_eq!(bench.seen_by("volume-2"), [NODE_C], "{path}");
    }
}

/// The same where the appliance refused the repetition, as it does for a group in use.
#[tokio::test]
async fn a_late_deletion_whose_repetition_was_refused_does_not_meet_the_next_group() {
    let bench = bench_with(|config| {
        unregistering(config);
        config.set("zfssa_late_request_timeout", "3");
    })
    .await;
    let sibling = bench.driver_with(unregistering);
    attached(&bench, &["volume-1"]).await;
    let on_groups = |kind| Fault::new(kind).on("DELETE", "/initiator-groups/");
    let faults = bench.appliance.faults();
    let late = faults.push(on_groups(FaultKind::late_until_released()));
    faults.push(on_groups(FaultKind::state_changed()));
    bench.driver.call(detach("volume-1")).await.unwrap();
    assert_eq!(registered(&bench), (true, true));
    must_wait(&sibling).await;
    bench.appliance.release();
    bench.answered(late).await;
    sibling.call(attach("volume-2")).await.unwrap();
    assert_eq!(registered(&bench), (true, true));
    assert_eq!(bench.seen_by("volume-2"), [NODE_C]);
}

/// The volume is detached, whatever comes of its host.
#[tokio::test]
async fn a_host_that_cannot_be_taken_away_does_not_fail_the_detachment() {
    for path in ["/initiator-groups/", "/initiators/"] {
        let bench = bench_with(unregistering).await;
        attached(&bench, &["volume-1"]).await;
        let denied = Fault::new(FaultKind::denied()).on("DELETE", path);
        bench.appliance.faults().push(denied);
        assert!(bench.driver.call(detach("volume-1")).await.unwrap().changed);
        assert!(bench.seen_by("volume-1").is_empty());
        assert!(registered(&bench).1, "{path}");
        let delete = DeleteVolume {
            name: "volume-1".to_owned(),
        };
        bench.driver.call(delete).await.unwrap();
    }
}
