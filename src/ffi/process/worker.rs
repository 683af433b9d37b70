//! A thread that works off what it is given, in order, as long as anybody needs it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};

use crate::error::{Error, Result, Status};
use crate::ffi::process::signals;
use crate::ffi::process::wait::lock;

/// Enough for any function of the host's that runs on the thread.
const STACK: usize = 8 << 20;

/// The thread, which runs while there is a [`Lease`] or a job.
pub(in crate::ffi) struct Service<J> {
    name: &'static str,
    work: fn(J),
    state: Mutex<State<J>>,
    changed: Condvar,
}

struct State<J> {
    jobs: VecDeque<J>,
    /// Jobs announced by [`Service::reserve`] and not pushed yet.
    reserved: usize,
    leases: usize,
    running: bool,
}

impl<J: Send + 'static> Service<J> {
    /// A service that does nothing yet. `work` runs on its thread, once for each job.
    pub(in crate::ffi) fn new(name: &'static str, work: fn(J)) -> Self {
        Service {
            name,
            work,
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                reserved: 0,
                leases: 0,
                running: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Makes sure that the thread runs until the lease is dropped, and longer while there are
    /// jobs.
    pub(in crate::ffi) fn lease(&'static self) -> Result<Lease<J>> {
        let mut state = lock(&self.state);
        if !state.running {
            let thread = std::thread::Builder::new()
                .name(self.name.into())
                .stack_size(STACK);
            signals::blocked(|| thread.spawn(move || self.run())).map_err(|error| {
                let message = format!("the thread {} could not be started", self.name);
                Error::new(Status::LocalIo, message).with_cause(error)
            })?;
            state.running = true;
        }
        state.leases += 1;
        Ok(Lease(self))
    }

    /// Makes room for one job, so that pushing it later allocates nothing.
    pub(in crate::ffi) fn reserve(&self) {
        let mut state = lock(&self.state);
        state.reserved += 1;
        let room = state.reserved;
        state.jobs.reserve(room);
    }

    /// Hands over a job for which room was reserved.
    pub(in crate::ffi) fn push_reserved(&self, job: J) {
        let mut state = lock(&self.state);
        state.reserved = state.reserved.saturating_sub(1);
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
    }

    /// Hands over a job.
    pub(in crate::ffi) fn push(&self, job: J) {
        lock(&self.state).jobs.push_back(job);
        self.changed.notify_one();
    }

    fn run(&'static self) {
        while let Some(job) = self.next() {
            // Nobody waits for the job's outcome; a panic in it must not end the thread.
            let _ = catch_unwind(AssertUnwindSafe(|| (self.work)(job)));
        }
    }

    fn next(&self) -> Option<J> {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.leases == 0 {
                state.running = false;
                state.jobs = VecDeque::new();
                return None;
            }
            state = crate::ffi::process::wait::Patience::Unlimited
                .wait(&self.changed, state)
                .0;
        }
    }
}

/// Keeps a service's thread.
pub(in crate::ffi) struct Lease<J: Send + 'static>(&'static Service<J>);

impl<J: Send + 'static> Drop for Lease<J> {
    fn drop(&mut self) {
        lock(&self.0.state).leases -= 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::Sender;
    use std::time::Duration;

    fn send(job: (Sender<u32>, u32)) {
        assert!(job.1 != 13, "the test wants it");
        job.0.send(job.1).unwrap();
    }

    #[test]
    fn jobs_run_in_order_and_the_thread_ends_with_the_last_lease() {
        let service: &'static _ = Box::leak(Box::new(Service::new("test", send)));
        let (sender, receiver) = std::sync::mpsc::channel();
        for round in 0..3 {
            let lease = service.lease().unwrap();
            for number in 0..20 {
                service.push((sender.clone(), number));
            }
            drop(lease);
            let seen: Vec<u32> = receiver.iter().take(19).collect();
            assert_eq!(
                seen,
                (0..20).filter(|n| *n != 13).collect::<Vec<_>>(),
                "round {round}"
            );
            while lock(&service.state).running {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}
