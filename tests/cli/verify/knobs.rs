//! Each knob of the simulator, turned alone: the report names it and no other, and a simulator with
//! the profile behaves so.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use support::{Fixture, PASSWORD};
use zfssa::ops::DoSetup;
use zfssa_appliance::{Knobs, Options, Profile, User};

use crate::bench::Bench;
use crate::verify::{Verified, verified};

/// Values that are exact. `facts` are the facts that follow from them.
struct Turned {
    name: &'static str,
    value: Value,
    facts: &'static [&'static str],
}

fn turned(name: &'static str, value: Value) -> Turned {
    Turned {
        name,
        value,
        facts: &[],
    }
}

/// Turns knobs of an appliance.
fn turn(bench: &Bench, knobs: &Value) -> Knobs {
    let changes: Map<String, Value> = knobs.as_object().unwrap().clone();
    let knobs = Knobs::default().with(changes).unwrap();
    bench.fixture.appliance.tune(|now| *now = knobs.clone());
    knobs
}

/// The knobs of a profile, as a simulator with it has them.
fn loaded(verified: &Verified) -> Knobs {
    Profile::parse(&verified.profile).unwrap().knobs
}

async fn is_found(all: Vec<Turned>) {
    let bench = Bench::ready().await;
    for Turned { name, value, facts } in all {
        let knobs = turn(&bench, &json!({ name: value }));
        let first = verified(&bench, &[]);
        let finding = first.finding(name);
        assert_eq!(finding["state"], "observed", "{finding}");
        assert_eq!(finding["value"], value, "{finding}");
        assert_eq!(first.differing("knob"), [name]);
        assert_eq!(first.differing("fact"), facts, "{name}");
        assert_eq!(loaded(&first), knobs, "{name}");
        // The same again, with the knobs as the profile has them.
        let from_profile = serde_json::to_value(loaded(&first)).unwrap();
        turn(&bench, &from_profile);
        let second = verified(&bench, &[]);
        assert_eq!(second.finding(name)["value"], value, "{name}");
        assert_eq!(second.differing("knob"), [name]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulator_as_it_comes_differs_in_nothing() {
    let bench = Bench::ready().await;
    let verified = verified(&bench, &[]);
    assert!(verified.differing("knob").is_empty(), "{}", verified.report);
    assert!(verified.differing("fact").is_empty(), "{}", verified.report);
    assert_eq!(loaded(&verified), Knobs::default());
    // More sessions than the run opens may be open at once.
    assert_eq!(verified.in_state("undetermined"), ["session_cap"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_answers_are_found() {
    is_found(vec![
        turned("release", json!("2013.1.2")),
        turned("release", json!("OS8.8")),
        turned("number_always_list", json!(true)),
        turned("legacy_fault_bodies", json!(true)),
        turned("chunked", json!(true)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn properties_and_states_are_found() {
    is_found(vec![
        turned("lacks", json!(["writelimit"])),
        turned("lacks", json!(["copies", "status"])),
        turned("passes_over", json!(["logbias"])),
        turned("passes_over", json!(["keyname"])),
        turned("pool_status", json!("degraded")),
        turned("target_state", json!("offline")),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clones_and_snapshots_are_found() {
    is_found(vec![
        Turned {
            facts: &["rollback_newer", "delete_lun_of_clone"],
            ..turned("cascade", json!("confirm_required"))
        },
        turned("snapshot_type", json!(false)),
        turned("clone_inherits_initiatorgroup", json!(false)),
        turned("clone_ignores_presentation", json!(true)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presentation_and_sizes_are_found() {
    is_found(vec![
        turned("masked_number", json!(-1)),
        turned("first_lu_number", json!(0)),
        turned("groups_in_use_stay", json!(false)),
        turned("refuse_shrink", json!(true)),
        turned("written_percent", json!(10)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_found() {
    is_found(vec![
        turned("expired_status", json!(500)),
        turned("no_space_status", json!(507)),
        turned("no_space_status", json!(500)),
        turned("no_space_name", json!("ERR_NOSPC")),
        turned("flat_actions", json!(false)),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_sessions_is_found() {
    let bench = Bench::ready().await;
    bench.fixture.appliance.expire_sessions();
    turn(&bench, &json!({ "session_cap": 3 }));
    let verified = verified(&bench, &[]);
    assert_eq!(verified.finding("session_cap")["value"], 3);
    assert_eq!(verified.differing("knob"), ["session_cap"]);
    assert_eq!(loaded(&verified).session_cap, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_behind_is_found() {
    let bench = Bench::ready().await;
    turn(&bench, &json!({ "clock_behind_s": 3600 }));
    let verified = verified(&bench, &[]);
    assert_eq!(verified.differing("knob"), ["clock_behind_s"]);
    // The appliance's time was written at some moment of the request, and has whole seconds.
    let seen = verified.finding("clock_behind_s")["seen"].as_str().unwrap();
    let bounds: Vec<f64> = seen
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(bounds[0] <= 3600.0 && 3600.0 <= bounds[1] + 0.1, "{seen}");
    assert_eq!(
        json!(loaded(&verified).clock_behind_s),
        verified.finding("clock_behind_s")["value"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_of_clones_that_lags_is_found() {
    let bench = Bench::ready().await;
    turn(&bench, &json!({ "numclones_lag_ms": 700 }));
    let verified = verified(&bench, &[]);
    assert_eq!(verified.differing("knob"), ["numclones_lag_ms"]);
    let found = loaded(&verified).numclones_lag_ms;
    assert!(found >= 700, "{}", verified.finding("numclones_lag_ms"));
}

/// Lower and upper bound of the lifetime in milliseconds.
fn life(verified: &Verified) -> (u64, u64) {
    let seen = verified.finding("session_ttl_ms")["seen"].as_str().unwrap();
    let bounds: Vec<u64> = seen
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    (bounds[0], bounds[1])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_life_of_sessions_is_found() {
    // Much longer than a pause of the machine between two uses of a session.
    const LIFE: u64 = 10_000;
    let bench = Bench::ready().await;
    for absolute in [false, true] {
        turn(
            &bench,
            &json!({ "session_ttl_ms": LIFE, "session_ttl_absolute": absolute }),
        );
        let verified = verified(&bench, &["--session-wait", "20"]);
        let (least, most) = life(&verified);
        assert!(least < LIFE && LIFE <= most, "{least} {most}");
        let start = verified.finding("session_ttl_absolute");
        assert_eq!(start["value"], absolute, "{start}");
        let knobs = loaded(&verified);
        assert_eq!(knobs.session_ttl_ms, most);
        assert_eq!(knobs.session_ttl_absolute, absolute);
    }
    turn(&bench, &json!({}));
    let verified = verified(&bench, &["--session-wait", "1"]);
    let finding = verified.finding("session_ttl_ms");
    assert_eq!(finding["state"], "undetermined", "{finding}");
    assert_eq!(loaded(&verified), Knobs::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_refusal_of_a_user_without_authorizations_is_found() {
    const NAME: &str = "unauthorized_status";
    let user = |name: &str, may_change| User {
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
        may_change,
    };
    let options = Options {
        users: vec![user("reader", false), user("writer", true)],
        ..Options::default()
    };
    let fixture = Fixture::raw(options, |_| {}).await;
    fixture.driver.call(DoSetup {}).await.unwrap();
    let bench = Bench::of(fixture);
    for user in ["reader", "writer"] {
        let mut options =
            support::options_at(bench.fixture.appliance.port(), bench.fixture.ca.path());
        options.retain(|(name, _)| *name != "san_login");
        options.push(("san_login", user.to_owned()));
        bench.write_profile(user, &options);
    }
    for status in [403, 401] {
        turn(&bench, &json!({ NAME: status }));
        let verified = verified(&bench, &["--restricted", "reader"]);
        assert_eq!(verified.finding(NAME)["value"], status);
        assert_eq!(loaded(&verified).unauthorized_status, status);
    }
    let verified = verified(&bench, &["--restricted", "writer"]);
    assert_eq!(verified.finding(NAME)["state"], "undetermined");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_does_not_answer_is_named() {
    let bench = Bench::ready().await;
    for (name, status) in [
        ("rest_enabled", "BUSY"),
        ("rest_present", "REST_UNAVAILABLE"),
    ] {
        turn(&bench, &json!({ name: false }));
        let report = bench.home.path().join("r");
        let ran = bench.run(&["verify", "--report", report.to_str().unwrap()]);
        assert_ne!(ran.code, 0, "{ran:?}");
        assert!(
            ran.stderr.contains(&format!("zfssa: {status}: ")),
            "{ran:?}"
        );
        let report: Value =
            serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let differing: Vec<&Value> = findings
            .iter()
            .filter(|one| one["differs"] == true)
            .collect();
        assert_eq!(differing.len(), 1, "{report}");
        assert_eq!(differing[0]["name"], name, "{report}");
    }
}

/// Knobs that no request examines safely.
const UNPROBED: &[&str] = &[
    "keys",
    "replication_ms",
    "replication_start_lag_ms",
    "replication_unsure_looks",
    "replication_result",
    "max_concurrent",
    "workers",
    "retry_after",
    "takeover_resets",
    "takeover_outage_ms",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_other_knob_has_a_reason() {
    let bench = Bench::ready().await;
    let verified = verified(&bench, &[]);
    let mut expected = vec![
        "session_ttl_ms",
        "session_ttl_absolute",
        "unauthorized_status",
    ];
    expected.extend(UNPROBED);
    let mut not_probed = verified.in_state("not_probed");
    not_probed.retain(|name| !name.starts_with("data_"));
    for name in &expected {
        assert!(not_probed.contains(name), "{name}: {not_probed:?}");
        let seen = verified.finding(name)["seen"].as_str().unwrap();
        assert!(
            seen.starts_with("needs ") || *name == "keys",
            "{name}: {seen}"
        );
    }
    assert_eq!(not_probed.len(), expected.len(), "{not_probed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_has_each_knob_with_its_default() {
    let bench = Bench::raw().await;
    let rows = bench.done(&["verify", "--list", "--output", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let table: BTreeMap<String, Value> = rows
        .iter()
        .filter(|row| row["kind"] == "knob")
        .map(|row| {
            (
                row["name"].as_str().unwrap().to_owned(),
                row["default"].clone(),
            )
        })
        .collect();
    let Value::Object(knobs) = serde_json::to_value(Knobs::default()).unwrap() else {
        panic!("the knobs are no object");
    };
    assert_eq!(table, knobs.into_iter().collect());
    let unprobed = rows.iter().filter(|row| row["probed"] == false);
    let unprobed: Vec<&str> = unprobed.map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(unprobed, UNPROBED);
}
