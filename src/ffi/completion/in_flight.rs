//! Operations in flight, each of which completes exactly once.
//!
//! An operation is in one of three states, under one lock:
//!
//! ```text
//! Running(place) ──completes──▶ Done(result)   where the place is to be waited for
//!        │                         │ zfssa_ticket_wait, zfssa_ticket_abandon
//!        └──completes──▶ Taken ◀───┘           queue, callback or nowhere: handed on at once
//! ```
//!
//! A [`Completer`] travels with the operation's future. It completes the operation when the future
//! ends, and also when the future is dropped: by a panic in it, or with the engine. So no path
//! avoids the completion, and the completer can be used only once.

#[cfg(test)]
mod delivery_test;

use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::driver::TransferReply;
use crate::error::{Error, Outcome, Result, Status};
use crate::ffi::completion::admission::{InFlightSlot, RunningOperation};
use crate::ffi::completion::callback::ReservedCallback;
use crate::ffi::completion::progress::ProgressReporter;
use crate::ffi::completion::queue::{QueueEvent, QueueReservation};
use crate::ffi::completion::result::{AnyOutput, Completion, ResultObject};
use crate::ffi::process::per_process::PerProcess;
use crate::ffi::process::registry::{Absent, Registry};
use crate::ffi::process::wait::{WaitLimit, lock};
use crate::ffi::types::zfssa_ticket_t;
use crate::scope::Scope;
use crate::scope::traceparent::Traceparent;

/// The operations in flight, and those whose results were not taken yet.
static TICKETS: PerProcess<Registry<Arc<InFlight>>> =
    PerProcess::new(|inherited| Registry::after(inherited.map_or(0, Registry::last)));

/// Tickets are spread over all 64-bit numbers, so that an index or a counter mistaken for one is
/// detected. Odd, hence there is an inverse.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
const GATHER: u64 = inverse(SPREAD);

const fn inverse(odd: u64) -> u64 {
    // Newton's iteration doubles the number of right bits, beginning with three.
    let mut inverse = odd;
    let mut round = 0;
    while round < 5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
}

const _: () = assert!(SPREAD.wrapping_mul(GATHER) == 1);

/// The number behind a ticket.
#[derive(Clone, Copy)]
pub(in crate::ffi) struct TicketNumber(u64);

impl TicketNumber {
    /// A number that was never used before.
    pub(in crate::ffi) fn new() -> TicketNumber {
        TicketNumber(TICKETS.get().number())
    }

    /// The ticket that the host gets.
    pub(in crate::ffi) fn ticket(self) -> zfssa_ticket_t {
        self.0.wrapping_mul(SPREAD)
    }
}

/// Where the completion goes.
pub(in crate::ffi) enum Delivery {
    /// Kept for zfssa_ticket_wait().
    Wait,
    /// An event on a queue.
    Queue(QueueReservation),
    /// A callback.
    Callback(ReservedCallback),
    /// Discarded: the ticket was detached.
    Nowhere,
}

/// An operation between its submission and the moment when its result is taken.
pub(in crate::ffi) struct InFlight {
    number: TicketNumber,
    operation: &'static str,
    user_data: u64,
    submitted: Instant,
    cancel: CancellationToken,
    /// Reports progress, if the host asked for it.
    reporter: Option<Arc<ProgressReporter>>,
    traceparent: Option<Traceparent>,
    /// The reply to an image transfer, while one is pending.
    transfer: Mutex<Option<TransferReply>>,
    state: Mutex<FlightState>,
    done: Condvar,
}

enum FlightState {
    Running(Delivery),
    Done(Completed),
    Taken,
}

/// A completion that was not taken yet.
pub(in crate::ffi) struct Completed {
    result: Arc<ResultObject>,
    slot: InFlightSlot,
}

impl Completed {
    #[cfg(feature = "canary")]
    fn again(&self) -> Completed {
        Completed {
            result: Arc::clone(&self.result),
            slot: self.slot.again(),
        }
    }

    /// The result, and the slot of the driver's limit that it held until now.
    pub(in crate::ffi) fn take(self) -> (Arc<ResultObject>, InFlightSlot) {
        (self.result, self.slot)
    }
}

impl InFlight {
    /// An operation that is not registered yet.
    pub(in crate::ffi) fn new(
        operation: &'static str,
        number: TicketNumber,
        place: Delivery,
        user_data: u64,
        cancel: CancellationToken,
        reporter: Option<Arc<ProgressReporter>>,
        traceparent: Option<Traceparent>,
    ) -> Arc<InFlight> {
        Arc::new(InFlight {
            number,
            operation,
            user_data,
            submitted: Instant::now(),
            cancel,
            reporter,
            traceparent,
            transfer: Mutex::default(),
            state: Mutex::new(FlightState::Running(place)),
            done: Condvar::new(),
        })
    }

    /// Registers the operation. From here on it completes exactly once.
    pub(in crate::ffi) fn begin(
        self: Arc<Self>,
        admitted: (RunningOperation, InFlightSlot),
        scope: Scope,
    ) -> Completer {
        TICKETS.get().insert(self.number.0, Arc::clone(&self));
        let (running, slot) = admitted;
        Completer(Some(Pending {
            flight: self,
            slot,
            scope,
            _running: running,
        }))
    }

    fn ticket(&self) -> zfssa_ticket_t {
        self.number.ticket()
    }

    /// Begins an image transfer: the operation waits for the host's reply from here on.
    pub(in crate::ffi) fn put_transfer(&self, answer: TransferReply) {
        *lock(&self.transfer) = Some(answer);
    }

    /// Takes the pending reply; its owner answers the transfer.
    pub(in crate::ffi) fn take_transfer(&self) -> Option<TransferReply> {
        lock(&self.transfer).take()
    }

    /// Whether an image transfer is pending.
    pub(in crate::ffi) fn transfers(&self) -> bool {
        let answer = lock(&self.transfer);
        answer.as_ref().is_some_and(|answer| !answer.is_moot())
    }

    /// A result about an operation that goes on.
    pub(in crate::ffi) fn so_far(&self, output: Box<dyn AnyOutput>) -> ResultObject {
        ResultObject::new(
            self.ticket(),
            self.user_data,
            self.operation,
            0,
            self.submitted.elapsed(),
            Ok(output),
        )
        .traced(self.traceparent.as_ref())
    }

    /// Puts an event on the operation's queue, in which there is room for it.
    pub(in crate::ffi) fn post(&self, event: QueueEvent) {
        let queue = match &*lock(&self.state) {
            FlightState::Running(Delivery::Queue(seat)) => Some(Arc::clone(seat.queue())),
            _ => None,
        };
        // Without a queue it is dropped; dropping a transfer offer abandons the transfer.
        if let Some(queue) = queue {
            queue.push_event(event);
        }
    }

    fn forget(&self) {
        TICKETS.get().remove(self.number.0);
    }

    fn complete(&self, completed: Completed) {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, FlightState::Taken) {
            FlightState::Running(Delivery::Wait) => {
                *state = FlightState::Done(completed);
                drop(state);
                if canary!("completion-not-told") {
                    return;
                }
                self.done.notify_all();
            }
            FlightState::Running(place) => {
                drop(state);
                self.forget();
                match place {
                    Delivery::Queue(seat) => seat.complete(completed),
                    Delivery::Callback(callback) => callback.complete(completed),
                    Delivery::Nowhere | Delivery::Wait => drop(completed),
                }
            }
            // Impossible: a completer completes once, and there is no other.
            settled => *state = settled,
        }
    }

    pub(in crate::ffi) fn wait(&self, limit: WaitLimit) -> Result<Completed> {
        let mut state = lock(&self.state);
        loop {
            match std::mem::replace(&mut *state, FlightState::Taken) {
                FlightState::Done(completed) => {
                    #[cfg(feature = "canary")]
                    if canary!("completed-twice") {
                        *state = FlightState::Done(completed.again());
                        return Ok(completed);
                    }
                    drop(state);
                    self.forget();
                    return Ok(completed);
                }
                settled => *state = settled,
            }
            if !matches!(*state, FlightState::Running(Delivery::Wait)) {
                return Err(stale(self.operation));
            }
            let (guard, in_time) = limit.wait(&self.done, state);
            state = guard;
            if !in_time {
                let message = format!(
                    "{}: is still under way: wait again, the ticket stays valid",
                    self.operation
                );
                return Err(Error::new(Status::TimedOut, message));
            }
        }
    }

    /// Asks the operation to stop.
    pub(in crate::ffi) fn cancel(&self) {
        self.cancel.cancel();
    }

    pub(in crate::ffi) fn detach(&self) -> Result<()> {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, FlightState::Taken) {
            FlightState::Running(Delivery::Wait) => {
                *state = FlightState::Running(Delivery::Nowhere);
                drop(state);
                // A thread that waits for the ticket gets ZFSSA_E_STALE.
                self.done.notify_all();
                Ok(())
            }
            FlightState::Done(completed) => {
                drop(state);
                self.forget();
                drop(completed);
                Ok(())
            }
            settled => {
                *state = settled;
                Err(stale(self.operation))
            }
        }
    }
}

pub(in crate::ffi) fn stale(operation: &str) -> Error {
    let message = format!(
        "ticket of {operation}: was taken or abandoned, or belongs to a queue or a callback"
    );
    Error::new(Status::Stale, message)
}

/// Completes an operation once, also if its future is dropped.
pub(in crate::ffi) struct Completer(Option<Pending>);

struct Pending {
    flight: Arc<InFlight>,
    slot: InFlightSlot,
    scope: Scope,
    // Declared last, so that it is dropped last: a driver is idle only when the completion of
    // its last operation was handed on.
    _running: RunningOperation,
}

impl Completer {
    /// Completes with the operation's output or error.
    pub(in crate::ffi) fn finish(mut self, outcome: Completion) {
        if let Some(pending) = self.0.take() {
            pending.complete(outcome);
        }
    }
}

impl Drop for Completer {
    fn drop(&mut self) {
        if let Some(pending) = self.0.take() {
            let error = pending.abandoned();
            pending.complete(Err(error));
        }
    }
}

impl Pending {
    /// Why the future was dropped before its end.
    fn abandoned(&self) -> Error {
        // What was sent may have been done. If nothing was sent, nothing was.
        let outcome = match self.scope.requests() {
            0 => Outcome::None,
            _ => Outcome::Unknown,
        };
        let error = if std::thread::panicking() {
            Error::new(
                Status::Internal,
                "a defect in libzfssa, please report it: the operation panicked",
            )
        } else {
            Error::new(
                Status::Shutdown,
                "the engine ended before the operation did",
            )
        };
        error
            .with_outcome(outcome)
            .in_operation(self.flight.operation, "")
    }

    fn complete(self, outcome: Completion) {
        let flight = &self.flight;
        if let Some(reporter) = &flight.reporter {
            reporter.close();
        }
        drop(flight.take_transfer());
        let result = ResultObject::new(
            flight.ticket(),
            flight.user_data,
            flight.operation,
            self.scope.requests(),
            flight.submitted.elapsed(),
            outcome,
        );
        let result = Arc::new(result.traced(flight.traceparent.as_ref()));
        flight.complete(Completed {
            result,
            slot: self.slot,
        });
    }
}

/// The operation of a ticket; `None` if it completed and its result was taken.
pub(in crate::ffi) fn find(ticket: zfssa_ticket_t) -> Result<Option<Arc<InFlight>>> {
    match TICKETS.get().with(ticket.wrapping_mul(GATHER), Arc::clone) {
        Ok(flight) => Ok(Some(flight)),
        Err(Absent::Gone) => Ok(None),
        Err(Absent::Inherited) => Err(Error::new(
            Status::Forked,
            "ticket: belongs to an operation submitted before fork(): use it in the parent process",
        )),
        Err(Absent::Unknown) => Err(Error::new(
            Status::Stale,
            format!("ticket {ticket}: is unknown: pass the ticket that a call returned"),
        )),
    }
}
