//! Lists that are read while they arrive.

use support::transport::*;
use zfssa::error::{Error, Outcome, Result, Status};
use zfssa::rest::{ListSink, Request, Rest};
use zfssa_appliance::{Appliance, Fault, FaultKind};

/// The elements of the list, and how many attempts there were.
#[derive(Default)]
struct Luns {
    elements: Vec<String>,
    attempts: usize,
    refuses: bool,
}

impl ListSink for Luns {
    fn key(&self) -> &'static str {
        "luns"
    }

    fn restart(&mut self) {
        self.elements.clear();
        self.attempts += 1;
    }

    fn element(&mut self, json: &[u8]) -> Result<()> {
        if self.refuses {
            return Err(Error::new(Status::Protocol, "not wanted"));
        }
        let lun: serde_json::Value = serde_json::from_slice(json).unwrap();
        self.elements.push(lun["name"].as_str().unwrap().to_owned());
        Ok(())
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
    for kind in [FaultKind::TruncatedBody, FaultKind::internal()] {
        let (appliance, rest) = three_luns().await;
        let fault = Fault::new(kind.clone()).on("GET", "/luns").after_commit();
        appliance.faults().push(fault);
        let mut list = Luns::default();
        let request = Request::get(luns());
        rest.read_list(&scope(), &request, &mut list).await.unwrap();
        assert_eq!(list.elements, ["l0", "l1", "l2"], "{kind:?}");
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
    assert!(list.elements.is_empty());
}

#[tokio::test]
async fn an_error_of_the_receiver_ends_the_call() {
    let (appliance, rest) = three_luns().await;
    let mut list = Luns {
        refuses: true,
        ..Luns::default()
    };
    let request = Request::get(luns());
    let error = rest
        .read_list(&scope(), &request, &mut list)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("not wanted"), "{error}");
    assert_eq!(list.attempts, 1);
    assert_eq!(count(&appliance.trace(), "GET", "/luns"), 1);
    // The rest of that answer is on no connection that is used again.
    rest.call(&scope(), &Request::get(pools())).await.unwrap();
}
