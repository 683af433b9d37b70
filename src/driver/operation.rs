//! What an operation is: its request, its output, its name, and the work.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::driver::contract::Contract;
use crate::driver::{Driver, Progress};
use crate::error::Result;
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
