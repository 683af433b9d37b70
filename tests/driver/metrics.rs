//! Metrics of a backend: operations, outcomes and rollbacks, and the Prometheus text.

use support::{Fixture, volume};
use zfssa::driver::{
    Call, CreateSnapshot, CreateVolumeFromSnapshot, ExtendVolume, GetVolume, METRICS, MetricKind,
    Metrics, RESULTS,
};
use zfssa::error::Outcome;
use zfssa_appliance::{Fault, FaultKind};

fn ended(metrics: &Metrics, result: &str) -> u64 {
    metrics.operations[RESULTS.iter().position(|one| *one == result).unwrap()]
}

#[tokio::test]
async fn operations_are_counted_by_result_and_requests_as_the_appliance_saw_them() {
    let bench = Fixture::ready().await;
    let before = bench.driver.metrics();
    assert_eq!(ended(&before, "success"), 1, "the setup");
    bench.driver.call(volume("volume-1")).await.unwrap();
    let missing = GetVolume {
        name: "volume-2".to_owned(),
    };
    bench.driver.call(missing).await.unwrap_err();
    let metrics = bench.driver.metrics();
    assert_eq!(ended(&metrics, "success"), 2);
    assert_eq!(ended(&metrics, "none"), 1);
    assert_eq!(metrics.operations.iter().sum::<u64>(), 3);
    assert_eq!(metrics.requests, bench.appliance.stats().requests);
    assert_eq!((metrics.operations_in_flight, metrics.rollbacks), (0, 0));
    assert_eq!(
        metrics.connections_max,
        bench.driver.config().limits.max_connections as u64
    );
    assert_eq!(metrics.connections_share, metrics.connections_max);
    assert_eq!(metrics.connections_wanted, 0);
    // The set-up takes one lock, a creation of a volume none.
    assert_eq!(metrics.lock_waits.durations.count, 1);
    assert_eq!(metrics.lock_waits.contended, 0);
    assert!(metrics.coordination.is_none());
    bench.driver.appliance().rest().set_share(3);
    let shared = bench.driver.metrics();
    assert_eq!((shared.connections_share, shared.connections_limit), (3, 3));
    let durations = metrics.durations.iter().map(|one| one.durations.count);
    assert_eq!(durations.sum::<u64>(), metrics.requests);
}

#[tokio::test]
async fn a_rollback_is_counted_with_its_outcome() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    let snapshot = CreateSnapshot {
        volume: "volume-1".to_owned(),
        name: "snapshot-1".to_owned(),
    };
    bench.driver.call(snapshot).await.unwrap();
    // The clone is larger than its source: the second step is refused, and the first rolled back.
    let fault = Fault::new(FaultKind::denied()).on("PUT", "/luns/volume-2$");
    bench.appliance.faults().push(fault);
    let clone = CreateVolumeFromSnapshot {
        name: "volume-2".to_owned(),
        size_gib: 2,
        source_volume: "volume-1".to_owned(),
        snapshot: "snapshot-1".to_owned(),
        ..CreateVolumeFromSnapshot::default()
    };
    let error = bench.driver.call(clone).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::RolledBack, "{error:?}");
    let metrics = bench.driver.metrics();
    assert_eq!((metrics.rollbacks, ended(&metrics, "rolled_back")), (1, 1));
}

#[tokio::test]
async fn an_unknown_outcome_is_counted() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    // The change is under way when it is refused.
    for kind in [FaultKind::late_until_released(), FaultKind::denied()] {
        let fault = Fault::new(kind).on("PUT", "/luns/volume-1$");
        bench.appliance.faults().push(fault);
    }
    let extend = ExtendVolume {
        name: "volume-1".to_owned(),
        size_gib: 2,
    };
    let error = bench.driver.call(extend).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    let metrics = bench.driver.metrics();
    assert_eq!(
        (metrics.unknown_outcomes, ended(&metrics, "unknown")),
        (1, 1)
    );
    assert!(metrics.changes_in_doubt >= 1, "{metrics:?}");
    let text = metrics.prometheus();
    assert!(
        text.contains("\nzfssa_unknown_outcomes_total 1\n"),
        "{text}"
    );
}

#[tokio::test]
async fn an_operation_in_flight_is_counted_while_it_runs() {
    let bench = Fixture::ready().await;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/luns$");
    bench.appliance.faults().push(hang);
    let scope = bench.driver.scope(Call::default());
    let create = bench.driver.run(volume("volume-1"), &scope);
    let look = async {
        let busy = || bench.driver.metrics().requests_in_flight == 1;
        assert!(support::until(busy).await);
        let metrics = bench.driver.metrics();
        assert_eq!(metrics.connections_wanted, 1);
        let running = metrics.operations_in_flight;
        // The request may not have reached the appliance yet, so it is released until it ends.
        let ended = || {
            bench.appliance.release();
            bench.driver.metrics().operations_in_flight == 0
        };
        assert!(support::until(ended).await);
        running
    };
    let (created, running) = tokio::join!(create, look);
    created.unwrap();
    assert_eq!(running, 1);
}

/// No name of an object is in the text, whatever objects there are, and each sample belongs to the
/// metric above it.
#[tokio::test]
async fn the_text_holds_no_name_of_an_object() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-named-so")).await.unwrap();
    let text = bench.driver.metrics().prometheus();
    for name in ["volume-named-so", support::POOL, support::PROJECT, "host-a"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    let mut metrics = METRICS.iter();
    let mut current = None;
    for line in text.lines() {
        if line.starts_with("# HELP ") {
            current = metrics.next();
            continue;
        }
        let metric = current.expect("a metric");
        let sample = line.strip_prefix("# TYPE ").unwrap_or(line);
        let rest = sample.strip_prefix(metric.name).expect("a sample of it");
        let end = match metric.kind {
            MetricKind::Histogram => {
                let total = if metric.labels().is_empty() { ' ' } else { '{' };
                let totals = ["_sum", "_count"].map(|end| format!("{end}{total}"));
                rest.starts_with("_bucket{") || totals.iter().any(|end| rest.starts_with(end))
            }
            _ => rest.starts_with([' ', '{']),
        };
        assert!(end || line.starts_with('#'), "{line}");
    }
    assert!(metrics.next().is_none(), "every metric is in the text");
}
