//! Admission of operations: the limit of operations in flight, and the closing of a driver.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::error::{Error, Result, Status};
use crate::ffi::process::wait::lock;

/// The limit of operations in flight of one driver.
pub(in crate::ffi) struct InFlightLimit {
    limit: usize,
    state: Mutex<LimitState>,
    idle: Notify,
}

#[derive(Default)]
struct LimitState {
    closed: bool,
    /// Operations that did not complete yet.
    running: usize,
    /// Operations accepted whose results were not taken yet, running ones included.
    held: usize,
}

impl InFlightLimit {
    /// An open limit of so many operations at a time.
    pub(in crate::ffi) fn new(limit: usize) -> Arc<InFlightLimit> {
        Arc::new(InFlightLimit {
            limit,
            state: Mutex::default(),
            idle: Notify::new(),
        })
    }

    /// Lets one operation in.
    pub(in crate::ffi) fn admit(self: &Arc<Self>) -> Result<(RunningOperation, InFlightSlot)> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Error::new(
                Status::Closed,
                "driver: is closed: create another one",
            ));
        }
        if state.held >= self.limit {
            return Err(Error::new(
                Status::Again,
                format!(
                    "driver: {} operations are in flight or their results were not taken: take \
                     results, or raise zfssa_max_in_flight",
                    state.held
                ),
            ));
        }
        state.running += 1;
        state.held += 1;
        Ok((
            RunningOperation(Arc::clone(self)),
            InFlightSlot(Arc::clone(self)),
        ))
    }

    /// Lets no more in.
    pub(in crate::ffi) fn close(&self) {
        lock(&self.state).closed = true;
        self.idle.notify_one();
    }

    /// Waits until nothing runs.
    pub(in crate::ffi) async fn idle(&self) {
        while lock(&self.state).running > 0 {
            self.idle.notified().await;
        }
    }
}

/// An operation that did not complete yet.
pub(in crate::ffi) struct RunningOperation(Arc<InFlightLimit>);

impl Drop for RunningOperation {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.running -= 1;
        if state.running == 0 && state.closed {
            self.0.idle.notify_one();
        }
    }
}

/// A result that was not taken yet.
pub(in crate::ffi) struct InFlightSlot(Arc<InFlightLimit>);

#[cfg(feature = "canary")]
impl InFlightSlot {
    pub(in crate::ffi) fn again(&self) -> InFlightSlot {
        lock(&self.0.state).held += 1;
        InFlightSlot(Arc::clone(&self.0))
    }
}

impl Drop for InFlightSlot {
    fn drop(&mut self) {
        lock(&self.0.state).held -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(limit: &Arc<InFlightLimit>) -> Option<Status> {
        limit.admit().err().map(|error| error.status())
    }

    #[test]
    fn a_result_that_is_not_taken_keeps_its_place() {
        let limit = InFlightLimit::new(2);
        let (running, slot) = limit.admit().unwrap();
        let _other = limit.admit().unwrap();
        assert_eq!(refusal(&limit), Some(Status::Again));
        drop(running);
        assert_eq!(refusal(&limit), Some(Status::Again));
        drop(slot);
        assert_eq!(refusal(&limit), None);
        limit.close();
        assert_eq!(refusal(&limit), Some(Status::Closed));
    }

    #[tokio::test]
    async fn idle_wakes_its_waiter() {
        let limit = InFlightLimit::new(2);
        limit.idle().await;
        let (running, _slot) = limit.admit().unwrap();
        limit.close();
        let waiter = {
            let limit = Arc::clone(&limit);
            tokio::spawn(async move { limit.idle().await })
        };
        tokio::task::yield_now().await;
        assert!(!waiter.is_finished());
        drop(running);
        waiter.await.unwrap();
    }
}
