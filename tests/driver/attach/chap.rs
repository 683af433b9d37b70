//! CHAP in both directions: the host proves itself to the target, and the target to the host.

use std::process::Command;

use support::{Fixture, HOST_A, HOST_B};
use zfssa::driver::{Connection, CreateVolume, DoSetup, InitializeConnection};
use zfssa_appliance::Options;
use zfssa_appliance::data_plane::{DataPlaneOptions, TgtdDataPlane};

const HOST_SECRET: &str = "CANARYhost-04";
const TARGET_SECRET: &str = "CANARYtarget-4";

/// Host A has an account of its own, host B has none; the target has one.
async fn bench(options: Options, portal: &str) -> Fixture {
    let bench = Fixture::raw(options, |config| {
        let initiators = format!(
            "{{'host-a': [{{'iqn': '{HOST_A}', 'user': 'chap-a', 'password': '{HOST_SECRET}'}}],
              'host-b': [{{'iqn': '{HOST_B}', 'user': '', 'password': ''}}]}}"
        );
        config.set("zfssa_initiator_config", &initiators);
        config.set("zfssa_target_portal", portal);
        config.set("zfssa_target_user", "target");
        config.set("zfssa_target_password", TARGET_SECRET);
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    let volume = CreateVolume {
        name: "volume-1".into(),
        size_gib: 1,
        ..CreateVolume::default()
    };
    bench.driver.call(volume).await.unwrap();
    bench
}

async fn attach(bench: &Fixture, initiator: &str) -> Connection {
    let attach = InitializeConnection {
        volume: "volume-1".into(),
        initiator: initiator.into(),
        ..InitializeConnection::default()
    };
    bench.driver.call(attach).await.unwrap()
}

#[tokio::test]
async fn each_side_is_told_the_account_of_the_other() {
    let bench = bench(Options::default(), "127.0.0.1:3260").await;
    let mutual = attach(&bench, HOST_A).await;
    let (host, target) = (
        mutual.auth.as_ref().unwrap(),
        mutual.target_auth.as_ref().unwrap(),
    );
    assert_eq!(
        (host.username.as_str(), host.password.expose()),
        ("chap-a", HOST_SECRET)
    );
    assert_eq!(
        (target.username.as_str(), target.password.expose()),
        ("target", TARGET_SECRET)
    );
    let shown = serde_json::to_string(&mutual).unwrap() + &format!("{mutual:?}");
    assert!(!shown.contains("CANARY"), "a secret is shown");

    // The target's account stands in for a host's, as the former driver had it; one secret
    // cannot serve both directions.
    let plain = attach(&bench, HOST_B).await;
    assert_eq!(plain.auth.unwrap().password.expose(), TARGET_SECRET);
    assert!(plain.target_auth.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_target_proves_itself_over_real_iscsi() {
    let plane = TgtdDataPlane::start(DataPlaneOptions::default()).unwrap();
    let portal = plane.portal().to_string();
    let options = Options {
        data_plane: Some(plane.clone()),
        ..Options::default()
    };
    let bench = bench(options, &portal).await;
    let connection = attach(&bench, HOST_A).await;
    let inquire = |target_secret: &str| {
        let (host, target) = (
            connection.auth.as_ref().unwrap(),
            connection.target_auth.as_ref().unwrap(),
        );
        let url = format!(
            "iscsi://{}/{}/{}",
            connection.target_portal, connection.target_iqn, connection.target_lun
        );
        Command::new("iscsi-inq")
            .args(["-i", HOST_A, &url])
            .env("LIBISCSI_CHAP_USERNAME", &host.username)
            .env("LIBISCSI_CHAP_PASSWORD", host.password.expose())
            .env("LIBISCSI_CHAP_TARGET_USERNAME", &target.username)
            .env("LIBISCSI_CHAP_TARGET_PASSWORD", target_secret)
            .output()
            .expect("libiscsi-bin is installed")
            .status
            .success()
    };
    let told = connection.target_auth.as_ref().unwrap().password.expose();
    assert!(inquire(told));
    assert!(!inquire("CANARYanother-"), "the proof is not asked for");
}
