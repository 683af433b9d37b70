//! Completion queues, with a file descriptor that is readable if and only if there is an event.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex};

use crate::error::{Error, Result, Status};
use crate::ffi::completion::in_flight::Completed;
use crate::ffi::completion::progress::Teller;
use crate::ffi::completion::transfer::Offer;
use crate::ffi::guard::{self, Out};
use crate::ffi::process::callback_thread;
use crate::ffi::process::handle::{self, Handle};
use crate::ffi::process::wait::{Patience, lock};
use crate::ffi::types::{
    zfssa_error_t, zfssa_queue_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// An operation completed: `ticket`, `user_data` and `result` are set. The result is yours. It is
/// the operation's last event.
pub const ZFSSA_EV_COMPLETION: u32 = 1;
/// Somebody called zfssa_queue_wake().
pub const ZFSSA_EV_WAKE: u32 = 2;

/// An operation that was called with ZFSSA_CALL_PROGRESS got further: `ticket`, `user_data` and
/// `result` are set. zfssa_result_progress() says how far. The result is yours. A later one
/// replaces one that nobody took yet, so not each step is seen.
pub const ZFSSA_EV_PROGRESS: u32 = 3;

/// A zfssa_clone_image() without a function and without a file asks for its image: `ticket`,
/// `user_data` and `result` are set. zfssa_result_connection() says where to write, and
/// zfssa_transfer_finish() ends it. The result is yours. Whoever takes the event answers for it:
/// the operation waits until its time is over.
pub const ZFSSA_EV_TRANSFER: u32 = 4;

/// Something that happened. Skip kinds that you do not know; more may follow, and so may
/// members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_event_t {
    /// One of the ZFSSA_EV_ numbers.
    pub kind: u32,
    /// 0 in this version.
    pub flags: u32,
    /// The operation's ticket, no longer needed after its completion; else 0.
    pub ticket: zfssa_ticket_t,
    /// What the host gave at submission; else 0.
    pub user_data: u64,
    /// How the operation ended, or how it stands; else NULL. Free it with zfssa_result_free(),
    /// whatever the kind.
    pub result: *mut zfssa_result_t,
}

/// A queue in the host's hands. Operations in flight keep it alive behind the host's back.
#[derive(Default)]
pub(in crate::ffi) struct QueueObject {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    /// Events that the operations in flight may still need room for.
    promised: usize,
    wake: bool,
    closed: bool,
    /// The eventfd, made when it is first asked for. Holds 1 while there are events, else 0.
    signal: Option<File>,
}

/// What happened.
pub(in crate::ffi) enum Event {
    Completion(Completed),
    Progress(Arc<Teller>),
    Transfer(Offer),
    Wake,
}

impl Handle for zfssa_queue_t {
    type Object = QueueObject;
    const KIND: &'static str = "queue";
}

impl State {
    /// Sets the signal when the first event comes.
    fn push(&mut self, event: Event) {
        self.events.push_back(event);
        if self.events.len() == 1
            && !canary!("queue-fd-not-set")
            && let Some(mut signal) = self.signal.as_ref()
        {
            // Cannot fail: the counter is 0.
            let _ = signal.write(&1u64.to_ne_bytes());
        }
    }

    /// Takes events, and the signal back with the last one.
    fn pop(&mut self, most: usize) -> Vec<Event> {
        let count = most.min(self.events.len());
        let taken: Vec<Event> = self.events.drain(..count).collect();
        if count > 0
            && !canary!("queue-fd-not-drained")
            && self.events.is_empty()
            && let Some(mut signal) = self.signal.as_ref()
        {
            // Cannot fail: the counter is 1.
            let _ = signal.read(&mut [0; 8]);
        }
        if taken.iter().any(|event| matches!(event, Event::Wake)) {
            self.wake = false;
        }
        taken
    }
}

impl QueueObject {
    /// Makes room for so many events of one operation, so that none of them can fail later.
    pub(in crate::ffi) fn reserve(self: &Arc<Self>, events: usize) -> Result<Seat> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(closed());
        }
        state.promised += events;
        // One more for the wake-up.
        let room = state.promised + 1;
        state.events.reserve(room);
        Ok(Seat {
            queue: Arc::clone(self),
            events,
        })
    }

    /// Puts an event of an operation in flight into the room that was made for it. On a queue
    /// that the host freed, it goes nowhere.
    pub(in crate::ffi) fn push_event(&self, event: Event) {
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

    fn next(&self, most: usize, patience: Patience) -> Result<Vec<Event>> {
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
            let (guard, in_time) = patience.wait(&self.filled, state);
            state = guard;
            if !in_time {
                return Ok(Vec::new());
            }
        }
    }

    fn wake(&self) {
        let mut state = lock(&self.state);
        if !state.wake && !state.closed {
            state.wake = true;
            state.push(Event::Wake);
            self.filled.notify_one();
        }
    }

    fn descriptor(&self) -> Result<i32> {
        let mut state = lock(&self.state);
        if let Some(signal) = &state.signal {
            return Ok(signal.as_raw_fd());
        }
        let initial = u32::from(!state.events.is_empty());
        // SAFETY: takes numbers only.
        let fd = unsafe { libc::eventfd(initial, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(
                Error::new(Status::LocalIo, "no file descriptor for the queue")
                    .with_cause(std::io::Error::last_os_error()),
            );
        }
        // SAFETY: eventfd just made this descriptor, and nobody else owns it.
        state.signal = Some(unsafe { OwnedFd::from_raw_fd(fd) }.into());
        Ok(fd)
    }

    fn close(&self) {
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
    Error::new(Status::Closed, "the queue was freed")
}

/// The room of one operation on a queue.
pub(in crate::ffi) struct Seat {
    queue: Arc<QueueObject>,
    events: usize,
}

impl Seat {
    pub(in crate::ffi) fn queue(&self) -> &Arc<QueueObject> {
        &self.queue
    }

    /// Puts the completion on the queue, and gives up the room that was not needed.
    pub(in crate::ffi) fn complete(self, completed: Completed) {
        let mut state = lock(&self.queue.state);
        state.promised = state.promised.saturating_sub(self.events);
        drop(state);
        self.queue.push_event(Event::Completion(completed));
    }
}

/// Makes a queue. It is independent of any driver and outlives them if need be.
///
/// `queue`: free it with zfssa_queue_free(); NULL on failure.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_new(
    queue: *mut *mut zfssa_queue_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `queue` and `err` are NULL or writable, as the header asks.
    unsafe {
        guard::status(err, || {
            let queue = Out::new(queue, "queue", std::ptr::null_mut())?;
            queue.set(handle::give(Arc::new(QueueObject::default())));
            Ok(())
        })
    }
}

/// Takes events in the order in which they came. Several threads may take from one queue.
///
/// `events`: an array of `max` events of `event_size` bytes each, which is
/// sizeof(zfssa_event_t). `count`: how many were taken. ZFSSA_OK with a count of 0 means that
/// the time was over; ZFSSA_E_CLOSED, that the queue was freed meanwhile.
///
/// `timeout_ms`: 0 only looks, -1 waits without a limit.
///
/// Blocks up to timeout_ms. Any thread; ZFSSA_E_WOULD_DEADLOCK inside a callback, unless
/// timeout_ms is 0. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_next(
    queue: *mut zfssa_queue_t,
    events: *mut zfssa_event_t,
    event_size: u32,
    max: u32,
    timeout_ms: i64,
    count: *mut u32,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `count` and `err` are NULL or writable, and `events` has `max` places of
    // `event_size` bytes, as the header asks.
    unsafe {
        guard::status(err, || {
            let count = Out::new(count, "count", 0)?;
            let places = Places::new(events, event_size, max)?;
            let patience = Patience::from_ms(timeout_ms)?;
            let queue = handle::get(queue)?;
            callback_thread::may_block("zfssa_queue_next", patience)?;
            let taken = queue.next(max as usize, patience)?;
            count.set(taken.len() as u32);
            for (at, event) in taken.into_iter().enumerate() {
                places.write(at, give(event));
            }
            Ok(())
        })
    }
}

fn give(event: Event) -> zfssa_event_t {
    let mut given = zfssa_event_t {
        kind: ZFSSA_EV_WAKE,
        flags: 0,
        ticket: 0,
        user_data: 0,
        result: std::ptr::null_mut(),
    };
    let (kind, result) = match event {
        Event::Completion(completed) => (ZFSSA_EV_COMPLETION, Some(completed.take().0)),
        Event::Progress(teller) => (ZFSSA_EV_PROGRESS, Some(teller.take())),
        Event::Transfer(offer) => (ZFSSA_EV_TRANSFER, offer.take()),
        Event::Wake => (ZFSSA_EV_WAKE, None),
    };
    given.kind = kind;
    if let Some(result) = result {
        given.ticket = result.ticket();
        given.user_data = result.user_data();
        given.result = handle::give(result);
    }
    given
}

/// The host's array of events, in the size that events had when the host was built.
struct Places {
    first: *mut u8,
    size: usize,
}

impl Places {
    /// # Safety
    ///
    /// `events` is NULL or has `max` places of `size` bytes that can be written for as long as
    /// the `Places` live.
    unsafe fn new(events: *mut zfssa_event_t, size: u32, max: u32) -> Result<Places> {
        if events.is_null() {
            return Err(Error::invalid_argument(
                "events",
                "NULL",
                "give a place for events",
            ));
        }
        if max == 0 {
            return Err(Error::invalid_argument(
                "max",
                max,
                "give places for at least one event",
            ));
        }
        // Events of version 1.0 are the shortest; those of later versions are bounded by reason.
        if !(size_of::<zfssa_event_t>() as u32..=4096).contains(&size) {
            return Err(Error::invalid_argument(
                "event_size",
                size,
                "give sizeof(zfssa_event_t)",
            ));
        }
        Ok(Places {
            first: events.cast(),
            size: size as usize,
        })
    }

    fn write(&self, at: usize, event: zfssa_event_t) {
        // SAFETY: `at` is below `max`, since no more events are taken, and a place is at least
        // as long as an event. What the host knows beyond that is zero.
        unsafe {
            let place = self.first.add(at * self.size);
            place.cast::<zfssa_event_t>().write_unaligned(event);
            let known = size_of::<zfssa_event_t>();
            place.add(known).write_bytes(0, self.size - known);
        }
    }
}

/// A file descriptor for poll(), epoll or kqueue-like loops: readable if and only if the queue
/// is not empty. Only poll it: do not read, write or close it, and do not touch it in the child
/// of a fork, which would share it with the parent. It is an eventfd, non-blocking and closed
/// by exec, made at the first call, and gone with the queue. In an edge-triggered loop, take
/// events until a call returns fewer than `max`.
///
/// `fd`: -1 on failure.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_fd(
    queue: *mut zfssa_queue_t,
    fd: *mut i32,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `fd` and `err` are NULL or writable, as the header asks.
    unsafe {
        guard::status(err, || {
            let fd = Out::new(fd, "fd", -1)?;
            fd.set(handle::get(queue)?.descriptor()?);
            Ok(())
        })
    }
}

/// Puts an event ZFSSA_EV_WAKE on the queue, to make whoever waits look up. While one is there
/// that nobody took, another does nothing.
///
/// Does not block. Any thread. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_wake(
    queue: *mut zfssa_queue_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    unsafe {
        guard::status(err, || {
            handle::get(queue)?.wake();
            Ok(())
        })
    }
}

/// Frees a queue, the events that nobody took, and their results. NULL is fine. Operations that
/// would complete on it go on, and their results are thrown away. A thread that waits in
/// zfssa_queue_next() gets ZFSSA_E_CLOSED.
///
/// Does not block. Any thread, callbacks included. Since 1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_free(queue: *mut zfssa_queue_t) {
    guard::quiet(|| {
        if let Some(queue) = handle::take(queue) {
            queue.close();
        }
    });
}
