//! The engine on a recorded appliance: the trace of a simulated one, played back.

use std::path::Path;

use support::recorded::{TRACE, driver_at, life_of_a_volume};
use support::repository;
use zfssa_appliance::{Replay, ReplayOptions, TlsOptions};

async fn replay(trace: &Path) -> Replay {
    let options = ReplayOptions {
        trace: trace.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: TlsOptions::default(),
    };
    Replay::start(options).await.unwrap()
}

#[tokio::test]
async fn the_trace_of_a_volumes_life_is_played_back() {
    let replay = replay(&repository(TRACE)).await;
    // Another password than that of the recording, whose trace has none.
    let sha256 = replay.certificate_sha256().to_owned();
    let driver = driver_at(replay.address(), &sha256, "CANARY-another-password");
    let lived = life_of_a_volume(&driver).await;
    let report = replay.stop().await;
    let stale = "ZFSSA_BLESS=1 cargo test --features cli --test cli record writes the trace anew";
    assert_eq!(report.not_in_trace, [""; 0], "{stale}");
    assert_eq!(report.not_asked_for, [""; 0], "{stale}");
    assert!(report.answered > 0);
    let lived = lived.unwrap();
    let gib = 1u64 << 30;
    assert_eq!(lived["created"], serde_json::json!([true, gib]));
    assert_eq!(lived["copied"], serde_json::json!([true, gib]));
    assert_eq!(lived["connection"]["auth"]["username"], "alice");
}

#[tokio::test]
async fn an_answer_that_the_trace_lacks_is_an_error_and_is_named() {
    let text = std::fs::read_to_string(repository(TRACE)).unwrap();
    let is_snapshot = |line: &&str| {
        let exchange: serde_json::Value = serde_json::from_str(line).unwrap();
        let target = exchange["target"].as_str().unwrap_or_default();
        exchange["method"] == "POST" && target.ends_with("/snapshots")
    };
    let lines: Vec<&str> = text.lines().filter(|line| !is_snapshot(line)).collect();
    assert_eq!(
        lines.len() + 1,
        text.lines().count(),
        "one snapshot is created"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines.join("\n") + "\n").unwrap();
    let replay = replay(file.path()).await;
    let sha256 = replay.certificate_sha256().to_owned();
    let driver = driver_at(replay.address(), &sha256, "CANARY-another-password");
    let error = life_of_a_volume(&driver).await.unwrap_err();
    // The engine takes a server's fault for a change that may have been made.
    assert_eq!(error.outcome(), zfssa::Outcome::Unknown, "{error}");
    let report = replay.stop().await;
    let named = &report.not_in_trace[0];
    assert!(named.starts_with("POST /api/storage/v1/"), "{named}");
    assert!(
        named.contains("/snapshots {\"name\":\"snapshot-1\"}"),
        "{named}"
    );
    assert!(!report.not_asked_for.is_empty());
}
