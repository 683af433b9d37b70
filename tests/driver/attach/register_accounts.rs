//! CHAP accounts of hosts that the attachment of a volume registers.

use serde_json::{Value, json};
use support::{Fixture, HOST_B, HOST_C, HOST_CHAP, San, TARGET_CHAP};
use zfssa::driver::{DoSetup, InitializeConnection};
use zfssa::error::{Outcome, Status};
use zfssa_appliance::{Fault, FaultKind};

use super::hosts::{NODE_C, attach, bench_with, initiators, registering, with_chap};

/// What the appliance shows in place of the secret of an initiator.
fn secret(bench: &Fixture) -> Value {
    initiators(bench)[HOST_C]["chapsecret"].clone()
}

#[tokio::test]
async fn a_registered_host_has_the_account_of_registered_hosts() {
    let bench = bench_with(with_chap).await;
    for volume in ["volume-1", "volume-2"] {
        let connection = bench.driver.call(attach(volume)).await.unwrap();
        let (host, target) = (connection.auth.unwrap(), connection.target_auth.unwrap());
        assert_eq!(
            (host.username.as_str(), host.password.expose()),
            ("hosts", HOST_CHAP)
        );
        assert_eq!(target.password.expose(), TARGET_CHAP);
    }
    assert_eq!(initiators(&bench)[HOST_C]["chapuser"], "hosts");
    // A host that the configuration names has its own account, or none.
    let known = InitializeConnection {
        initiator: HOST_B.to_owned(),
        ..attach("volume-1")
    };
    let known = bench.driver.call(known).await.unwrap();
    assert_eq!(known.auth.unwrap().username, "target");

    // A new secret reaches the registered hosts with the next setup.
    let before = secret(&bench);
    let changed = bench.driver_with(|config| {
        with_chap(config);
        config.set("zfssa_initiator_password", "CANARYhost-99");
    });
    changed.call(DoSetup {}).await.unwrap();
    assert_ne!(secret(&bench), before);
}

/// The group was deleted by an administrator, and the secret of the initiator is an older one.
#[tokio::test]
async fn an_initiator_of_an_earlier_registration_gets_the_present_account() {
    let bench = bench_with(with_chap).await;
    bench.driver.call(attach("volume-1")).await.unwrap();
    let good = secret(&bench);
    let old = json!({"chapuser": "before", "chapsecret": "CANARYbefore-1"});
    bench
        .foreign_san(San::Change("initiators", HOST_C, old))
        .await;
    bench
        .appliance
        .tune(|knobs| knobs.groups_in_use_stay = false);
    bench
        .foreign_san(San::Delete("initiator-groups", NODE_C))
        .await;
    bench.driver.call(attach("volume-1")).await.unwrap();
    assert_eq!(secret(&bench), good);
    assert_eq!(initiators(&bench)[HOST_C]["chapuser"], "hosts");
}

#[tokio::test]
async fn an_initiator_of_another_program_keeps_its_account() {
    for user in ["", "theirs"] {
        let bench = bench_with(with_chap).await;
        let mut theirs = json!({"initiator": HOST_C, "alias": "theirs"});
        if !user.is_empty() {
            theirs["chapuser"] = json!(user);
            theirs["chapsecret"] = json!("CANARYtheirs-1");
        }
        bench.foreign_san(San::New("initiators", theirs)).await;
        let before = bench.state();
        let error = bench.driver.call(attach("volume-1")).await.unwrap_err();
        assert_eq!(error.status(), Status::InvalidConnector);
        assert_eq!(error.outcome(), Outcome::None);
        assert!(error.message().contains(HOST_C), "{error}");
        assert!(
            error.message().contains("zfssa_initiator_config"),
            "{error}"
        );
        assert_eq!(bench.state(), before);
    }
    // Without an account there is nothing to set: the initiator is used as it is.
    let bench = bench_with(registering).await;
    let theirs = json!({"initiator": HOST_C, "alias": "theirs"});
    bench.foreign_san(San::New("initiators", theirs)).await;
    bench.driver.call(attach("volume-1")).await.unwrap();
    assert_eq!(initiators(&bench)[HOST_C]["alias"], "theirs");
}

/// An initiator that has the account of registered hosts by its CHAP name, and one whose account the
/// configuration has.
#[tokio::test]
async fn an_initiator_with_an_account_of_this_configuration_gets_its_secret() {
    for (user, names_it) in [("hosts", false), ("theirs", true)] {
        let bench = bench_with(with_chap).await;
        let theirs = json!({
            "initiator": HOST_C, "alias": "theirs", "chapuser": user, "chapsecret": "CANARYtheirs-1"
        });
        bench.foreign_san(San::New("initiators", theirs)).await;
        let before = secret(&bench);
        let driver = bench.driver_with(|config| {
            with_chap(config);
            if names_it {
                let account = format!("'user': 'own', 'password': '{HOST_CHAP}'");
                let groups = format!("{{'own': [{{'iqn': '{HOST_C}', {account}}}]}}");
                config.set("zfssa_initiator_config", &groups);
            }
        });
        let connection = driver.call(attach("volume-1")).await.unwrap();
        let expected = if names_it { "own" } else { "hosts" };
        assert_eq!(connection.auth.unwrap().username, expected);
        assert_eq!(initiators(&bench)[HOST_C]["chapuser"], expected);
        assert_ne!(secret(&bench), before);
    }
}

/// A host that an administrator put into a group has no account of registered hosts.
#[tokio::test]
async fn a_host_in_the_group_of_an_administrator_has_no_account_of_registered_hosts() {
    let bench = bench_with(with_chap).await;
    let theirs = json!({"name": "theirs", "initiators": [HOST_C]});
    bench
        .foreign_san(San::New("initiator-groups", theirs))
        .await;
    let connection = bench.driver.call(attach("volume-1")).await.unwrap();
    assert_eq!(connection.initiator_groups, ["theirs"]);
    let user = connection.auth.map(|auth| auth.username);
    assert_ne!(user.as_deref(), Some("hosts"));
}

/// A group that cannot be made after the account was changed: the error names the change.
#[tokio::test]
async fn an_account_that_was_changed_is_told() {
    let bench = bench_with(with_chap).await;
    let left = json!({"initiator": HOST_C, "alias": NODE_C});
    bench.foreign_san(San::New("initiators", left)).await;
    let denied = Fault::new(FaultKind::denied()).on("POST", "/initiator-groups$");
    bench.appliance.faults().push(denied);
    let error = bench.driver.call(attach("volume-1")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Partial);
    assert!(error.left_behind()[0].contains("account"), "{error:?}");
}
