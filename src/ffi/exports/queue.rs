//! Exports on queues, and the events that they give.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::ffi::completion::queue::{QueueEvent, QueueObject};
use crate::ffi::guard::{self, ErrorOut, Out};
use crate::ffi::process::callback_thread;
use crate::ffi::process::handle;
use crate::ffi::process::wait::WaitLimit;
use crate::ffi::types::{
    zfssa_error_t, zfssa_queue_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// An operation completed; it is the operation's last event. `ticket`, `user_data` and `result` are
/// set; the caller frees the result.
pub const ZFSSA_EV_COMPLETION: u32 = 1;
/// zfssa_queue_wake() was called.
pub const ZFSSA_EV_WAKE: u32 = 2;

/// Progress of an operation called with ZFSSA_CALL_PROGRESS; see zfssa_result_progress(). `ticket`,
/// `user_data` and `result` are set; the caller frees the result. A newer report replaces one that
/// was not taken yet.
pub const ZFSSA_EV_PROGRESS: u32 = 3;

/// zfssa_clone_image(), called without a callback and without a file, requests its image: write it
/// through zfssa_result_connection(), then call zfssa_transfer_finish(). `ticket`, `user_data` and
/// `result` are set; the caller frees the result. The operation waits until its deadline.
pub const ZFSSA_EV_TRANSFER: u32 = 4;

/// Log records of a driver, after zfssa_driver_set_log_queue(); see zfssa_result_log(). `user_data`
/// and `result` are set; the caller frees the result. The records of an operation come before its
/// completion.
pub const ZFSSA_EV_LOG: u32 = 5;

/// A queue event. Ignore events of an unknown kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_event_t {
    /// One of the ZFSSA_EV_ numbers.
    pub kind: u32,
    /// 0 in this version.
    pub flags: u32,
    /// Ticket of the operation, or 0.
    pub ticket: zfssa_ticket_t,
    /// The `user_data` of the call or of the log, or 0.
    pub user_data: u64,
    /// Result, progress or request of the operation, log records, or NULL. Free it with
    /// zfssa_result_free(), whatever the kind.
    pub result: *mut zfssa_result_t,
}

/// Creates a queue. It is independent of any driver and may outlive them.
///
/// `queue`: free it with zfssa_queue_free(); NULL on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_new(
    queue: *mut *mut zfssa_queue_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `queue` is NULL or writable, as the header asks.
        let queue = unsafe { Out::new(queue, "queue", std::ptr::null_mut()) }?;
        queue.set(handle::give(Arc::new(QueueObject::default())));
        Ok(())
    })
}

/// Takes events in the order of their arrival. Several threads may read one queue.
///
/// `events`: an array of `max` events of `event_size` bytes each, which is sizeof(zfssa_event_t).
/// `count`: number of events taken, 0 after the timeout. Fails with ZFSSA_E_CLOSED if the queue is
/// freed meanwhile.
///
/// `timeout_ms`: 0 does not wait, -1 waits without a limit.
///
/// Blocks up to timeout_ms. Fails with ZFSSA_E_WOULD_DEADLOCK inside a callback, unless timeout_ms
/// is 0.
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
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `count` is NULL or writable, as the header asks.
        let count = unsafe { Out::new(count, "count", 0) }?;
        // SAFETY: `events` is NULL or has `max` places of `event_size` bytes, as the header asks.
        let places = unsafe { EventArray::new(events, event_size, max) }?;
        let limit = WaitLimit::from_ms(timeout_ms)?;
        let queue = handle::get(queue)?;
        callback_thread::may_block("zfssa_queue_next", limit)?;
        let taken = queue.next(max as usize, limit)?;
        count.set(taken.len() as u32);
        for (at, event) in taken.into_iter().enumerate() {
            places.write(at, give(event));
        }
        Ok(())
    })
}

fn give(event: QueueEvent) -> zfssa_event_t {
    let mut given = zfssa_event_t {
        kind: ZFSSA_EV_WAKE,
        flags: 0,
        ticket: 0,
        user_data: 0,
        result: std::ptr::null_mut(),
    };
    let (kind, result) = match event {
        QueueEvent::Completion(completed) => (ZFSSA_EV_COMPLETION, Some(completed.take().0)),
        QueueEvent::Progress(teller) => (ZFSSA_EV_PROGRESS, Some(teller.take())),
        QueueEvent::Transfer(offer) => (ZFSSA_EV_TRANSFER, offer.take()),
        QueueEvent::Log(feed) => (ZFSSA_EV_LOG, Some(feed.take())),
        QueueEvent::Wake => (ZFSSA_EV_WAKE, None),
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
struct EventArray {
    first: *mut u8,
    size: usize,
}

impl EventArray {
    /// # Safety
    ///
    /// `events` is NULL or has `max` places of `size` bytes that can be written for as long as
    /// the `EventArray` live.
    unsafe fn new(events: *mut zfssa_event_t, size: u32, max: u32) -> Result<EventArray> {
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
        Ok(EventArray {
            first: events.cast(),
            size: size as usize,
        })
    }

    fn write(&self, at: usize, event: zfssa_event_t) {
        let known = size_of::<zfssa_event_t>();
        // SAFETY: the array has `max` places, and `at` is below it, since no more events are taken.
        let place = unsafe { self.first.add(at * self.size) };
        // SAFETY: a place is at least as long as an event, and may be unaligned.
        unsafe { place.cast::<zfssa_event_t>().write_unaligned(event) };
        // SAFETY: `known` is at most the length of the place.
        let rest = unsafe { place.add(known) };
        // SAFETY: these are the other bytes of the place. Members of a later version are zero.
        unsafe { rest.write_bytes(0, self.size - known) };
    }
}

/// File descriptor for poll() and epoll: readable if and only if the queue is not empty. Do not
/// read, write or close it, and do not use it in a forked child, which shares it with the parent.
/// It is a non-blocking eventfd with close-on-exec, created by the first call and closed with the
/// queue. In an edge-triggered loop, take events until a call returns fewer than `max`.
///
/// `fd`: -1 on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_fd(
    queue: *mut zfssa_queue_t,
    fd: *mut i32,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        // SAFETY: `fd` is NULL or writable, as the header asks.
        let fd = unsafe { Out::new(fd, "fd", -1) }?;
        fd.set(handle::get(queue)?.descriptor()?);
        Ok(())
    })
}

/// Posts ZFSSA_EV_WAKE, which wakes a waiting thread. Has no effect while an earlier one is in the
/// queue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_wake(
    queue: *mut zfssa_queue_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: `err` is NULL or writable, as the header asks.
    guard::status(unsafe { ErrorOut::new(err) }, || {
        handle::get(queue)?.wake();
        Ok(())
    })
}

/// Frees a queue, its events and their results. NULL is ignored. Operations that were to complete
/// on it continue, and their results are discarded. A thread that waits in zfssa_queue_next()
/// receives ZFSSA_E_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_queue_free(queue: *mut zfssa_queue_t) {
    guard::quiet(|| {
        if let Some(queue) = handle::take(queue) {
            queue.close();
        }
    });
}
