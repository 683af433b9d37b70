//! Completion queues, with a file descriptor that is readable if and only if there is an event.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex};

use crate::error::{Error, Result, Status};
use crate::ffi::completion::image_transfer::TransferOffer;
use crate::ffi::completion::in_flight::Completed;
use crate::ffi::completion::log_feed::LogFeed;
use crate::ffi::completion::progress::ProgressReporter;
use crate::ffi::process::handle::Handle;
use crate::ffi::process::wait::{WaitLimit, lock};
use crate::ffi::types::zfssa_queue_t;

/// A queue object. Operations in flight keep it alive after the host freed it.
#[derive(Default)]
pub(in crate::ffi) struct QueueObject {
    state: Mutex<QueueState>,
    filled: Condvar,
}

#[derive(Default)]
struct QueueState {
    events: VecDeque<QueueEvent>,
    /// Events that the operations in flight may still need room for.
    promised: usize,
    wake: bool,
    closed: bool,
    /// The eventfd, made when it is first asked for. Holds 1 while there are events, else 0.
    signal: Option<File>,
}

/// An event on a queue.
pub(in crate::ffi) enum QueueEvent {
    Completion(Completed),
    Progress(Arc<ProgressReporter>),
    Transfer(TransferOffer),
    Log(Arc<LogFeed>),
    Wake,
}

impl Handle for zfssa_queue_t {
    type Object = QueueObject;
    const KIND: &'static str = "queue";
}

impl QueueState {
    /// Sets the signal when the first event comes.
    fn push(&mut self, event: QueueEvent) {
        self.events.push_back(event);
        if self.events.len() == 1
            && !canary!("queue-fd-not-set")
            && let Some(mut signal) = self.signal.as_ref()
        {
            // Cannot fail: the counter is 0.
            let _ = signal.write(&1u64.to_ne_bytes());
        }
    }

    /// Takes events, and clears the signal with the last one.
    fn pop(&mut self, most: usize) -> Vec<QueueEvent> {
        let count = most.min(self.events.len());
        let taken: Vec<QueueEvent> = self.events.drain(..count).collect();
        if count > 0
            && !canary!("queue-fd-not-drained")
            && self.events.is_empty()
            && let Some(mut signal) = self.signal.as_ref()
        {
            // Cannot fail: the counter is 1.
            let _ = signal.read(&mut [0; 8]);
        }
        if taken.iter().any(|event| matches!(event, QueueEvent::Wake)) {
            self.wake = false;
        }
        taken
    }
}

impl QueueObject {
    /// Reserves room for so many events of one operation or log, so that none of them can fail
    /// later.
    pub(in crate::ffi) fn reserve(self: &Arc<Self>, events: usize) -> Result<QueueReservation> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(closed());
        }
        state.promised += events;
        // One more for the wake-up.
        let room = state.promised + 1;
        state.events.reserve(room);
        Ok(QueueReservation {
            queue: Arc::clone(self),
            events,
        })
    }

    /// Puts an event into the room that was made for it. On a queue that the host freed, it goes
    /// nowhere.
    pub(in crate::ffi) fn push_event(&self, event: QueueEvent) {
        let mut state = lock(&self.state);
        let full = state.events.len() > 8 && canary!("event-lost-when-full");
        if state.closed || full {
            drop(state);
            drop(event);
            return;
        }
        state.push(event);
        drop(state);
        self.filled.notify_one();
    }

    pub(in crate::ffi) fn next(&self, most: usize, limit: WaitLimit) -> Result<Vec<QueueEvent>> {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return Err(closed());
            }
            let events = state.pop(most);
            if !events.is_empty() {
                if !state.events.is_empty() {
                    self.filled.notify_one();
                }
                return Ok(events);
            }
            let (guard, in_time) = limit.wait(&self.filled, state);
            state = guard;
            if !in_time {
                return Ok(Vec::new());
            }
        }
    }

    pub(in crate::ffi) fn wake(&self) {
        let mut state = lock(&self.state);
        if !state.wake && !state.closed {
            state.wake = true;
            state.push(QueueEvent::Wake);
            self.filled.notify_one();
        }
    }

    pub(in crate::ffi) fn descriptor(&self) -> Result<i32> {
        let mut state = lock(&self.state);
        if let Some(signal) = &state.signal {
            return Ok(signal.as_raw_fd());
        }
        let initial = u32::from(!state.events.is_empty());
        // SAFETY: takes numbers only.
        let fd = unsafe { libc::eventfd(initial, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(Error::new(
                Status::LocalIo,
                "queue: no file descriptor could be created: raise the limit of open files",
            )
            .with_cause(std::io::Error::last_os_error()));
        }
        // SAFETY: eventfd just made this descriptor, and it has no other owner.
        state.signal = Some(unsafe { OwnedFd::from_raw_fd(fd) }.into());
        Ok(fd)
    }

    pub(in crate::ffi) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let left = std::mem::take(&mut state.events);
        let signal = state.signal.take();
        drop(state);
        self.filled.notify_all();
        if canary!("fd-leaked") {
            std::mem::forget(signal);
            return;
        }
        drop((left, signal));
    }
}

fn closed() -> Error {
    Error::new(Status::Closed, "queue: was freed: create another one")
}

/// The room of one operation, or of the log of one driver, on a queue.
pub(in crate::ffi) struct QueueReservation {
    queue: Arc<QueueObject>,
    events: usize,
}

impl QueueReservation {
    pub(in crate::ffi) fn queue(&self) -> &Arc<QueueObject> {
        &self.queue
    }

    /// Puts the completion on the queue, and releases the room that was not needed.
    pub(in crate::ffi) fn complete(self, completed: Completed) {
        self.release();
        self.queue.push_event(QueueEvent::Completion(completed));
    }

    /// Releases the room. To be called once, before the last event or instead of one.
    pub(in crate::ffi) fn release(&self) {
        let mut state = lock(&self.queue.state);
        state.promised = state.promised.saturating_sub(self.events);
    }
}
