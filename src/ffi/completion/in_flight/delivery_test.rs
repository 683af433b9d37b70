//! Delivery of completions without allocation.

use std::ffi::c_void;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::*;
use crate::driver::{Echo, Echoed, Operation};
use crate::ffi::completion::admission::InFlightLimit;
use crate::ffi::completion::callback::Callback;
use crate::ffi::completion::queue::QueueObject;
use crate::ffi::counting_allocator::allocations;
use crate::ffi::process::handle;
use crate::ffi::types::zfssa_result_t;

/// More than the first allocation of any list would hold.
const MANY: usize = 200;

/// Operations in flight that have ended, with the completions to deliver.
fn ended(delivery: impl Fn() -> Delivery) -> Vec<(Arc<InFlight>, Completed)> {
    let limit = InFlightLimit::new(MANY);
    let one = || {
        let number = TicketNumber::new();
        let token = CancellationToken::new();
        let flight = InFlight::new(Echo::NAME, number, delivery(), 0, token, None, None);
        TICKETS.get().insert(number.0, Arc::clone(&flight));
        let output = Ok(Box::new(Echoed {
            message: "text".into(),
        }) as _);
        let ticket = number.ticket();
        let result = ResultObject::new(ticket, 0, "echo", 0, Duration::ZERO, output);
        let (_running, slot) = limit.admit().unwrap();
        let result = Arc::new(result);
        (flight, Completed { result, slot })
    };
    std::iter::repeat_with(one).take(MANY).collect()
}

fn deliver(ended: Vec<(Arc<InFlight>, Completed)>) {
    for (flight, completed) in ended {
        flight.complete(completed);
    }
}

#[test]
fn delivery_to_a_waiting_thread_does_not_allocate() {
    let ended = ended(|| Delivery::Wait);
    let flights: Vec<_> = ended.iter().map(|(flight, _)| Arc::clone(flight)).collect();
    assert_eq!(allocations(|| deliver(ended)), 0);
    for flight in flights {
        assert!(flight.wait(WaitLimit::None).is_ok());
    }
}

#[test]
fn delivery_of_an_abandoned_ticket_does_not_allocate() {
    let ended = ended(|| Delivery::Nowhere);
    assert_eq!(allocations(|| deliver(ended)), 0);
}

#[test]
fn delivery_to_a_queue_does_not_allocate() {
    let queue = Arc::new(QueueObject::default());
    queue.descriptor().unwrap();
    let ended = ended(|| Delivery::Queue(queue.reserve(1).unwrap()));
    assert_eq!(allocations(|| deliver(ended)), 0);
    assert_eq!(queue.next(MANY, WaitLimit::None).unwrap().len(), MANY);
}

unsafe extern "C" fn on_completion(context: *mut c_void, result: *mut zfssa_result_t) {
    drop(handle::take(result));
    // SAFETY: the context is the sender below, which lives as long as the process.
    let sender = unsafe { &*context.cast::<Sender<()>>() };
    sender.send(()).unwrap();
}

#[test]
fn delivery_to_the_callback_thread_does_not_allocate() {
    let (sender, called) = channel::<()>();
    let callback = Callback {
        function: on_completion,
        context: std::ptr::from_mut(Box::leak(Box::new(sender))).cast(),
        drop: None,
    };
    let ended = ended(|| Delivery::Callback(ReservedCallback::new(callback).unwrap()));
    assert_eq!(allocations(|| deliver(ended)), 0);
    assert_eq!(called.iter().take(MANY).count(), MANY);
}
