//! Setting up beside others and against refusals: what exists is kept, what fails is told, and
//! what was made by then is named.

use std::net::SocketAddr;

use serde_json::{Value, json};
use support::{
    Fixture, HOST_A, HOST_B, HOST_C, HOST_CHAP, PROJECT, San, TARGET_CHAP, path_text, until,
};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{CreateVolume, DoSetup, Driver, InitializeConnection};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Appliance, Fault, FaultKind, Options};

fn attach(initiator: &str) -> InitializeConnection {
    InitializeConnection {
        volume: "volume-1".to_owned(),
        initiator: initiator.to_owned(),
        ..InitializeConnection::default()
    }
}

fn volume() -> CreateVolume {
    CreateVolume {
        name: "volume-1".to_owned(),
        size_gib: 1,
        ..CreateVolume::default()
    }
}

/// One initiator in one group, and CHAP for it and for the target.
fn accounts(config: &mut ConfigBuilder, user: &str, host: &str, target: &str) {
    let initiators =
        format!("{{'host-a': [{{'iqn': '{HOST_A}', 'user': '{user}', 'password': '{host}'}}]}}");
    config.set("zfssa_initiator_config", &initiators);
    config.set("zfssa_target_user", user);
    config.set("zfssa_target_password", target);
}

/// The group `cluster` with these members.
fn cluster(config: &mut ConfigBuilder, members: &[&str]) {
    let members: Vec<String> = members
        .iter()
        .map(|iqn| format!("{{'iqn': '{iqn}'}}"))
        .collect();
    let groups = format!("{{'cluster': [{}]}}", members.join(", "));
    config.set("zfssa_initiator_config", &groups);
}

/// The names in a list of the appliance's state.
fn names(state: &Value) -> Vec<&str> {
    let list = state.as_array().expect("a list");
    let mut names: Vec<&str> = list.iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// The targets by their names, of an appliance's state.
fn targets(appliance: &Appliance) -> Vec<String> {
    let state = appliance.state();
    let targets = state["targets"].as_object().expect("targets");
    targets.keys().cloned().collect()
}

/// How many changes were sent, logins apart.
fn changes(appliance: &Appliance) -> usize {
    let trace = appliance.trace();
    let changes = trace.iter().filter(|exchange| {
        matches!(exchange.method.as_str(), "POST" | "PUT" | "DELETE")
            && !exchange.path.contains("/access/")
    });
    changes.count()
}

#[tokio::test]
async fn a_setup_that_fails_on_the_way_names_what_stands() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    let refusal = Fault::new(FaultKind::denied()).on("POST", "/targets$");
    bench.appliance.faults().push(refusal);
    let error = bench.driver.call(DoSetup {}).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Denied, Outcome::Partial),
        "{error:?}"
    );
    let initiator = format!("initiator {HOST_A}");
    for made in [
        "project cinder",
        "project os-cinder-cache",
        "custom property cinder_managed",
        initiator.as_str(),
        "initiator group host-b",
    ] {
        let named = error.left_behind().iter().any(|left| left == made);
        assert!(named, "{made}: {:?}", error.left_behind());
    }
    let about_target = |text: &&String| text.starts_with("target");
    let untrue: Vec<_> = error.left_behind().iter().filter(about_target).collect();
    assert!(untrue.is_empty(), "{untrue:?}");

    // The next one goes on from there.
    let report = bench.driver.call(DoSetup {}).await.unwrap();
    let again = |text: &&String| !text.starts_with("target");
    let again: Vec<_> = report.changes.iter().filter(again).collect();
    assert!(again.is_empty(), "{again:?}");
}

#[tokio::test]
async fn a_setup_that_could_make_nothing_leaves_nothing() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    let before = bench.state();
    let refusal = Fault::new(FaultKind::denied()).on("POST", "/(projects|schema|san)");
    bench.appliance.faults().push(refusal.forever());
    let error = bench.driver.call(DoSetup {}).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected, "{error:?}");
    assert!(error.left_behind().is_empty(), "{error:?}");
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_setup_in_doubt_says_so_and_names_what_is_known() {
    let bench = Fixture::raw(Options::default(), |config| {
        accounts(config, "alice", HOST_CHAP, TARGET_CHAP);
    })
    .await;
    let account = json!({"initiator": HOST_A, "alias": "nova-1"});
    bench.foreign_san(San::New("initiators", account)).await;
    let lost = Fault::new(FaultKind::internal()).on("PUT", "/initiators/");
    bench.appliance.faults().push(lost.after_commit().forever());
    let error = bench.driver.call(DoSetup {}).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    let project = format!("project {PROJECT}");
    assert!(error.left_behind().contains(&project), "{error:?}");
}

#[tokio::test]
async fn a_property_of_another_type_is_refused_before_anything_is_made() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    bench
        .foreign_property(json!({"property": "cinder_managed", "type": "Integer"}))
        .await;
    let before = bench.state();
    let error = bench.driver.call(DoSetup {}).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::SetupIncomplete, Outcome::None)
    );
    assert!(error.message().contains("cinder_managed"), "{error}");
    assert_eq!(bench.state(), before);
}

/// A secret cannot be read back. Whatever the last answer was, one before it may have been the
/// answer to a change that was made.
#[tokio::test]
async fn a_secret_that_may_have_been_set_is_in_doubt() {
    for (path, kind, key) in [
        ("/initiators/", "initiators", "chapuser"),
        ("/targets/", "targets", "targetchapuser"),
    ] {
        let put = |fault: FaultKind| Fault::new(fault).on("PUT", path);
        let lost = || put(FaultKind::internal()).after_commit();
        for (faults, outcome) in [
            (vec![lost().times(3)], Some(Outcome::Unknown)),
            (
                vec![put(FaultKind::internal()).times(3)],
                Some(Outcome::Unknown),
            ),
            (
                vec![lost(), put(FaultKind::denied()).nth(2)],
                Some(Outcome::Unknown),
            ),
            (vec![lost().times(2)], None),
            (vec![put(FaultKind::denied())], Some(Outcome::Rejected)),
        ] {
            let bench = Fixture::raw(Options::default(), |config| {
                accounts(config, "new", HOST_CHAP, TARGET_CHAP);
            })
            .await;
            let former = bench.driver_with(|config| {
                accounts(config, "old", "CANARYbefore-1", "CANARYbefore-2");
            });
            former.call(DoSetup {}).await.unwrap();
            for fault in &faults {
                bench.appliance.faults().push(fault.clone());
            }
            let result = bench.driver.call(DoSetup {}).await;
            let state = bench.appliance.state();
            let objects = state[kind].as_object().unwrap();
            let user = objects.values().next().unwrap()[key].as_str();
            let set = user == Some("new");
            match (result, outcome) {
                (Ok(_), None) => assert!(set),
                (Err(error), Some(Outcome::Unknown)) => {
                    assert_eq!(error.outcome(), Outcome::Unknown, "{faults:?}: {error:?}");
                }
                (Err(error), Some(_)) => {
                    // The other account was set, so it is not the whole that was refused.
                    assert_eq!(error.outcome(), Outcome::Partial, "{error:?}");
                    assert!(!set);
                }
                (result, _) => panic!("{faults:?}: {result:?}"),
            }
        }
    }
}

#[tokio::test]
async fn accounts_that_changed_are_set_and_others_left_alone() {
    let bench = Fixture::raw(Options::default(), |config| {
        accounts(config, "new", HOST_CHAP, TARGET_CHAP);
    })
    .await;
    let before = bench.driver_with(|config| {
        accounts(config, "old", "CANARYbefore-1", "CANARYbefore-2");
    });
    before.call(DoSetup {}).await.unwrap();
    let old = bench.state();
    let report = bench.driver.call(DoSetup {}).await.unwrap();
    for change in [
        format!("initiator {HOST_A} has the CHAP name new now"),
        "target tgt-grp asks for CHAP with the name new now".to_owned(),
    ] {
        assert!(report.changes.contains(&change), "{:?}", report.changes);
    }
    let new = bench.state();
    let initiator = |state: &Value, key: &str| state["initiators"][HOST_A][key].clone();
    let target = |state: &Value, key: &str| state["targets"]["target 0"][key].clone();
    assert_eq!(initiator(&new, "chapuser"), "new");
    assert_eq!(target(&new, "targetchapuser"), "new");
    for (before, after) in [
        (initiator(&old, "chapsecret"), initiator(&new, "chapsecret")),
        (
            target(&old, "targetchapsecret"),
            target(&new, "targetchapsecret"),
        ),
    ] {
        assert!(before.is_string() && before != after, "{before} {after}");
    }

    // A configuration without accounts takes none away, and says so.
    let without = bench.driver_with(|_| {});
    let report = without.call(DoSetup {}).await.unwrap();
    let warned = |text: &str| report.warnings.iter().any(|warning| warning.contains(text));
    assert!(warned(HOST_A) && warned("tgt-grp"), "{report:?}");
    assert_eq!(bench.state()["targets"], new["targets"]);
    assert_eq!(initiator(&bench.state(), "chapuser"), "new");
}

/// A target that asks for no CHAP gets it, though the configured name stands there already.
#[tokio::test]
async fn a_target_without_chap_gets_it() {
    let bench = Fixture::raw(Options::default(), |config| {
        accounts(config, "new", HOST_CHAP, TARGET_CHAP);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let before = bench.state();
    let iqn = targets(&bench.appliance).remove(0);
    let without = San::Change("targets", &iqn, json!({"auth": "none"}));
    bench.foreign_san(without).await;
    let report = bench.driver.call(DoSetup {}).await.unwrap();
    let said = |change: &String| change.contains("asks for CHAP");
    assert!(report.changes.iter().any(said), "{report:?}");
    assert_eq!(bench.state(), before);
}

/// Aliases are unique and anybody's choice; the iSCSI name says who a host is.
#[tokio::test]
async fn an_initiator_is_found_by_its_name_whatever_its_alias_and_case() {
    for registered in [HOST_A, "iqn.2004-10.org.example:HOST-A"] {
        let bench = Fixture::raw(Options::default(), |config| {
            accounts(config, "new", HOST_CHAP, TARGET_CHAP);
        })
        .await;
        let account = json!({"initiator": registered, "alias": "nova-1"});
        bench.foreign_san(San::New("initiators", account)).await;
        bench.driver.call(DoSetup {}).await.unwrap();
        let state = bench.appliance.state();
        let initiators = state["initiators"].as_object().unwrap();
        assert_eq!(initiators.len(), 1, "{initiators:?}");
        let known = &initiators[registered];
        assert_eq!(known["alias"], "nova-1");
        assert_eq!(known["chapuser"], "new");
    }
}

#[tokio::test]
async fn members_that_others_put_into_groups_stay() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    const FOREIGN: &str = "iqn.1986-03.com.sun:02:of-somebody-else";
    let target = json!({"alias": "theirs", "iqn": FOREIGN, "interfaces": ["ixgbe1"]});
    bench.foreign_san(San::New("targets", target)).await;
    let group = json!({"name": "tgt-grp", "targets": [FOREIGN]});
    bench.foreign_san(San::New("target-groups", group)).await;
    let group = json!({"name": "host-a", "initiators": [HOST_C]});
    bench.foreign_san(San::New("initiator-groups", group)).await;

    let report = bench.driver.call(DoSetup {}).await.unwrap();
    let state = bench.appliance.state();
    let mut both = [FOREIGN, report.target_iqn.as_str()];
    both.sort_unstable();
    assert_eq!(names(&state["target_groups"]["tgt-grp"]), both);
    let both = [HOST_A, HOST_C];
    assert_eq!(names(&state["initiator_groups"]["host-a"]), both);
    for group in ["target group tgt-grp", "initiator group host-a"] {
        let change = format!("{group} got more members");
        assert!(report.changes.contains(&change), "{:?}", report.changes);
    }
}

/// Lets both drivers set up at once. The requests of each of the faults are held until all that it
/// strikes are there: all have been carried out then, and nobody knows of it.
async fn at_once(appliance: &Appliance, drivers: [Driver; 2], faults: &[(Fault, u64)]) {
    let faults = faults.iter().map(|(fault, times)| {
        let fault = fault.clone().times(*times).after_commit();
        (appliance.faults().push(fault), *times as usize)
    });
    let faults: Vec<(u64, usize)> = faults.collect();
    let setups = drivers.map(|driver| tokio::spawn(async move { driver.call(DoSetup {}).await }));
    for (fault, times) in faults {
        let all = || {
            let struck = appliance.faults().fired(fault) == times as u64;
            struck && appliance.held() == times
        };
        assert!(until(all).await, "fewer requests than expected");
        appliance.release();
    }
    for setup in setups {
        setup.await.unwrap().unwrap();
    }
}

fn hang(method: &str, path: &str) -> Fault {
    Fault::new(FaultKind::Hang { ms: None }).on(method, path)
}

#[tokio::test]
async fn two_setups_at_once_without_a_common_lock_lose_no_member() {
    let bench = Fixture::raw(Options::default(), |config| cluster(config, &[HOST_C])).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let both = [
        bench.driver_with(|config| cluster(config, &[HOST_A])),
        bench.other_host(|config| cluster(config, &[HOST_B])),
    ];
    let group = "/initiator-groups/cluster$";
    // Both have read the group before either writes it, and both have written it before either
    // learns of it.
    let faults = [(hang("GET", group), 2), (hang("PUT", group), 2)];
    at_once(&bench.appliance, both, &faults).await;
    let state = bench.appliance.state();
    let all = [HOST_A, HOST_B, HOST_C];
    assert_eq!(names(&state["initiator_groups"]["cluster"]), all);
}

#[tokio::test]
async fn two_setups_at_once_make_one_of_each() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    let both = [bench.driver_with(|_| {}), bench.other_host(|_| {})];
    let nothing_there = hang(
        "GET",
        "/(projects/cinder|schema|initiators|targets|.*-groups)$",
    );
    at_once(&bench.appliance, both, &[(nothing_there, 12)]).await;
    let made = targets(&bench.appliance);
    assert_eq!(made.len(), 1, "{made:?}");
    let state = bench.appliance.state();
    assert_eq!(
        names(&state["target_groups"]["tgt-grp"]),
        [made[0].as_str()]
    );
}

#[tokio::test]
async fn two_setups_at_once_with_a_common_lock_come_one_after_the_other() {
    let bench = Fixture::raw(Options::default(), |config| cluster(config, &[HOST_C])).await;
    let locks = bench.dir.path().join("locks");
    let driver = |member| {
        bench.driver_with(|config| {
            cluster(config, &[member]);
            config.set("zfssa_lock_dir", path_text(&locks));
        })
    };
    // One is stopped at its first change; the other must not look before that is over.
    bench.appliance.faults().push(hang("POST", "/projects$"));
    let setups = [driver(HOST_A), driver(HOST_B)]
        .map(|driver| tokio::spawn(async move { driver.call(DoSetup {}).await }));
    let appliance = &bench.appliance;
    assert!(until(|| appliance.held() == 1).await);
    let looks = || {
        let trace = appliance.trace();
        let look = |exchange: &&zfssa_appliance::Exchange| exchange.path.ends_with("/schema");
        let looks = trace.iter().filter(look);
        looks.filter(|exchange| exchange.method == "GET").count()
    };
    assert_eq!(looks(), 1);
    appliance.release();
    let mut made = 0;
    for setup in setups {
        let report = setup.await.unwrap().unwrap();
        let project = format!("project {PROJECT} was made");
        made += usize::from(report.changes.contains(&project));
    }
    assert_eq!((made, looks()), (1, 2));
    let state = bench.appliance.state();
    assert_eq!(
        names(&state["initiator_groups"]["cluster"]),
        [HOST_A, HOST_B]
    );
}

/// Only a 404 means "absent", and of a list not even that.
#[tokio::test]
async fn a_look_that_fails_leads_to_no_change() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_max_attempts", "1");
    })
    .await;
    let before = bench.state();
    for path in [
        "/version$",
        "/pools/pool-0$",
        "/projects/cinder$",
        "/projects/os-cinder-cache$",
        "/schema$",
        "/initiators$",
        "/initiator-groups$",
        "/targets$",
        "/target-groups$",
    ] {
        let mut kinds = vec![
            FaultKind::denied(),
            FaultKind::internal(),
            FaultKind::Busy { retry_after: None },
            FaultKind::status(400, "ERR_INVALID_ARG"),
            FaultKind::state_changed(),
            FaultKind::Html { status: 502 },
        ];
        // A project that is not there is a 404, whatever its body.
        if !path.contains("projects") {
            kinds.extend([FaultKind::not_found(), FaultKind::Garbage]);
        }
        for kind in kinds {
            bench.appliance.clear_trace();
            let fault = Fault::new(kind.clone()).on("GET", path).after_commit();
            let fault = bench.appliance.faults().push(fault.forever());
            let result = bench.driver.call(DoSetup {}).await;
            assert!(bench.appliance.faults().fired(fault) > 0, "{path} {kind:?}");
            let Err(error) = result else {
                panic!("{path} {kind:?} was taken for an answer: {result:?}");
            };
            bench.appliance.faults().clear();
            assert_eq!(error.outcome(), Outcome::None, "{path} {kind:?}: {error:?}");
            assert_eq!(changes(&bench.appliance), 0, "{path} {kind:?}: {error:?}");
        }
    }
    assert_eq!(bench.state(), before);
}

#[tokio::test]
async fn a_portal_given_as_a_name_is_handed_on_as_an_address() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_target_portal", "localhost:3260");
    })
    .await;
    let report = bench.driver.call(DoSetup {}).await.unwrap();
    bench.driver.call(volume()).await.unwrap();
    let connection = bench.driver.call(attach(HOST_A)).await.unwrap();
    assert_eq!(connection.target_portals, report.target_portals);
    let portal: SocketAddr = connection.target_portal.parse().expect("an address");
    assert!(portal.ip().is_loopback() && portal.port() == 3260);
}

#[tokio::test]
async fn a_portal_that_cannot_be_resolved_is_told_before_anything_is_made() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_target_portal", "portal.invalid:3260");
    })
    .await;
    let before = bench.state();
    let error = bench.driver.call(DoSetup {}).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Resolve, Outcome::None)
    );
    assert!(error.message().contains("zfssa_target_portal"), "{error}");
    assert_eq!(bench.state(), before);
}

/// What is believed gets old at once. No request is under way when the clock jumps.
async fn belief_ends() {
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(31)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn the_targets_name_is_asked_again_after_it_changed() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume()).await.unwrap();
    let first = bench.driver.call(attach(HOST_A)).await.unwrap().target_iqn;
    let replace = async |old: &str, new: &'static str| {
        bench.foreign_san(San::Delete("targets", old)).await;
        let target = json!({"alias": "tgt-grp", "iqn": new, "interfaces": ["ixgbe0"]});
        bench.foreign_san(San::New("targets", target)).await;
        let members = json!({"targets": [new]});
        bench
            .foreign_san(San::Change("target-groups", "tgt-grp", members))
            .await;
    };
    const SECOND: &str = "iqn.1986-03.com.sun:02:second";
    const THIRD: &str = "iqn.1986-03.com.sun:02:third";
    replace(&first, SECOND).await;
    belief_ends().await;
    let connection = bench.driver.call(attach(HOST_A)).await.unwrap();
    assert_eq!(connection.target_iqn, SECOND);
    assert_eq!(connection.target_iqns, [SECOND]);

    // A set-up looks by itself.
    replace(SECOND, THIRD).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let connection = bench.driver.call(attach(HOST_A)).await.unwrap();
    assert_eq!(connection.target_iqn, THIRD);
}

/// The index of groups is read again when it leads nowhere, and when it is old.
#[tokio::test]
async fn groups_that_others_change_between_attachments_are_seen() {
    let bench = Fixture::ready().await;
    let groups_of = async |initiator| {
        let connection = bench.driver.call(attach(initiator)).await;
        connection.map(|connection| connection.initiator_groups)
    };
    bench.driver.call(volume()).await.unwrap();
    // Registered a moment ago.
    let error = groups_of(HOST_C).await.unwrap_err();
    assert_eq!(error.status(), Status::InvalidConnector);
    let group = json!({"name": "host-c", "initiators": [HOST_C]});
    bench.foreign_san(San::New("initiator-groups", group)).await;
    assert_eq!(groups_of(HOST_C).await.unwrap(), ["host-c"]);

    // Its group is gone, and it is in another.
    let gone = San::Delete("initiator-groups", "host-a");
    bench.foreign_san(gone).await;
    let group = json!({"name": "racks", "initiators": [HOST_A]});
    bench.foreign_san(San::New("initiator-groups", group)).await;
    assert_eq!(groups_of(HOST_A).await.unwrap(), ["racks"]);

    // It is in another, and its former group goes on without it.
    let (without, with) = (
        json!({"initiators": []}),
        json!({"initiators": [HOST_A, HOST_B]}),
    );
    for (name, members) in [("host-b", without), ("racks", with)] {
        bench
            .foreign_san(San::Change("initiator-groups", name, members))
            .await;
    }
    belief_ends().await;
    assert_eq!(groups_of(HOST_B).await.unwrap(), ["racks"]);
}
