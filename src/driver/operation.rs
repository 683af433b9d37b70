//! The operation trait, the bounds of a call, and the run of an operation.

use std::future::Future;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::driver::backend::Driver;
use crate::driver::contract::Contract;
use crate::driver::naming;
use crate::error::{Outcome, Result};
use crate::progress::Progress;
use crate::scope::Scope;
use crate::scope::traceparent::Traceparent;

/// One operation of the driver. The type holds the request's fields.
///
/// The Rust API, the C function and the log fields all come from this type, so that nothing
/// about an operation is written twice.
pub trait Operation: Send + Sized + 'static {
    /// Cinder's method name, such as `create_volume`.
    const NAME: &'static str;

    /// Declared costs, locks, errors and outcomes. The reference page is generated from it, and
    /// tests check it.
    const CONTRACT: Contract;

    /// Result of a success. Its JSON form is safe to log: secrets in it print as `***`.
    type Output: Serialize + Send + Sync + 'static;

    /// Object of the operation, for logs and errors; empty if there is none.
    fn resource(&self) -> String;

    /// Runs the operation. Deadline and cancellation arrive as errors from the layer below.
    fn run(
        self,
        driver: &Driver,
        scope: &Scope,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// Time limit of an operation, from submission to completion, without the rollback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timeout {
    /// The backend's `zfssa_operation_timeout`.
    #[default]
    Configured,
    /// No limit. Never the default.
    Unlimited,
    /// This long.
    After(Duration),
}

/// Options of one call.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Covers the wait for a slot, the login, all retries and all polls.
    pub timeout: Timeout,
    /// Cancellation of the operation; steps already made are rolled back before it completes.
    pub cancel: CancellationToken,
    /// Id chosen by the caller and written on the objects that the operation creates, so that a
    /// repeated call, even by another process, finds them. `None`: the engine makes a UUID.
    pub operation_id: Option<String>,
    /// Progress listener.
    pub progress: Progress,
    /// Trace context of the caller. Each request that the operation sends carries it in its header,
    /// with a span id of its own; `None`: no header. The recovery of another attempt's work and the
    /// logout are in no trace.
    pub traceparent: Option<Traceparent>,
}

/// An operation's name and contract.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// [`Operation::NAME`].
    pub name: &'static str,
    /// [`Operation::CONTRACT`].
    pub contract: Contract,
}

impl Description {
    pub(crate) const fn of<O: Operation>() -> Description {
        Description {
            name: O::NAME,
            contract: O::CONTRACT,
        }
    }
}

impl Driver {
    /// Scope of one call, from the call's options and the configuration.
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
            timeouts.rollback,
            call.cancel,
            self.0.shutdown.clone(),
        )
        .telling(call.progress)
        .traced(call.traceparent)
    }

    /// Runs an operation in a scope made by [`Driver::scope`].
    pub async fn run<O: Operation>(&self, operation: O, scope: &Scope) -> Result<O::Output> {
        let resource = operation.resource();
        let run = Box::pin(operation.run(self, scope));
        self.observe(Description::of::<O>(), resource, scope, run)
            .await
    }

    /// Runs an operation under its span, and logs its end. Takes a boxed future, so that it is
    /// compiled once for each type of output and not for each operation.
    pub(crate) async fn observe<R>(
        &self,
        operation: Description,
        resource: String,
        scope: &Scope,
        run: BoxFuture<'_, Result<R>>,
    ) -> Result<R> {
        self.start_background();
        let counters = &self.0.operations;
        let _running = counters.run();
        let span = tracing::info_span!(
            target: "zfssa",
            "operation",
            name = operation.name,
            resource = resource.as_str(),
            id = scope.id(),
            trace_id = scope.traceparent().map(Traceparent::trace_id),
        );
        async {
            let result = match scope.stopped() {
                Some(stop) => Err(stop.error(Outcome::None)),
                None => match check_names(&resource) {
                    Ok(()) => run.await.map_err(|error| scope.judge(error)),
                    Err(error) => Err(error),
                },
            };
            counters.end(scope, result.as_ref().err());
            match &result {
                Ok(_) => tracing::info!(requests = scope.requests(), "done"),
                Err(error) => {
                    // The documentation lists only the declared errors.
                    debug_assert!(
                        operation.contract.may_fail_with(error.status()),
                        "{} does not declare {error:?}",
                        operation.name
                    );
                    tracing::warn!(requests = scope.requests(), ?error, "failed");
                }
            }
            result
        }
        .instrument(span)
        .await
        .map_err(|error| error.in_operation(operation.name, resource))
    }

    /// Runs an operation with the configured time limit.
    pub async fn call<O: Operation>(&self, operation: O) -> Result<O::Output> {
        self.run(operation, &self.scope(Call::default())).await
    }
}

/// Refuses the names of deleted objects that wait for their clones: they belong to no caller.
/// `resource` is a volume, or `<volume>@<snapshot>`.
fn check_names(resource: &str) -> Result<()> {
    resource.split('@').try_for_each(naming::refuse_deferred)
}
