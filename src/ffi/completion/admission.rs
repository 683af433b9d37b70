//! How many operations a driver has, and whether it takes more.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::error::{Error, Result, Status};
use crate::ffi::process::wait::lock;

/// The intake of one driver.
pub(in crate::ffi) struct Gate {
    limit: usize,
    state: Mutex<State>,
    idle: Notify,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// Operations that did not complete yet.
    running: usize,
    /// Operations accepted whose results were not taken yet, running ones included.
    held: usize,
}

impl Gate {
    /// An open gate for so many operations at a time.
    pub(in crate::ffi) fn new(limit: usize) -> Arc<Gate> {
        Arc::new(Gate {
            limit,
            state: Mutex::default(),
            idle: Notify::new(),
        })
    }

    /// Lets one operation in.
    pub(in crate::ffi) fn admit(self: &Arc<Self>) -> Result<(Running, Permit)> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Error::new(Status::Closed, "the driver is closed"));
        }
        if state.held >= self.limit {
            return Err(Error::new(
                Status::Again,
                format!(
                    "{} operations are in flight or their results were not taken; \
                     zfssa_max_in_flight allows no more",
                    state.held
                ),
            ));
        }
        state.running += 1;
        state.held += 1;
        Ok((Running(Arc::clone(self)), Permit(Arc::clone(self))))
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
pub(in crate::ffi) struct Running(Arc<Gate>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.running -= 1;
        if state.running == 0 && state.closed {
            self.0.idle.notify_one();
        }
    }
}

/// A result that was not taken yet.
pub(in crate::ffi) struct Permit(Arc<Gate>);

#[cfg(feature = "canary")]
impl Permit {
    pub(in crate::ffi) fn again(&self) -> Permit {
        lock(&self.0.state).held += 1;
        Permit(Arc::clone(&self.0))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        lock(&self.0.state).held -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(gate: &Arc<Gate>) -> Option<Status> {
        gate.admit().err().map(|error| error.status())
    }

    #[test]
    fn a_result_that_is_not_taken_keeps_its_place() {
        let gate = Gate::new(2);
        let (running, permit) = gate.admit().unwrap();
        let _other = gate.admit().unwrap();
        assert_eq!(refusal(&gate), Some(Status::Again));
        drop(running);
        assert_eq!(refusal(&gate), Some(Status::Again));
        drop(permit);
        assert_eq!(refusal(&gate), None);
        gate.close();
        assert_eq!(refusal(&gate), Some(Status::Closed));
    }

    #[tokio::test]
    async fn idle_is_told_to_the_one_who_waits() {
        let gate = Gate::new(2);
        gate.idle().await;
        let (running, _permit) = gate.admit().unwrap();
        gate.close();
        let waiter = {
            let gate = Arc::clone(&gate);
            tokio::spawn(async move { gate.idle().await })
        };
        tokio::task::yield_now().await;
        assert!(!waiter.is_finished());
        drop(running);
        waiter.await.unwrap();
    }
}
