//! Changes that depend on a fence, such as the lease of an operation's locks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use support::transport::*;
use zfssa::error::{Error, Outcome, Result, Status};
use zfssa::rest::Request;
use zfssa::scope::Fence;

#[derive(Debug, Default)]
struct Gate {
    closed: AtomicBool,
}

impl Fence for Gate {
    fn check(&self) -> Result<()> {
        match self.closed.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(Error::new(Status::Coordination, "closed").with_outcome(Outcome::None)),
        }
    }
}

#[tokio::test]
async fn no_change_is_sent_behind_a_closed_fence_and_reads_go_on() {
    let (appliance, settings) = appliance().await;
    let (rest, scope, gate) = (rest(&settings), scope(), Arc::new(Gate::default()));
    scope.depend_on(gate.clone());
    rest.call(&scope, &create("l0")).await.unwrap();
    gate.closed.store(true, Ordering::SeqCst);
    for scope in [scope.clone(), scope.for_rollback()] {
        let error = rest.call(&scope, &create("l1")).await.unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Coordination, Outcome::None)
        );
        rest.call(&scope, &Request::get(luns())).await.unwrap();
    }
    assert_eq!(count(&appliance.trace(), "POST", "/luns"), 1);
}
