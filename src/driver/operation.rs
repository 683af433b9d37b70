//! The operation trait, the bounds of a call, and the run of an operation.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::driver::backend::Driver;
use crate::driver::contract::Contract;
use crate::error::{Outcome, Result};
use crate::progress::Progress;
use crate::scope::Scope;

/// One operation of the driver. The type holds the request's fields.
///
/// The Rust API, the C function and the log fields all come from this type, so that nothing
/// about an operation is written twice.
pub trait Operation: Send + Sized + 'static {
    /// Cinder's method name, such as `create_volume`.
    const NAME: &'static str;

    /// What it promises beside its result. The reference page and the tests that hold it to that
    /// are made of it.
    const CONTRACT: Contract;

    /// What a success says. Its JSON form is safe to log: secrets in it print as `***`.
    type Output: Serialize + Send + Sync + 'static;

    /// The object that the operation is about, for logs and errors; empty when there is none.
    fn resource(&self) -> String;

    /// Does the work. Deadline and cancellation arrive as errors from the floor below.
    fn run(
        self,
        driver: &Driver,
        scope: &Scope,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// How long an operation may take, from submission to completion, undoing excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timeout {
    /// The backend's `zfssa_operation_timeout`.
    #[default]
    Configured,
    /// No limit. To be asked for, never the default.
    Unlimited,
    /// This long.
    After(Duration),
}

/// What a caller may say about one call.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Covers the wait for a slot, the login, all retries and all polls.
    pub timeout: Timeout,
    /// Cancelling asks the operation to stop; steps already made are undone before it completes.
    pub cancel: CancellationToken,
    /// An id of the caller's own, written on what the operation creates, so that the same call
    /// made again, even by another process, knows its own work. None: the engine makes a UUID.
    pub operation_id: Option<String>,
    /// Told how far the operation is.
    pub progress: Progress,
}

/// An operation's name and contract.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// [`Operation::NAME`].
    pub name: &'static str,
    /// [`Operation::FACTS`].
    pub contract: Contract,
}

impl Description {
    pub(super) const fn of<O: Operation>() -> Description {
        Description {
            name: O::NAME,
            contract: O::CONTRACT,
        }
    }
}

impl Driver {
    /// The bounds of one call, by what the caller said and the configuration.
    pub fn scope(&self, call: Call) -> Scope {
        let timeouts = &self.config().timeouts;
        let timeout = match call.timeout {
            Timeout::Configured => Some(timeouts.operation),
            Timeout::Unlimited => None,
            Timeout::After(time) => Some(time),
        };
        let id = call
            .operation_id
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        Scope::new(
            id,
            timeout,
            timeouts.undo,
            call.cancel,
            self.0.shutdown.clone(),
        )
        .telling(call.progress)
    }

    /// Runs an operation in a scope made by [`Driver::scope`].
    pub async fn run<O: Operation>(&self, operation: O, scope: &Scope) -> Result<O::Output> {
        let resource = operation.resource();
        let span = tracing::info_span!(
            target: "zfssa",
            "operation",
            name = O::NAME,
            resource = resource.as_str(),
            id = scope.id(),
        );
        async {
            let result = match scope.stopped() {
                Some(stop) => Err(stop.error(Outcome::None)),
                None => operation.run(self, scope).await,
            };
            match &result {
                Ok(_) => tracing::info!(requests = scope.requests(), "done"),
                Err(error) => {
                    // What is declared is what the hosts are told to expect.
                    debug_assert!(
                        O::CONTRACT.may_fail_with(error.status()),
                        "{} does not declare {error:?}",
                        O::NAME
                    );
                    tracing::warn!(requests = scope.requests(), ?error, "failed");
                }
            }
            result
        }
        .instrument(span)
        .await
        .map_err(|error| error.in_operation(O::NAME, resource))
    }

    /// Runs an operation with the configured bounds.
    pub async fn call<O: Operation>(&self, operation: O) -> Result<O::Output> {
        self.run(operation, &self.scope(Call::default())).await
    }
}
