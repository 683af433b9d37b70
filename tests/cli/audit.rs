//! Audits, and the deletion of their findings.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::PROJECT;

use crate::bench::Bench;

/// Leaves a temporary snapshot and a volume that the host does not know.
async fn littered() -> Bench {
    let bench = Bench::ready().await;
    bench.done(&["volume", "create", "volume-a", "1"]);
    bench.done(&["volume", "create", "volume-b", "1"]);
    bench.done(&["snapshot", "create", "volume-a", "tmp-snapshot-left"]);
    bench
}

fn findings(text: &str) -> BTreeSet<(String, bool)> {
    let report: Value = serde_json::from_str(text).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let finding = |one: &Value| {
        let object = one["object"].as_str().unwrap().to_owned();
        (object, one["fixed"] == json!(true))
    };
    findings.map(finding).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_shows_findings_and_deletes_them_only_if_asked() {
    let bench = littered().await;
    let before = bench.fixture.state();
    let audit = ["audit", "--min-age", "0", "--output", "json"];
    let left = ("volume-a@tmp-snapshot-left".to_owned(), false);
    assert_eq!(findings(&bench.done(&audit)), [left.clone()].into());
    let ran = bench.run(&[&audit[..], &["--fix"]].concat());
    assert_eq!(ran.code, 2, "no terminal answers: {ran:?}");
    bench.done(&[&audit[..], &["--fix", "--dry-run"]].concat());
    assert_eq!(bench.fixture.state(), before);
    let fixed = bench.done(&[&audit[..], &["--fix", "--yes"]].concat());
    assert_eq!(findings(&fixed), [(left.0, true)].into());
    assert_eq!(findings(&bench.done(&audit)), BTreeSet::new());
    assert!(bench.fixture.lun("volume-b").is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_is_deleted_only_with_the_list_of_the_host() {
    let bench = littered().await;
    let list = bench.home.path().join("volumes");
    std::fs::write(&list, "volume-a\n\n").unwrap();
    let list = list.to_str().unwrap();
    let audit = [
        "audit",
        "--min-age",
        "0",
        "--yes",
        "--fix",
        "--output",
        "json",
    ];
    let told = bench.done(&[&audit[..], &["--volumes", list]].concat());
    assert!(
        findings(&told).contains(&("volume-b".to_owned(), false)),
        "{told}"
    );
    let ran = bench.run(&[&audit[..], &["--fix-volumes"]].concat());
    assert_eq!(ran.code, 2, "{ran:?}");
    let told = bench.done(&[&audit[..], &["--volumes", list, "--fix-volumes"]].concat());
    assert_eq!(findings(&told), [("volume-b".to_owned(), true)].into());
    let luns = &bench.fixture.state()["pools"]["pool-0"]["projects"][PROJECT]["luns"];
    assert_eq!(luns.as_object().unwrap().len(), 1);
}
