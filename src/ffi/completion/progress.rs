//! Progress events of an operation.
//!
//! An operation has at most one of them on its queue: a newer report replaces one that was not
//! taken yet. So a host that polls rarely sees the latest, and the queue does not grow.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::driver::{Progress, ProgressStep};
use crate::ffi::completion::queue::{QueueEvent, QueueObject};
use crate::ffi::completion::result::ResultObject;
use crate::ffi::process::wait::lock;
use crate::ffi::types::zfssa_ticket_t;
use crate::scope::traceparent::Traceparent;

/// Reports one operation's progress to its queue, until the operation completes.
pub(in crate::ffi) struct ProgressReporter {
    queue: Arc<QueueObject>,
    ticket: zfssa_ticket_t,
    user_data: u64,
    operation: &'static str,
    traceparent: Option<Traceparent>,
    begun: Instant,
    state: Mutex<ReportState>,
}

enum ReportState {
    /// The last step reported; none if no event is on the queue.
    Open(Option<ProgressStep>),
    /// The operation completed: later reports come from work that outlives it and are dropped.
    Closed(Option<ProgressStep>),
}

impl ProgressReporter {
    pub(in crate::ffi) fn new(
        queue: Arc<QueueObject>,
        ticket: zfssa_ticket_t,
        user_data: u64,
        operation: &'static str,
        traceparent: Option<Traceparent>,
    ) -> Arc<ProgressReporter> {
        Arc::new(ProgressReporter {
            queue,
            ticket,
            user_data,
            operation,
            traceparent,
            begun: Instant::now(),
            state: Mutex::new(ReportState::Open(None)),
        })
    }

    /// The engine's end, which the operation reports to.
    pub(in crate::ffi) fn progress(self: &Arc<Self>) -> Progress {
        let reporter = Arc::clone(self);
        Progress::told_to(move |step| reporter.report(step))
    }

    fn report(self: &Arc<Self>, step: &ProgressStep) {
        let mut state = lock(&self.state);
        let ReportState::Open(latest) = &mut *state else {
            return;
        };
        let queued = latest.replace(step.clone()).is_some();
        if !queued {
            // Under the lock, so that no completion gets in between.
            self.queue
                .push_event(QueueEvent::Progress(Arc::clone(self)));
        }
    }

    /// Ends the reports. To be called before the completion is handed on, which is then the
    /// operation's last event.
    pub(in crate::ffi) fn close(&self) {
        let mut state = lock(&self.state);
        if let ReportState::Open(latest) = &mut *state {
            *state = ReportState::Closed(latest.take());
        }
    }

    /// The host's event, from the moment when it is taken.
    pub(in crate::ffi) fn take(&self) -> Arc<ResultObject> {
        let step = match &mut *lock(&self.state) {
            ReportState::Open(latest) | ReportState::Closed(latest) => latest.take(),
        };
        let result = ResultObject::new(
            self.ticket,
            self.user_data,
            self.operation,
            0,
            self.begun.elapsed(),
            Ok(Box::new(step.unwrap_or_default())),
        );
        Arc::new(result.traced(self.traceparent.as_ref()))
    }
}
