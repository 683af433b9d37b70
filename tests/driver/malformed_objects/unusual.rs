//! Objects that are legal and unusual: they work, or an error says what they are.

use super::*;

#[tokio::test]
async fn a_volume_that_is_offline_is_said_to_be() {
    let bench = bench().await;
    bench
        .appliance
        .show_odd("lun", "volume-1", json!({"status": "offline"}));
    let error = named(bench.driver.call(attach()).await, &["volume-1", "offline"]);
    assert_eq!(error.outcome(), Outcome::None);
    assert!(bench.seen_by("volume-1").is_empty());
    bench.appliance.show_plain();
    bench.driver.call(attach()).await.expect("attached");
}

#[tokio::test]
async fn an_initiator_may_be_in_two_groups() {
    let bench = Fixture::raw(zfssa_appliance::Options::default(), |config| {
        let account = format!(
            "{{'iqn': '{HOST_A}', 'user': 'u', 'password': '{}'}}",
            support::HOST_CHAP
        );
        let groups = format!("{{'one': [{account}], 'two': [{account}, {{'iqn': '{HOST_B}'}}]}}");
        config.set("zfssa_initiator_config", &groups);
    })
    .await;
    let report = bench.driver.call(DoSetup {}).await.expect("setup");
    let made = report.changes.iter();
    assert_eq!(
        made.filter(|change| change.contains("initiator iqn"))
            .count(),
        2,
        "{report:?}"
    );
    bench
        .driver
        .call(CheckForSetupError {})
        .await
        .expect("ready");
    let groups = &bench.state()["initiator_groups"];
    assert_eq!(groups["one"], json!([HOST_A]), "{groups}");
    assert_eq!(groups["two"], json!([HOST_A, HOST_B]), "{groups}");
    let again = bench.driver.call(DoSetup {}).await.expect("setup");
    assert!(again.changes.is_empty(), "{again:?}");
}

/// The built-in target group holds every target; an old installer writes its name.
#[tokio::test]
async fn the_built_in_target_group_needs_no_member() {
    let bench = Fixture::raw(zfssa_appliance::Options::default(), |config| {
        config.set("zfssa_target_group", "default");
    })
    .await;
    bench.driver.call(DoSetup {}).await.expect("setup");
    bench
        .driver
        .call(CheckForSetupError {})
        .await
        .expect("ready");
    assert_eq!(bench.state()["target_groups"], json!({"default": []}));
    make(&bench, "volume-1").await;
    bench.driver.call(attach()).await.expect("attached");
}
