//! Worker threads, which run jobs in order while a lease exists.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};

use crate::error::{Error, Result, Status};
use crate::ffi::process::signals;
use crate::ffi::process::wait::{WaitLimit, lock};

/// Enough for any callback that runs on the thread.
const STACK: usize = 8 << 20;

/// Work for a [`Worker`].
pub(in crate::ffi) trait WorkerJob: Send {
    /// Does it, on the worker's thread.
    fn run(self: Box<Self>);
}

/// A thread that runs while there is a [`WorkerLease`] or a job.
pub(in crate::ffi) struct Worker {
    name: &'static str,
    /// Runs before each job.
    prepare: fn(),
    state: Mutex<WorkerState>,
    changed: Condvar,
}

#[derive(Default)]
struct WorkerState {
    jobs: VecDeque<Box<dyn WorkerJob>>,
    /// Jobs announced by [`Worker::reserve`] and not pushed yet.
    reserved: usize,
    leases: usize,
    running: bool,
}

impl Worker {
    /// A worker whose thread does not run yet. On the thread, `prepare` runs before each job.
    pub(in crate::ffi) fn new(name: &'static str, prepare: fn()) -> Self {
        Worker {
            name,
            prepare,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Makes sure that the thread runs until the lease is dropped, and longer while there are
    /// jobs.
    pub(in crate::ffi) fn lease(&'static self) -> Result<WorkerLease> {
        let mut state = lock(&self.state);
        if !state.running {
            let thread = std::thread::Builder::new()
                .name(self.name.into())
                .stack_size(STACK);
            signals::blocked(|| thread.spawn(move || self.run())).map_err(|error| {
                let message = format!(
                    "thread {}: could not be started: raise the limit of threads",
                    self.name
                );
                Error::new(Status::LocalIo, message).with_cause(error)
            })?;
            state.running = true;
        }
        state.leases += 1;
        Ok(WorkerLease(self))
    }

    /// Makes room for one job, so that pushing it later allocates nothing.
    pub(in crate::ffi) fn reserve(&self) {
        let mut state = lock(&self.state);
        state.reserved += 1;
        let room = state.reserved;
        state.jobs.reserve(room);
    }

    /// Hands over a job for which room was reserved.
    pub(in crate::ffi) fn push_reserved(&self, job: Box<dyn WorkerJob>) {
        let mut state = lock(&self.state);
        state.reserved = state.reserved.saturating_sub(1);
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
    }

    /// Hands over a job.
    pub(in crate::ffi) fn push(&self, job: Box<dyn WorkerJob>) {
        lock(&self.state).jobs.push_back(job);
        self.changed.notify_one();
    }

    fn run(&self) {
        while let Some(job) = self.next() {
            // No caller waits for the result of the job; a panic in it must not end the thread.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                (self.prepare)();
                job.run();
            }));
        }
    }

    fn next(&self) -> Option<Box<dyn WorkerJob>> {
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
            state = WaitLimit::Unlimited.wait(&self.changed, state).0;
        }
    }
}

/// Keeps a worker's thread running.
pub(in crate::ffi) struct WorkerLease(&'static Worker);

impl Drop for WorkerLease {
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

    struct Send(Sender<u32>, u32);

    impl WorkerJob for Send {
        fn run(self: Box<Self>) {
            assert!(self.1 != 13, "the test wants it");
            self.0.send(self.1).unwrap();
        }
    }

    #[test]
    fn jobs_run_in_order_and_the_thread_ends_with_the_last_lease() {
        let worker: &'static _ = Box::leak(Box::new(Worker::new("test", || ())));
        let (sender, receiver) = std::sync::mpsc::channel();
        for round in 0..3 {
            let lease = worker.lease().unwrap();
            for number in 0..20 {
                worker.push(Box::new(Send(sender.clone(), number)));
            }
            drop(lease);
            let seen: Vec<u32> = receiver.iter().take(19).collect();
            assert_eq!(
                seen,
                (0..20).filter(|n| *n != 13).collect::<Vec<_>>(),
                "round {round}"
            );
            while lock(&worker.state).running {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}
