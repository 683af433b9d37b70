//! Parameters of one call: time limit, destination of the completion, operation id.

use std::ffi::c_void;
use std::sync::Arc;

use super::types::{DropFunction, Function};
use crate::driver::Timeout;
use crate::error::Result;
use crate::ffi::completion::in_flight::Place;
use crate::ffi::completion::queue::QueueObject;
use crate::ffi::process::callback_thread::Callback;
use crate::ffi::process::per_process;

/// A call that was read and checked. Nothing is taken from the host yet.
pub(super) struct CallArgs {
    pub(super) timeout: Timeout,
    pub(super) user_data: u64,
    pub(super) operation_id: Option<String>,
    /// Whether the queue is told of progress.
    pub(super) progress: bool,
    /// Events that the operation may put on the queue beside progress and the completion.
    pub(super) further_events: usize,
    pub(super) to: To,
}

/// Where the completion is to go.
pub(super) enum To {
    Wait,
    Queue(Arc<QueueObject>),
    Callback(Function, *mut c_void, Option<DropFunction>),
}

impl CallArgs {
    /// Whether events can come.
    pub(super) fn has_queue(&self) -> bool {
        matches!(self.to, To::Queue(_))
    }

    /// Makes room where the completion will go.
    pub(super) fn place(&self) -> Result<Place> {
        match &self.to {
            To::Wait => Ok(Place::Wait),
            To::Queue(queue) => {
                let events = 1 + usize::from(self.progress) + self.further_events;
                Ok(Place::Queue(queue.reserve(events)?))
            }
            &To::Callback(function, context, drop) => {
                let dispatcher = &per_process::current().dispatcher;
                let lease = dispatcher.lease()?;
                dispatcher.reserve();
                Ok(Place::Callback(Callback {
                    function,
                    context,
                    drop,
                    lease,
                }))
            }
        }
    }
}
