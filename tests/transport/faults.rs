//! Every misfortune at every method: what is told, whether it is true, and how often was asked.

use std::time::{Duration, Instant};

use serde_json::json;
use support::transport::*;
use zfssa::error::{Error, Outcome, Status};
use zfssa::rest::{Method, Request, Rest};
use zfssa_appliance::{Appliance, Fault, FaultKind};

const METHODS: [Method; 4] = [Method::Get, Method::Post, Method::Put, Method::Delete];

/// What is expected of a kind of fault that lasts: the status, the outcome of a change, and how
/// many requests a read and a change make of three attempts.
struct Expected {
    kind: FaultKind,
    status: Status,
    outcome: Outcome,
    reads: usize,
    changes: usize,
}

fn expect(
    kind: FaultKind,
    status: Status,
    outcome: Outcome,
    reads: usize,
    changes: usize,
) -> Expected {
    Expected {
        kind,
        status,
        outcome,
        reads,
        changes,
    }
}

fn table() -> Vec<Expected> {
    use Outcome::{Rejected, Unknown};
    let status = FaultKind::status;
    vec![
        expect(FaultKind::Reset, Status::ConnectionLost, Unknown, 3, 1),
        expect(FaultKind::ReplyLost, Status::ConnectionLost, Unknown, 3, 1),
        expect(
            FaultKind::TruncatedHeaders,
            Status::ConnectionLost,
            Unknown,
            3,
            1,
        ),
        expect(
            FaultKind::Hang { ms: None },
            Status::RequestTimeout,
            Unknown,
            3,
            1,
        ),
        expect(
            FaultKind::Busy { retry_after: None },
            Status::Busy,
            Rejected,
            3,
            3,
        ),
        expect(status(429, "ERR_BUSY"), Status::Busy, Rejected, 3, 3),
        expect(
            status(408, "ERR_TIMEOUT"),
            Status::RequestTimeout,
            Unknown,
            3,
            1,
        ),
        expect(
            status(502, "ERR_GATEWAY"),
            Status::ConnectionLost,
            Unknown,
            3,
            1,
        ),
        expect(
            FaultKind::Html { status: 504 },
            Status::ConnectionLost,
            Unknown,
            3,
            1,
        ),
        expect(
            FaultKind::Html { status: 503 },
            Status::Busy,
            Rejected,
            3,
            3,
        ),
        // A read makes a new session once and asks at once, within the same attempt.
        expect(FaultKind::internal(), Status::Fault, Unknown, 4, 1),
        expect(FaultKind::unauthorized(), Status::Denied, Rejected, 2, 2),
        expect(FaultKind::denied(), Status::Denied, Rejected, 1, 1),
        expect(FaultKind::not_found(), Status::NotFound, Rejected, 1, 1),
        expect(
            FaultKind::Html { status: 404 },
            Status::NotFound,
            Rejected,
            1,
            1,
        ),
        expect(
            FaultKind::method_not_allowed(),
            Status::NotImplemented,
            Rejected,
            1,
            1,
        ),
        expect(FaultKind::object_exists(), Status::Exists, Rejected, 1, 1),
        expect(
            FaultKind::confirm_required(),
            Status::ConfirmRequired,
            Rejected,
            1,
            1,
        ),
        expect(
            FaultKind::state_changed(),
            Status::StateChanged,
            Rejected,
            1,
            1,
        ),
        expect(
            FaultKind::object_busy(),
            Status::StateChanged,
            Rejected,
            1,
            1,
        ),
        expect(
            status(400, "ERR_INVALID_ARG"),
            Status::InvalidValue,
            Rejected,
            1,
            1,
        ),
        expect(
            status(400, "ERR_UNKNOWN_ARG"),
            Status::InvalidValue,
            Rejected,
            1,
            1,
        ),
        expect(
            status(413, "ERR_OVER_LIMIT"),
            Status::OverLimit,
            Rejected,
            1,
            1,
        ),
        expect(
            status(415, "ERR_UNSUPPORTED_MEDIA"),
            Status::NotImplemented,
            Rejected,
            1,
            1,
        ),
        expect(
            status(501, "ERR_NOT_IMPLEMENTED"),
            Status::NotImplemented,
            Rejected,
            1,
            1,
        ),
        expect(
            FaultKind::Redirect {
                status: 307,
                location: "https://elsewhere.example/".to_owned(),
            },
            Status::Protocol,
            Rejected,
            1,
            1,
        ),
    ]
}

fn request(method: Method) -> Request {
    match method {
        Method::Get => Request::get(lun("l0")),
        Method::Post => create("l1"),
        Method::Put => Request::put(lun("l0"), &json!({"volsize": 2 << 20})),
        Method::Delete => Request::delete(lun("l0")),
    }
}

async fn ready() -> (Appliance, Rest) {
    ready_for(&FaultKind::Reset).await
}

/// A client that has logged in, and a LUN. The client is impatient where patience is what the
/// fault is about.
async fn ready_for(kind: &FaultKind) -> (Appliance, Rest) {
    let (appliance, mut settings) = appliance().await;
    settings.max_attempts = 3;
    let slow = matches!(kind, FaultKind::Hang { .. } | FaultKind::Slow { .. });
    settings.request_timeout = Duration::from_millis(if slow { 1000 } else { 20_000 });
    let rest = rest(&settings);
    rest.call(&scope(), &create("l0")).await.unwrap();
    appliance.clear_trace();
    (appliance, rest)
}

async fn fail(appliance: &Appliance, rest: &Rest, fault: Fault, method: Method) -> Error {
    let path = fault.kind.clone();
    appliance
        .faults()
        .push(fault.on(method.name(), "/api/storage"));
    let result = rest.call(&scope(), &request(method)).await;
    result.expect_err(&format!("{method:?} {path:?}"))
}

#[tokio::test]
async fn every_kind_at_every_method() {
    for expected in table() {
        for method in METHODS {
            let (appliance, rest) = ready_for(&expected.kind).await;
            let before = appliance.state();
            let fault = Fault::new(expected.kind.clone()).forever();
            let error = fail(&appliance, &rest, fault, method).await;
            let what = format!("{method:?} {:?}: {error:?}", expected.kind);
            let (outcome, requests) = match method {
                Method::Get => (Outcome::None, expected.reads),
                _ => (expected.outcome, expected.changes),
            };
            assert_eq!(error.status(), expected.status, "{what}");
            assert_eq!(error.outcome(), outcome, "{what}");
            let sent = appliance.faults().report()[0].fired as usize;
            assert_eq!(sent, requests, "{what}");
            assert_eq!(error.attempts() as usize, requests, "{what}");
            assert_eq!(appliance.state(), before, "{what}");
            assert!(error.message().contains("127.0.0.1"), "{what}");
            let unknown = u64::from(outcome == Outcome::Unknown);
            assert_eq!(rest.metrics().unknown, unknown, "{what}");
        }
    }
}

/// An answer that cannot be read, after the work was done.
#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_taken_for_a_failure_of_the_change() {
    for kind in [
        FaultKind::Garbage,
        FaultKind::TruncatedBody,
        FaultKind::TruncatedHeaders,
        FaultKind::ReplyLost,
        FaultKind::Reset,
        FaultKind::Huge { bytes: 17 << 20 },
    ] {
        for method in [Method::Post, Method::Put] {
            let (appliance, rest) = ready().await;
            let before = appliance.state();
            let fault = Fault::new(kind.clone()).after_commit();
            let error = fail(&appliance, &rest, fault, method).await;
            let what = format!("{method:?} {kind:?}: {error:?}");
            assert_eq!(error.outcome(), Outcome::Unknown, "{what}");
            assert_eq!(appliance.trace().len(), 1, "{what}");
            assert_ne!(appliance.state(), before, "{what}");
            // And the client goes on.
            rest.call(&scope(), &Request::get(lun("l0"))).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_read_whose_answer_cannot_be_read_is_repeated() {
    for kind in [
        FaultKind::Garbage,
        FaultKind::TruncatedBody,
        FaultKind::TruncatedHeaders,
        FaultKind::ReplyLost,
        FaultKind::Reset,
        FaultKind::Empty,
        FaultKind::Huge { bytes: 17 << 20 },
        FaultKind::Hang { ms: None },
        FaultKind::Slow { ms: 200, chunk: 1 },
    ] {
        let (appliance, rest) = ready_for(&kind).await;
        appliance.faults().push(
            Fault::new(kind.clone())
                .on("GET", "/api/storage")
                .after_commit(),
        );
        let result = rest.call(&scope(), &Request::get(lun("l0"))).await;
        result.unwrap_or_else(|error| panic!("{kind:?}: {error:?}"));
        assert_eq!(appliance.trace().len(), 2, "{kind:?}");
        assert_eq!(rest.metrics().retries, 1, "{kind:?}");
    }
}

#[tokio::test]
async fn what_is_only_odd_is_accepted() {
    for kind in [
        FaultKind::ContentType {
            value: "text/plain".to_owned(),
        },
        FaultKind::UnknownKeys,
        FaultKind::DuplicateKeys,
        FaultKind::Slow { ms: 1, chunk: 64 },
        FaultKind::Huge { bytes: 15 << 20 },
        // It is JSON; who reads it as something finds out that it is too deep.
        FaultKind::Deep { levels: 10_000 },
    ] {
        let (appliance, mut settings) = appliance().await;
        settings.max_attempts = 1;
        let rest = rest(&settings);
        appliance.faults().push(
            Fault::new(kind.clone())
                .on("GET", "/api/storage")
                .after_commit(),
        );
        let answer = rest.call(&scope(), &Request::get(pools())).await;
        let answer = answer.unwrap_or_else(|error| panic!("{kind:?}: {error:?}"));
        let value = answer.json::<serde_json::Value>();
        assert_eq!(
            value.is_err(),
            matches!(kind, FaultKind::Deep { .. }),
            "{kind:?}"
        );
    }
}

/// Something in between that compresses what it was asked to leave alone.
#[tokio::test]
async fn a_coded_answer_is_named() {
    let (appliance, mut settings) = appliance().await;
    settings.max_attempts = 1;
    let rest = rest(&settings);
    let coded = |value: &str| FaultKind::ContentEncoding {
        value: value.to_owned(),
    };
    let fault = Fault::new(coded("gzip")).on("GET", "/api/storage");
    appliance.faults().push(fault.after_commit());
    let error = rest.call(&scope(), &Request::get(pools())).await;
    let error = error.unwrap_err();
    assert_eq!(error.status(), Status::Protocol, "{error:?}");
    for word in ["gzip", "Accept-Encoding: identity"] {
        assert!(error.message().contains(word), "{error:?}");
    }
    // A change whose answer cannot be read may have been made.
    let fault = Fault::new(coded("br")).on("POST", "/luns").after_commit();
    appliance.faults().push(fault);
    let error = rest.call(&scope(), &create("l1")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    // What is named and is none.
    let fault = Fault::new(coded("Identity")).on("GET", "/api/storage");
    appliance.faults().push(fault.after_commit());
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
    let trace = appliance.trace();
    assert!(trace.len() > 3);
    for exchange in trace {
        assert_eq!(exchange.accept_encoding.as_deref(), Some("identity"));
    }
}

#[tokio::test]
async fn a_change_follows_what_certainly_did_nothing() {
    for kind in [
        FaultKind::Busy { retry_after: None },
        FaultKind::unauthorized(),
    ] {
        let (appliance, rest) = ready().await;
        appliance
            .faults()
            .push(Fault::new(kind.clone()).on("POST", "/luns"));
        rest.call(&scope(), &create("l1")).await.unwrap();
        assert_eq!(count(&appliance.trace(), "POST", "/luns"), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let (appliance, rest) = ready().await;
    appliance.faults().push(
        Fault::new(FaultKind::Busy {
            retry_after: Some(1),
        })
        .on("PUT", "/luns"),
    );
    let begun = Instant::now();
    rest.call(&scope(), &request(Method::Put)).await.unwrap();
    let took = begun.elapsed().as_millis();
    assert!((1000..10_000).contains(&took), "{took} ms");
}

#[tokio::test]
async fn a_retry_after_that_is_too_long_is_told_and_not_waited_for() {
    for (seconds, timeout) in [(3600, None), (30, Some(Duration::from_secs(10)))] {
        let (appliance, rest) = ready().await;
        appliance.faults().push(
            Fault::new(FaultKind::Busy {
                retry_after: Some(seconds),
            })
            .on("GET", "/luns"),
        );
        let begun = Instant::now();
        let (scope, _) = within(timeout);
        let error = rest.call(&scope, &request(Method::Get)).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(8));
        assert_eq!(error.status(), Status::Busy);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)));
    }
}

#[tokio::test]
async fn nobody_there_is_no_harm_done() {
    let (appliance, mut settings) = appliance().await;
    appliance.stop().await;
    settings.max_attempts = 2;
    let rest = rest(&settings);
    for request in METHODS.map(request) {
        let error = rest.call(&scope(), &request).await.unwrap_err();
        assert_eq!(error.status(), Status::Connect, "{error:?}");
        assert_eq!(error.outcome(), Outcome::None);
    }
    assert_eq!(rest.metrics().connections, 0);
}

#[tokio::test]
async fn an_appliance_that_went_away_between_two_requests_is_no_harm_done_either() {
    let (appliance, rest) = ready().await;
    appliance.stop().await;
    let error = rest.call(&scope(), &create("l1")).await.unwrap_err();
    assert_eq!(error.status(), Status::Connect, "{error:?}");
    assert_eq!(error.outcome(), Outcome::None);
}

#[tokio::test]
async fn a_name_that_is_not_known_is_told_as_such() {
    let (_appliance, mut settings) = appliance().await;
    settings.host = "appliance.invalid".to_owned();
    settings.max_attempts = 1;
    let error = rest(&settings)
        .call(&scope(), &create("l1"))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::Resolve, "{error:?}");
    assert_eq!(error.outcome(), Outcome::None);
}

#[tokio::test]
async fn repetitions_are_a_part_of_the_load_when_everything_fails() {
    for (kind, most, limit) in [
        (FaultKind::ReplyLost, 100 + 600 / 5, 16),
        (FaultKind::Busy { retry_after: None }, 250 + 600 / 2, 1),
    ] {
        let (appliance, rest) = ready().await;
        appliance
            .faults()
            .push(Fault::new(kind).on("GET", "/luns").forever());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..600 {
            let rest = rest.clone();
            tasks.spawn(async move { rest.call(&scope(), &request(Method::Get)).await.is_ok() });
        }
        assert!(!tasks.join_all().await.contains(&true));
        let metrics = rest.metrics();
        assert!(metrics.retries <= most, "{metrics:?}");
        assert_eq!(metrics.limit, limit, "{metrics:?}");
    }
}

#[tokio::test]
async fn the_appliance_is_quoted_without_the_secret_that_it_quotes() {
    let (_appliance, rest) = ready().await;
    let secret = "CANARY in a \"mine\"";
    let body =
        json!({"initiator": "not an iqn", "alias": "a", "chapuser": "u", "chapsecret": secret});
    let path = zfssa::rest::Path::new(zfssa::rest::Service::San).fixed("iscsi/initiators");
    let error = rest
        .call(&scope(), &Request::post(path, &body))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::InvalidValue, "{error:?}");
    assert!(!error.causes().is_empty());
    assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");

    // Nor where it is not called a secret.
    let body = json!({"initiator": "CANARY-in-a-cage", "alias": "a", "chapuser": "u",
        "chapsecret": "CANARY-in-a-cage"});
    let path = zfssa::rest::Path::new(zfssa::rest::Service::San).fixed("iscsi/initiators");
    let error = rest
        .call(&scope(), &Request::post(path, &body))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("***"), "{error:?}");
    assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
}

#[tokio::test]
async fn a_long_answer_without_a_length_is_cut_off_too() {
    let (appliance, rest) = ready().await;
    appliance.tune(|knobs| knobs.chunked = true);
    let fault = Fault::new(FaultKind::Huge { bytes: 17 << 20 }).after_commit();
    let error = fail(&appliance, &rest, fault, Method::Put).await;
    assert_eq!(error.status(), Status::Protocol, "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
}
