//! Every kind of fault, before and after the commit.

mod common;

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use common::{LUNS, Rest, start, start_with};
use serde_json::{Value, json};
use zfssa_appliance::{Appliance, Fault, FaultKind, Latency, Options, PathLatency, When};

fn body() -> Value {
    json!({"name": "a", "volsize": "1g", "sparse": true})
}

fn has_lun(appliance: &Appliance) -> bool {
    appliance.state()["pools"]["pool-0"]["projects"]["default"]["luns"]
        .get("a")
        .is_some()
}

/// Installs a fault for the creation of a LUN in both forms, sends the request, and hands over what the client got.
/// The trace and the state must say the truth about the commit each time.
async fn both<T>(
    kind: FaultKind,
    mut check: impl AsyncFnMut(reqwest::Result<reqwest::Response>, bool) -> T,
) {
    for when in [When::BeforeCommit, When::AfterCommit] {
        let (appliance, rest) = start().await;
        let committed = when == When::AfterCommit;
        let id = appliance.faults().push(Fault {
            when,
            ..Fault::new(kind.clone()).on("POST", "/luns$")
        });
        check(rest.try_send("POST", LUNS, Some(&body())).await, committed).await;
        assert_eq!(appliance.faults().fired(id), 1, "{kind:?}");
        assert_eq!(has_lun(&appliance), committed, "{kind:?} {when:?}");
        let exchange = appliance.trace().pop().unwrap();
        assert_eq!(
            (exchange.fault, exchange.committed),
            (Some(id), committed),
            "{kind:?} {when:?}"
        );
        // It fires once; the next request is served.
        rest.expect(
            if committed { 409 } else { 201 },
            "POST",
            LUNS,
            Some(body()),
        )
        .await;
    }
}

fn io_kind(error: &reqwest::Error) -> Option<ErrorKind> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = error.source();
    }
    None
}

#[tokio::test]
async fn reset() {
    both(FaultKind::Reset, async |answer, _| {
        let error = answer.unwrap_err();
        assert_eq!(
            io_kind(&error),
            Some(ErrorKind::ConnectionReset),
            "{error:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn reply_lost() {
    both(FaultKind::ReplyLost, async |answer, _| {
        let error = answer.unwrap_err();
        assert_ne!(
            io_kind(&error),
            Some(ErrorKind::ConnectionReset),
            "{error:?}"
        );
        assert!(error.is_request(), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn status_and_names() {
    for (kind, status, name) in [
        (FaultKind::unauthorized(), 401, "ERR_UNAUTHORIZED"),
        (FaultKind::denied(), 403, "ERR_DENIED"),
        (FaultKind::not_found(), 404, "ERR_NOT_FOUND"),
        (FaultKind::method_not_allowed(), 405, "ERR_INVALID_METHOD"),
        (FaultKind::object_exists(), 409, "ERR_OBJECT_EXISTS"),
        (FaultKind::confirm_required(), 409, "ERR_CONFIRM_REQUIRED"),
        (FaultKind::state_changed(), 409, "ERR_STATE_CHANGED"),
        (FaultKind::object_busy(), 409, "ERR_BUSY"),
        (FaultKind::internal(), 500, "ERR_INTERNAL"),
        (FaultKind::status(410, "ERR_GONE"), 410, "ERR_GONE"),
    ] {
        both(kind, async |answer, _| {
            let answer = answer.unwrap();
            assert_eq!(answer.status(), status);
            assert!(answer.headers().get("location").is_none());
            let body: Value = answer.json().await.unwrap();
            assert_eq!(
                (&body["fault"]["name"], &body["fault"]["code"]),
                (&json!(name), &json!(status))
            );
        })
        .await;
    }
}

#[tokio::test]
async fn busy_with_and_without_retry_after() {
    for retry_after in [None, Some(7)] {
        both(FaultKind::Busy { retry_after }, async |answer, _| {
            let answer = answer.unwrap();
            assert_eq!(answer.status(), 503);
            let header = answer
                .headers()
                .get("retry-after")
                .map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(header, retry_after.map(|seconds| seconds.to_string()));
            assert_eq!(
                answer.json::<Value>().await.unwrap()["fault"]["name"],
                "ERR_BUSY"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn truncated_headers() {
    both(FaultKind::TruncatedHeaders, async |answer, _| {
        assert!(answer.unwrap_err().is_request());
    })
    .await;
}

#[tokio::test]
async fn truncated_body() {
    both(FaultKind::TruncatedBody, async |answer, committed| {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), if committed { 201 } else { 500 });
        assert!(answer.content_length().unwrap() > 0);
        let error = answer.text().await.unwrap_err();
        assert!(error.is_body() || error.is_decode(), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    both(FaultKind::Garbage, async |answer, _| {
        let text = answer.unwrap().text().await.unwrap();
        assert!(serde_json::from_str::<Value>(&text).is_err());
    })
    .await;
    both(
        FaultKind::ContentType {
            value: "text/plain".to_owned(),
        },
        async |answer, _| {
            let answer = answer.unwrap();
            assert_eq!(answer.headers()["content-type"], "text/plain");
            answer.json::<Value>().await.unwrap();
        },
    )
    .await;
    both(FaultKind::Html { status: 502 }, async |answer, _| {
        let answer = answer.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (502, &"text/html".parse().unwrap())
        );
        assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE"));
    })
    .await;
    both(FaultKind::Empty, async |answer, _| {
        assert_eq!(answer.unwrap().text().await.unwrap(), "");
    })
    .await;
    both(
        FaultKind::Huge { bytes: 3_000_000 },
        async |answer, committed| {
            let text = answer.unwrap().text().await.unwrap();
            assert_eq!(text.len(), 3_000_000);
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value.get("lun").is_some(), committed);
        },
    )
    .await;
    both(FaultKind::Deep { levels: 5000 }, async |answer, _| {
        let text = answer.unwrap().text().await.unwrap();
        assert!(text.len() > 10_000);
        assert!(
            serde_json::from_str::<Value>(&text).is_err(),
            "deeper than what serde takes"
        );
    })
    .await;
    both(FaultKind::DuplicateKeys, async |answer, committed| {
        let text = answer.unwrap().text().await.unwrap();
        let key = if committed { "\"lun\":" } else { "\"fault\":" };
        assert_eq!(text.matches(key).count(), 2, "{text}");
        serde_json::from_str::<Value>(&text).unwrap();
    })
    .await;
    both(FaultKind::UnknownKeys, async |answer, committed| {
        let value: Value = answer.unwrap().json().await.unwrap();
        let inner = &value[if committed { "lun" } else { "fault" }];
        assert!(
            value["x_new_in_a_later_release"].is_object()
                && inner["x_new_in_a_later_release"].is_object()
        );
    })
    .await;
}

#[tokio::test]
async fn redirects() {
    for status in [301, 307] {
        let location = "https://elsewhere.example/api".to_owned();
        both(
            FaultKind::Redirect {
                status,
                location: location.clone(),
            },
            async |answer, _| {
                let answer = answer.unwrap();
                assert_eq!(answer.status(), status);
                assert_eq!(answer.headers()["location"], location.as_str());
                assert_eq!(answer.headers().get_all("location").iter().count(), 1);
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_slow_body_arrives_whole() {
    both(
        FaultKind::Slow { ms: 1, chunk: 100 },
        async |answer, committed| {
            let value: Value = answer.unwrap().json().await.unwrap();
            assert_eq!(value.get("lun").is_some(), committed);
        },
    )
    .await;
}

#[tokio::test]
async fn a_hang_ends_by_itself_or_by_release_and_all_goes_on() {
    for when in [When::BeforeCommit, When::AfterCommit] {
        for ms in [Some(1), None] {
            let (appliance, rest) = start().await;
            appliance.faults().push(Fault {
                when,
                ..Fault::new(FaultKind::Hang { ms }).on("POST", "/luns$")
            });
            let request =
                tokio::spawn(async move { rest.expect(201, "POST", LUNS, Some(body())).await });
            while !request.is_finished() {
                if ms.is_none() {
                    appliance.release();
                }
                tokio::task::yield_now().await;
            }
            request.await.unwrap();
            assert!(has_lun(&appliance));
        }
    }
}

#[tokio::test]
async fn the_work_of_a_client_that_went_away_is_done_late() {
    let (appliance, rest) = start().await;
    let hang = FaultKind::Hang { ms: None };
    let id = appliance
        .faults()
        .push(Fault::new(hang).on("POST", "/luns$"));
    let impatient = {
        let rest = Rest::new(&appliance);
        tokio::spawn(async move { rest.try_send("POST", LUNS, Some(&body())).await })
    };
    while appliance.faults().fired(id) == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    rest.refused(404, "GET", &format!("{LUNS}/a"), None).await;
    assert!(!has_lun(&appliance));
    while !has_lun(&appliance) {
        appliance.release();
        tokio::task::yield_now().await;
    }
    rest.get(&format!("{LUNS}/a")).await;
}

#[tokio::test]
async fn a_late_request_is_not_answered_and_carried_out_when_so_many_others_have_arrived() {
    let (appliance, rest) = start().await;
    let id = appliance
        .faults()
        .push(Fault::new(FaultKind::late(2)).on("POST", "/luns$"));
    assert!(rest.try_send("POST", LUNS, Some(&body())).await.is_err());
    let at_a = format!("{LUNS}/a");
    for _ in 0..2 {
        rest.refused(404, "GET", &at_a, None).await;
        assert_eq!(appliance.held(), 1);
    }
    rest.get(&at_a).await;
    assert_eq!(appliance.held(), 0);
    let trace = appliance.trace();
    let late = trace.iter().find(|e| e.fault == Some(id)).unwrap();
    assert!(late.committed && late.status.is_none());
}

#[tokio::test]
async fn a_late_request_is_carried_out_at_release_or_forgotten() {
    for carried_out in [true, false] {
        let (appliance, rest) = start().await;
        let id = appliance
            .faults()
            .push(Fault::new(FaultKind::late_until_released()).on("POST", "/luns$"));
        assert!(rest.try_send("POST", LUNS, Some(&body())).await.is_err());
        rest.refused(404, "GET", &format!("{LUNS}/a"), None).await;
        if carried_out {
            appliance.release();
        } else {
            appliance.forget_held();
        }
        while !appliance.trace().iter().any(|e| e.fault == Some(id)) {
            tokio::task::yield_now().await;
        }
        assert_eq!(has_lun(&appliance), carried_out);
    }
}

#[tokio::test]
async fn the_nth_and_so_many_times() {
    let (appliance, rest) = start().await;
    let fault = Fault::new(FaultKind::internal())
        .on("GET", r"/luns\?x=1$")
        .nth(2)
        .times(2);
    let id = appliance.faults().push(fault);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(rest.call("GET", &format!("{LUNS}?x=1"), None).await.0);
        rest.get(LUNS).await;
    }
    assert_eq!(statuses, [200, 500, 500, 200, 200]);
    let fired: Vec<_> = appliance
        .trace()
        .iter()
        .filter(|e| e.fault == Some(id))
        .map(|e| e.sequence)
        .collect();
    assert_eq!(fired, [3, 5]);
    appliance.faults().clear();
    assert!(appliance.faults().report().is_empty());
}

#[tokio::test]
async fn latency_by_method_and_path() {
    let (appliance, rest) = start().await;
    let paths = vec![PathLatency {
        method: Some("GET".to_owned()),
        path: "/pools$".to_owned(),
        ms: 0,
    }];
    appliance.set_latency(Latency {
        get_ms: 30,
        paths,
        ..Latency::default()
    });
    rest.get(LUNS).await;
    rest.get("/api/storage/v1/pools").await;
    let took: Vec<u64> = appliance
        .trace()
        .iter()
        .map(|e| e.ended_us - e.started_us)
        .collect();
    assert!(took[0] >= 30_000, "{took:?}");
    assert!(took[1] < 30_000, "{took:?}");
    appliance.set_latency(Latency::every(20));
    rest.lun("a").await;
    assert!(
        appliance
            .trace()
            .last()
            .map(|e| e.ended_us - e.started_us)
            .unwrap()
            >= 20_000
    );
}

#[tokio::test]
async fn more_requests_than_allowed_are_refused_or_wait() {
    let (appliance, rest) = start_with(Options::default()).await;
    let id = appliance
        .faults()
        .push(Fault::new(FaultKind::Hang { ms: None }).on("GET", "hang"));
    appliance.tune(|knobs| {
        knobs.max_concurrent = 1;
        knobs.retry_after = Some(3);
    });
    let held = {
        let rest = Rest::new(&appliance);
        tokio::spawn(async move { rest.get(&format!("{LUNS}?hang")).await })
    };
    while appliance.faults().fired(id) == 0 {
        tokio::task::yield_now().await;
    }
    let answer = rest.send("GET", LUNS, None).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"3".parse().unwrap())
    );
    appliance.tune(|knobs| {
        knobs.max_concurrent = 0;
        knobs.workers = 1;
    });
    while !held.is_finished() {
        appliance.release();
        tokio::task::yield_now().await;
    }
    held.await.unwrap();
    // Ten at a time with one worker that needs 5 ms for each: the last waits for all the others.
    appliance.set_latency(Latency::every(5));
    appliance.clear_trace();
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let rest = Rest::new(&appliance);
        requests.spawn(async move { rest.get(LUNS).await });
    }
    let all = async { while requests.join_next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(30), all)
        .await
        .unwrap();
    let mut ends: Vec<u64> = appliance.trace().iter().map(|e| e.ended_us).collect();
    ends.sort_unstable();
    assert!(
        ends.windows(2).all(|pair| pair[1] - pair[0] >= 4_000),
        "{ends:?}"
    );
}
