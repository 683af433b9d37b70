//! Lists that are read while they arrive.

use serde_json::value::RawValue;
use support::transport::*;
use zfssa::error::{Outcome, Status};
use zfssa::rest::{ListSink, Request, Rest};
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
    let (appliance, settings) = appliance().await;
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
