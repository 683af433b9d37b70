//! Echo operation, which sends no request, for tests of hosts and bindings.

use std::time::Duration;

use serde::Serialize;

use crate::driver::backend::Driver;
use crate::driver::contract::{Changes, Contract, budget};
use crate::driver::operation::Operation;
use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;

/// Waits, then returns its message, or the requested error.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    /// Returned as it is.
    pub message: String,
    /// How long to wait before completing. A deadline or a cancellation ends the wait.
    pub delay: Duration,
    /// Completes with this status instead of success.
    pub fail_with: Option<Status>,
}

/// Result of [`Echo`].
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Echoed {
    /// The request's message.
    pub message: String,
}

impl Operation for Echo {
    const NAME: &'static str = "echo";
    const CONTRACT: Contract = Contract::of(Changes::Nothing)
        .errors(Status::ALL)
        .budgets(&[budget("", 0, 0)]);
    type Output = Echoed;

    fn resource(&self) -> String {
        String::new()
    }

    async fn run(self, _driver: &Driver, scope: &Scope) -> Result<Echoed> {
        scope.progress().begin("delay");
        if !self.delay.is_zero() {
            scope
                .bound(tokio::time::sleep(self.delay))
                .await
                .map_err(|stop| stop.error(Outcome::None))?;
        }
        scope.progress().advance(1, 1);
        match self.fail_with {
            Some(status) => Err(Error::new(status, self.message)),
            None => Ok(Echoed {
                message: self.message,
            }),
        }
    }
}
