//! Parameters of one call: time limit, destination of the completion, operation id, trace.

use std::sync::Arc;

use crate::driver::Timeout;
use crate::error::Result;
use crate::ffi::completion::callback::{Callback, ReservedCallback};
use crate::ffi::completion::in_flight::Delivery;
use crate::ffi::completion::queue::QueueObject;
use crate::scope::traceparent::Traceparent;

/// A call that was read and checked. Nothing is taken from the host yet.
pub(super) struct CallArgs {
    pub(super) timeout: Timeout,
    pub(super) user_data: u64,
    pub(super) operation_id: Option<String>,
    pub(super) traceparent: Option<Traceparent>,
    /// Whether progress events go to the queue.
    pub(super) progress: bool,
    /// Events that the operation may post in addition to progress and the completion.
    pub(super) further_events: usize,
    pub(super) to: CompletionTarget,
}

/// Where the completion is to go.
pub(super) enum CompletionTarget {
    Wait,
    Queue(Arc<QueueObject>),
    Callback(Callback),
}

impl CallArgs {
    /// Whether the call has a queue.
    pub(super) fn has_queue(&self) -> bool {
        matches!(self.to, CompletionTarget::Queue(_))
    }

    /// Reserves room for the completion, so that delivering it cannot fail.
    pub(super) fn place(&self) -> Result<Delivery> {
        match &self.to {
            CompletionTarget::Wait => Ok(Delivery::Wait),
            CompletionTarget::Queue(queue) => {
                let events = 1 + usize::from(self.progress) + self.further_events;
                Ok(Delivery::Queue(queue.reserve(events)?))
            }
            CompletionTarget::Callback(callback) => {
                Ok(Delivery::Callback(ReservedCallback::new(*callback)?))
            }
        }
    }
}
