//! What a check finds, all of it at once, and what it leaves to a warning.

use serde_json::json;
use support::{Fixture, HOST_A, HOST_B, HOST_CHAP, PROJECT, San, TARGET_CHAP, send};
use zfssa::driver::{CheckForSetupError, CheckReport, DoSetup};
use zfssa::error::{Error, Outcome, Status};
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::{ClusterOptions, Fault, FaultKind, Options};

/// A bench with CHAP, set up.
async fn ready() -> Fixture {
    let initiators = format!(
        "{{'host-a': [{{'iqn': '{HOST_A}', 'user': 'alice', 'password': '{HOST_CHAP}'}}],
          'host-b': [{{'iqn': '{HOST_B}'}}]}}"
    );
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_initiator_config", &initiators);
        config.set("zfssa_target_user", "target");
        config.set("zfssa_target_password", TARGET_CHAP);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench
}

async fn check(bench: &Fixture) -> Result<CheckReport, Error> {
    bench.driver.call(CheckForSetupError {}).await
}

/// What is wrong, one thing at a time.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    NoProject,
    NoCacheProject,
    PropertyGone,
    PropertyOfAnotherType,
    ServiceOff,
    PoolDegraded,
    InitiatorGone,
    InitiatorsAccount,
    GroupGone,
    MemberMissing,
    TargetGone,
    TargetOffline,
    TargetWithoutChap,
    TargetsAccount,
    TargetNotInGroup,
    TargetGroupGone,
}

const EVERYTHING: &[(Wrong, &str)] = &[
    (Wrong::NoProject, "has no project cinder"),
    (Wrong::NoCacheProject, "has no project os-cinder-cache"),
    (Wrong::PropertyGone, "zfssa_operation does not exist"),
    (
        Wrong::PropertyOfAnotherType,
        "cinder_managed has the type String, not Boolean",
    ),
    (Wrong::ServiceOff, "the service iscsi is disabled"),
    (Wrong::PoolDegraded, "pool pool-0 is faulted, not online"),
    (Wrong::InitiatorGone, "host-b is not registered"),
    (Wrong::InitiatorsAccount, "has the CHAP name \"bob\""),
    (Wrong::GroupGone, "initiator group host-a does not exist"),
    (
        Wrong::MemberMissing,
        "host-b is not in the initiator group host-b",
    ),
    (Wrong::TargetGone, "no target with the alias tgt-grp"),
    (Wrong::TargetOffline, "target tgt-grp is offline"),
    (Wrong::TargetWithoutChap, "tgt-grp asks for no CHAP"),
    (Wrong::TargetsAccount, "has the CHAP name \"other\""),
    (Wrong::TargetNotInGroup, "is not in the target group"),
    (Wrong::TargetGroupGone, "is not in the target group"),
];

impl Wrong {
    async fn make(self, bench: &Fixture) {
        let gone = async |path: Result<Path, Error>| {
            send(&bench.driver, &Request::delete(path.unwrap())).await;
        };
        let project = |name| {
            let pool = Path::new(Service::Storage).fixed("pools").name("pool-0");
            pool.and_then(|path| path.fixed("projects").name(name))
        };
        let state = bench.appliance.state();
        let target = state["targets"].as_object().unwrap().keys().next();
        let target = target.map_or("", String::as_str);
        match self {
            Wrong::NoProject => gone(project(PROJECT)).await,
            Wrong::NoCacheProject => gone(project("os-cinder-cache")).await,
            Wrong::PropertyGone => {
                let schema = Path::new(Service::Storage).fixed("schema");
                gone(schema.name("zfssa_operation")).await;
            }
            Wrong::PropertyOfAnotherType => {
                let schema = Path::new(Service::Storage).fixed("schema");
                gone(schema.name("cinder_managed")).await;
                bench
                    .foreign_property(json!({"property": "cinder_managed", "type": "String"}))
                    .await;
            }
            Wrong::ServiceOff => {
                let path = Path::new(Service::Service).fixed("services");
                let path = path.name("iscsi").unwrap().fixed("disable");
                send(&bench.driver, &Request::put_empty(path)).await;
            }
            Wrong::PoolDegraded => bench
                .appliance
                .tune(|knobs| knobs.pool_status = "faulted".to_owned()),
            Wrong::TargetOffline => bench
                .appliance
                .tune(|knobs| knobs.target_state = "offline".to_owned()),
            Wrong::InitiatorGone => bench.foreign_san(San::Delete("initiators", HOST_B)).await,
            Wrong::InitiatorsAccount => {
                let account = json!({"chapuser": "bob", "chapsecret": HOST_CHAP});
                bench
                    .foreign_san(San::Change("initiators", HOST_A, account))
                    .await;
            }
            Wrong::GroupGone => {
                bench
                    .foreign_san(San::Delete("initiator-groups", "host-a"))
                    .await;
            }
            Wrong::MemberMissing => {
                let nobody = json!({"initiators": []});
                bench
                    .foreign_san(San::Change("initiator-groups", "host-b", nobody))
                    .await;
            }
            Wrong::TargetGone => bench.foreign_san(San::Delete("targets", target)).await,
            Wrong::TargetWithoutChap => {
                let none = json!({"auth": "none"});
                bench
                    .foreign_san(San::Change("targets", target, none))
                    .await;
            }
            Wrong::TargetsAccount => {
                let account = json!({"targetchapuser": "other", "targetchapsecret": TARGET_CHAP});
                bench
                    .foreign_san(San::Change("targets", target, account))
                    .await;
            }
            Wrong::TargetNotInGroup => {
                let nobody = json!({"targets": []});
                bench
                    .foreign_san(San::Change("target-groups", "tgt-grp", nobody))
                    .await;
            }
            Wrong::TargetGroupGone => {
                bench
                    .foreign_san(San::Delete("target-groups", "tgt-grp"))
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn each_finding_is_told() {
    for (wrong, finding) in EVERYTHING {
        let bench = ready().await;
        check(&bench).await.unwrap();
        wrong.make(&bench).await;
        let before = bench.state();
        let error = check(&bench).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::SetupIncomplete, Outcome::None),
            "{wrong:?}: {error:?}"
        );
        assert!(error.message().contains(finding), "{wrong:?}: {error}");
        assert_eq!(error.message().matches("; ").count(), 1, "{error}");
        assert_eq!(bench.state(), before);
    }
}

/// None of them hides another, unless it is its cause.
#[tokio::test]
async fn all_findings_are_told_at_once() {
    let bench = ready().await;
    let hidden = |wrong: &Wrong| {
        matches!(
            wrong,
            Wrong::TargetGone | Wrong::TargetsAccount | Wrong::TargetGroupGone
        )
    };
    let shown = || EVERYTHING.iter().filter(|(wrong, _)| !hidden(wrong));
    for (wrong, _) in shown() {
        wrong.make(&bench).await;
    }
    let error = check(&bench).await.unwrap_err();
    assert_eq!(error.status(), Status::SetupIncomplete);
    for (_, finding) in shown() {
        assert!(error.message().contains(finding), "{finding}: {error}");
    }
}

/// What cannot be looked at hides nothing that can, and is not taken for a finding.
#[tokio::test]
async fn what_cannot_be_looked_at_hides_no_finding() {
    for path in [
        "/version$",
        "/pools/pool-0$",
        "/projects/cinder$",
        "/schema$",
        "/initiators$",
        "/initiator-groups$",
        "/targets$",
        "/target-groups$",
        "/services/iscsi$",
    ] {
        let bench = ready().await;
        let denied = Fault::new(FaultKind::denied()).on("GET", path).forever();
        bench.appliance.faults().push(denied.clone());
        let error = check(&bench).await.unwrap_err();
        assert_eq!(error.status(), Status::Denied, "{path}: {error:?}");
        bench.appliance.faults().clear();
        for wrong in [Wrong::NoCacheProject, Wrong::MemberMissing] {
            wrong.make(&bench).await;
        }
        bench.appliance.faults().push(denied);
        let error = check(&bench).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Denied, Outcome::None),
            "{path}: {error:?}"
        );
        let mut findings = vec!["os-cinder-cache"];
        if path != "/initiator-groups$" {
            findings.push("is not in the initiator group host-b");
        }
        for finding in findings {
            assert!(
                error.message().contains(finding),
                "{path}, {finding}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn a_pool_that_is_not_there_is_a_finding_and_its_projects_are_not() {
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_pool", "pool-9");
    })
    .await;
    let error = check(&bench).await.unwrap_err();
    assert_eq!(error.status(), Status::SetupIncomplete);
    for finding in ["pool-9", "zfssa_pool", HOST_A, "tgt-grp"] {
        assert!(error.message().contains(finding), "{finding}: {error}");
    }
    assert!(!error.message().contains("no project"), "{error}");
}

/// Such a head answers 404 for everything in the pool, and none of it is gone.
#[tokio::test]
async fn a_head_without_the_pool_finds_that_alone() {
    let options = Options {
        cluster: Some(ClusterOptions::default()),
        ..Options::default()
    };
    let bench = Fixture::raw(options, |_| {}).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let peer = bench.appliance.peer_url().unwrap();
    let port = peer.rsplit(':').next().unwrap().to_owned();
    let driver = bench.driver_with(|config| {
        config.set("san_api_port", &port);
    });
    let error = driver.call(CheckForSetupError {}).await.unwrap_err();
    assert_eq!(error.status(), Status::PoolNotOwned, "{error:?}");
    assert!(error.retryable(), "a takeover may come");
    assert!(error.message().contains("pool-0 is exported"), "{error}");
    assert!(!error.message().contains("project"), "{error}");
}

#[tokio::test]
async fn a_group_that_an_option_names_alone_is_looked_for() {
    let bench = ready().await;
    let driver = bench.driver_with(|config| {
        config.set("zfssa_initiator_group", "elsewhere");
    });
    let error = driver.call(CheckForSetupError {}).await.unwrap_err();
    assert_eq!(error.status(), Status::SetupIncomplete);
    let finding = "initiator group elsewhere does not exist";
    assert!(error.message().contains(finding), "{error}");
}

#[tokio::test]
async fn a_backend_with_neither_journals_nor_lock_files_is_warned_of() {
    let bench = ready().await;
    let state = bench.dir.path().join("more").display().to_string();
    for (lock_dir, state_dir, warned) in [
        ("none", None, true),
        ("none", Some(state.as_str()), false),
        (state.as_str(), None, false),
    ] {
        let driver = bench.driver_with(|config| {
            config.set("zfssa_lock_dir", lock_dir);
            if let Some(directory) = state_dir {
                config.set("zfssa_state_dir", directory);
            }
        });
        let report = driver.call(CheckForSetupError {}).await.unwrap();
        let words = "neither journals (zfssa_state_dir) nor locks";
        let found = report.warnings.iter().any(|one| one.contains(words));
        assert_eq!(found, warned, "{lock_dir} {state_dir:?}: {report:?}");
    }
}

#[tokio::test]
async fn an_appliance_that_does_not_answer_is_no_finding() {
    let bench = ready().await;
    let driver = bench.driver_with(|config| {
        // Nobody listens there.
        config.set("san_api_port", "1");
        config.set("zfssa_max_attempts", "1");
    });
    let error = driver.call(CheckForSetupError {}).await.unwrap_err();
    assert_eq!(error.status(), Status::Connect, "{error:?}");
}

/// The hosts may reach what the manager cannot, and the appliance may present its target where
/// the configuration does not say.
#[tokio::test]
async fn portals_and_interfaces_are_warned_of() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap().to_string();
    let bench = Fixture::raw(Options::default(), |config| {
        config.set("zfssa_target_portal", &open);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let report = check(&bench).await.unwrap();
    assert!(report.warnings.is_empty(), "{report:?}");

    drop(listener);
    let other = bench.driver_with(|config| {
        config.set("zfssa_target_portal", &open);
        config.set("zfssa_target_interfaces", "ixgbe0,ixgbe1");
    });
    let report = other.call(CheckForSetupError {}).await.unwrap();
    let warned = |text: &str| report.warnings.iter().any(|warning| warning.contains(text));
    assert!(
        warned(&format!("portal {open} cannot be reached")),
        "{report:?}"
    );
    assert!(warned("does not listen on ixgbe1"), "{report:?}");
    assert_eq!(report.warnings.len(), 2);
    let report = other.call(DoSetup {}).await.unwrap();
    assert!(report.warnings[0].contains("ixgbe1"), "{report:?}");
}

#[tokio::test]
async fn a_portal_without_an_address_is_a_finding_among_others() {
    let bench = ready().await;
    Wrong::ServiceOff.make(&bench).await;
    let driver = bench.driver_with(|config| {
        config.set("zfssa_target_portal", "portal.invalid:3260");
    });
    let error = driver.call(CheckForSetupError {}).await.unwrap_err();
    assert_eq!(error.status(), Status::SetupIncomplete);
    for finding in ["portal.invalid", "iscsi is disabled"] {
        assert!(error.message().contains(finding), "{finding}: {error}");
    }
}
