//! However many requests there are, the appliance sees few connections.

use std::time::Duration;

use support::transport::*;
use zfssa::rest::Request;
use zfssa_appliance::{Fault, FaultKind};

#[tokio::test]
async fn one_request_after_another_uses_one_connection() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    let (scope, request) = (scope(), Request::get(pools()));
    for _ in 0..1000 {
        rest.call(&scope, &request).await.unwrap();
    }
    assert_eq!(appliance.stats().connections, 1);
    assert_eq!(rest.metrics().connections, 1);
    assert_eq!(rest.metrics().requests, 1001, "one login");
}

/// An answer that comes in pieces leaves its connection on the way back to the pool when the
/// next request begins, which is where a pool alone would make a second one.
async fn answers_in_pieces() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    appliance.faults().push(
        Fault::new(FaultKind::Slow { ms: 1, chunk: 50 })
            .on("GET", "pools")
            .after_commit()
            .forever(),
    );
    let (scope, request) = (scope(), Request::get(pools()));
    for _ in 0..200 {
        rest.call(&scope, &request).await.unwrap();
    }
    assert_eq!(appliance.stats().connections, 1);
}

#[tokio::test(flavor = "current_thread")]
async fn answers_in_pieces_use_one_connection() {
    answers_in_pieces().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_in_pieces_use_one_connection_on_many_threads() {
    answers_in_pieces().await;
}

async fn ten_thousand(concurrency: usize, max_connections: usize) {
    let (appliance, mut settings) = appliance().await;
    appliance.set_trace(0);
    settings.max_connections = max_connections;
    let rest = rest(&settings);
    let begun = std::time::Instant::now();
    storm(&rest, 10_000, concurrency).await;
    let (stats, metrics) = (appliance.stats(), rest.metrics());
    println!(
        "{concurrency} callers, {max_connections} connections allowed: {stats:?} {metrics:?} {:?}",
        begun.elapsed()
    );
    // On a machine that is very busy the limit may fall, and what then is idle for seconds is
    // closed; so what counts is how many there are beside those.
    assert_eq!(stats.connections, metrics.connections);
    assert_eq!(stats.handshakes_failed, 0);
    let open = metrics.connections - metrics.closed;
    assert!(open <= max_connections as u64, "{metrics:?}");
    assert_eq!(metrics.requests, 10_001);
}

#[tokio::test(flavor = "current_thread")]
async fn ten_thousand_requests_by_16_use_at_most_16_connections() {
    ten_thousand(16, 16).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_on_two_threads() {
    ten_thousand(16, 16).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_by_64_use_at_most_64_connections() {
    ten_thousand(64, 64).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn many_callers_share_few_connections_on_many_threads() {
    ten_thousand(64, 3).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_before_the_appliance_would() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    tokio::time::sleep(Duration::from_millis(4500)).await;
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    let stats = appliance.stats();
    assert_eq!(stats.connections, 2);
    assert_eq!(stats.handshakes_resumed, 1, "and a new one is resumed");
    assert_eq!(rest.metrics().closed, 1);
}
