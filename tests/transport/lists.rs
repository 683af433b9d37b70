//! Lists that are read while they arrive.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use support::transport::*;
use zfssa::error::{Outcome, Status};
use zfssa::rest::{ListSink, Request, Rest, Settings};
use zfssa_appliance::{Appliance, Fault, FaultKind};

/// The names in the list.
#[derive(Default)]
struct Luns(Vec<String>);

impl ListSink for Luns {
    fn key(&self) -> &'static str {
        "luns"
    }

    fn restart(&mut self) {
        self.0.clear();
    }

    fn element(&mut self, json: &RawValue) {
        let lun: serde_json::Value = serde_json::from_str(json.get()).unwrap();
        self.0.push(lun["name"].as_str().unwrap().to_owned());
    }
}

async fn three_luns() -> (Appliance, Rest) {
    three_luns_with(|_| {}).await
}

async fn three_luns_with(adjust: impl FnOnce(&mut Settings)) -> (Appliance, Rest) {
    let (appliance, mut settings) = appliance().await;
    adjust(&mut settings);
    let rest = rest(&settings);
    for name in ["l0", "l1", "l2"] {
        rest.call(&scope(), &create(name)).await.unwrap();
    }
    appliance.clear_trace();
    (appliance, rest)
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_read_again_from_its_beginning() {
    for kind in [
        FaultKind::TruncatedBody,
        FaultKind::Garbage,
        FaultKind::internal(),
    ] {
        let (appliance, rest) = three_luns().await;
        let fault = Fault::new(kind.clone()).on("GET", "/luns").after_commit();
        appliance.faults().push(fault);
        let mut list = Luns::default();
        let request = Request::get(luns());
        rest.read_list(&scope(), &request, &mut list).await.unwrap();
        assert_eq!(list.0, ["l0", "l1", "l2"], "{kind:?}");
        assert_eq!(count(&appliance.trace(), "GET", "/luns"), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_without_the_list_is_an_error() {
    let (_appliance, rest) = three_luns().await;
    let request = Request::get(pools());
    let mut list = Luns::default();
    let error = rest
        .read_list(&scope(), &request, &mut list)
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Protocol, Outcome::None)
    );
    assert!(error.to_string().contains("no usable `luns`"), "{error}");
    assert!(list.0.is_empty());
}

#[tokio::test]
async fn each_part_of_a_list_has_the_time_of_a_request() {
    let timeout = Duration::from_secs(1);
    let (appliance, rest) = three_luns_with(|settings| {
        settings.request_timeout = timeout;
        settings.max_attempts = 1;
    })
    .await;
    let request = Request::get(luns());
    let slow = |ms, chunk| Fault::new(FaultKind::Slow { ms, chunk }).on("GET", "/luns");
    // The whole takes longer than a request may, and no part of it does.
    appliance.faults().push(slow(30, 60).after_commit());
    let (mut list, begun) = (Luns::default(), Instant::now());
    rest.read_list(&scope(), &request, &mut list).await.unwrap();
    assert_eq!(list.0, ["l0", "l1", "l2"]);
    assert!(begun.elapsed() > timeout, "{:?}", begun.elapsed());

    appliance.faults().push(slow(60_000, 60).after_commit());
    // Before the time of the whole list is over.
    let (soon, _) = within(10 * timeout);
    let error = rest
        .read_list(&soon, &request, &mut list)
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::RequestTimeout);
}

#[tokio::test]
async fn a_list_that_trickles_does_not_take_for_ever() {
    let (appliance, rest) = three_luns_with(|settings| {
        settings.request_timeout = Duration::from_millis(100);
        settings.max_attempts = 1;
    })
    .await;
    // Some 2,000 bytes or more: 20 s, which is ten times what the whole may take.
    let slow = Fault::new(FaultKind::Slow { ms: 10, chunk: 1 });
    appliance
        .faults()
        .push(slow.on("GET", "/luns").after_commit());
    let (request, mut list) = (Request::get(luns()), Luns::default());
    let error = rest
        .read_list(&scope(), &request, &mut list)
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::RequestTimeout);
}
