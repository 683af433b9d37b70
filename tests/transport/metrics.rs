//! Metrics of the transport agree with what the appliance saw.

use std::collections::BTreeMap;

use support::transport::*;
use tokio::task::JoinSet;
use zfssa::rest::{Method, Request, RequestDurations, Resource, Rest};
use zfssa_appliance::{Exchange, Fault, FaultKind};

/// Numbers of requests by resource and verb.
type Counts = BTreeMap<(String, String), u64>;

fn key(resource: Resource, verb: Method) -> (String, String) {
    (resource.name().to_owned(), verb.name().to_owned())
}

fn counted(durations: &[RequestDurations]) -> Counts {
    let count = |one: &RequestDurations| (key(one.resource, one.verb), one.durations.count);
    durations.iter().map(count).collect()
}

/// The same of the appliance's trace.
fn seen(trace: &[Exchange]) -> Counts {
    let mut seen = Counts::new();
    for exchange in trace {
        let path = exchange.path.split('?').next().unwrap();
        let resource = match path {
            _ if path.starts_with("/api/access/") => "access",
            _ if path.contains("/snapshots") => "snapshot",
            _ if path.contains("/luns") => "lun",
            _ if path.contains("/pools") => "pool",
            _ => panic!("a path of no test: {path}"),
        };
        let key = (resource.to_owned(), exchange.method.clone());
        *seen.entry(key).or_default() += 1;
    }
    seen
}

fn agrees(appliance: &zfssa_appliance::Appliance, rest: &Rest) {
    let (metrics, durations) = (rest.metrics(), rest.counters().durations());
    assert_eq!(metrics.requests, appliance.stats().requests);
    assert_eq!(metrics.logins, logins(appliance) as u64);
    assert_eq!(metrics.connections, appliance.stats().connections);
    assert_eq!(counted(&durations), seen(&appliance.trace()));
    for RequestDurations { durations, .. } in durations {
        assert!(durations.at_most.is_sorted(), "{durations:?}");
        assert!(durations.at_most[12] <= durations.count, "{durations:?}");
        assert!(durations.sum_us > 0, "{durations:?}");
    }
    assert_eq!((metrics.in_flight, metrics.waiting), (0, 0), "{metrics:?}");
}

#[tokio::test]
async fn requests_are_counted_by_resource_and_verb_as_the_appliance_saw_them() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    let scope = scope();
    rest.call(&scope, &create("volume-1")).await.unwrap();
    for _ in 0..3 {
        let request = Request::get(lun("volume-1"));
        rest.call(&scope, &request).await.unwrap();
    }
    let snapshots = || lun("volume-1").fixed("snapshots");
    let body = serde_json::json!({"name": "snapshot-1"});
    rest.call(&scope, &Request::post(snapshots(), &body))
        .await
        .unwrap();
    let snapshot = snapshots().name("snapshot-1").unwrap();
    rest.call(&scope, &Request::delete(snapshot)).await.unwrap();
    rest.call(&scope, &Request::get(pools())).await.unwrap();
    agrees(&appliance, &rest);
    let counts = counted(&rest.counters().durations());
    assert_eq!(counts[&key(Resource::Lun, Method::Get)], 3);
    let metrics = rest.metrics();
    assert_eq!(
        (metrics.retries, metrics.unanswered, metrics.unknown),
        (0, 0, 0)
    );
    assert_eq!((metrics.open, metrics.limit, metrics.logouts), (1, 16, 0));

    rest.log_out(&scope).await;
    agrees(&appliance, &rest);
    let metrics = rest.metrics();
    assert_eq!((metrics.logouts, metrics.open), (1, 0));
    let counts = counted(&rest.counters().durations());
    assert_eq!(counts[&key(Resource::Access, Method::Delete)], 1);
}

#[tokio::test]
async fn repetitions_lost_answers_and_new_logins_are_counted() {
    let (appliance, settings) = appliance().await;
    let rest = rest(&settings);
    let scope = scope();
    rest.call(&scope, &Request::get(pools())).await.unwrap();
    let busy = Fault::new(FaultKind::Busy { retry_after: None }).on("GET", "pools");
    appliance.faults().push(busy.times(2));
    rest.call(&scope, &Request::get(pools())).await.unwrap();
    let metrics = rest.metrics();
    assert_eq!(
        (metrics.retries, metrics.unanswered, metrics.unknown),
        (2, 0, 0)
    );

    appliance.expire_sessions();
    rest.call(&scope, &Request::get(pools())).await.unwrap();
    assert_eq!(rest.metrics().logins, 2);

    let lost = Fault::new(FaultKind::ReplyLost).on("POST", "luns");
    appliance.faults().push(lost.after_commit());
    rest.call(&scope, &create("volume-1")).await.unwrap_err();
    agrees(&appliance, &rest);
    let metrics = rest.metrics();
    assert_eq!(
        (metrics.retries, metrics.unanswered, metrics.unknown),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn requests_in_flight_and_waiting_are_those_that_the_appliance_keeps() {
    let (appliance, mut settings) = appliance().await;
    settings.max_connections = 2;
    let rest = rest(&settings);
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("GET", "luns");
    appliance.faults().push(hang.forever());
    let (token, mut calls) = (tokio_util::sync::CancellationToken::new(), JoinSet::new());
    for number in 0..5 {
        let (rest, token) = (rest.clone(), token.clone());
        calls.spawn(async move {
            let (scope, request) = (scope(), Request::get(luns()));
            let call = rest.call(&scope, &request);
            tokio::select! {
                // Otherwise a call that waits could be sent between two that are given up.
                biased;
                () = token.cancelled(), if number < 4 => Ok(()),
                answer = call => answer.map(drop),
            }
        });
    }
    let load = |rest: &Rest| {
        let metrics = rest.metrics();
        (metrics.in_flight, metrics.waiting, metrics.open)
    };
    assert!(
        until(|| load(&rest) == (2, 3, 2)).await,
        "{:?}",
        load(&rest)
    );
    assert_eq!(rest.metrics().limit, 2);
    // Requests that are given up end, too, without an answer.
    token.cancel();
    assert!(
        until(|| load(&rest) == (1, 0, 1)).await,
        "{:?}",
        load(&rest)
    );
    appliance.faults().clear();
    // The last request may not have reached the appliance yet, so it is released until it ends.
    let ended = || {
        appliance.release();
        load(&rest) == (0, 0, 1)
    };
    assert!(until(ended).await, "{:?}", load(&rest));
    for call in calls.join_all().await {
        call.unwrap();
    }
    let given_up = rest.metrics().unanswered;
    assert!((1..=2).contains(&given_up), "{given_up}");
    let metrics = rest.metrics();
    let counts = counted(&rest.counters().durations());
    assert_eq!(counts.values().sum::<u64>(), metrics.requests);
}
