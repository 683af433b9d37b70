//! Operations in flight, and the promise that each completes exactly once.
//!
//! An operation is in one of three states, under one lock:
//!
//! ```text
//! Running(place) ──completes──▶ Done(result)   where the place is to be waited for
//!        │                         │ zfssa_wait, zfssa_detach
//!        └──completes──▶ Taken ◀───┘           queue, callback or nowhere: handed on at once
//! ```
//!
//! A [`Completer`] travels with the operation's future. It completes the operation when the
//! future ends, and also when the future is dropped: by a panic in it, or with the engine. So
//! no way leads around the completion, and the completer can be used only once.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::driver::{Operation, TransferReply};
use crate::error::{Error, Outcome, Result, Status};
use crate::ffi::completion::admission::{Permit, Running};
use crate::ffi::completion::progress::Teller;
use crate::ffi::completion::queue::{Event, Seat};
use crate::ffi::completion::result::{Output, ResultObject};
use crate::ffi::process::callback_thread::{Callback, Job};
use crate::ffi::process::per_process;
use crate::ffi::process::registry::Absent;
use crate::ffi::process::wait::{Patience, lock};
use crate::ffi::types::zfssa_ticket_t;
use crate::scope::Scope;

/// Tickets are spread over all 64-bit numbers, so that an index or a counter mistaken for one is
/// told. Odd, hence there is an inverse.
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
pub(in crate::ffi) struct Number(u64);

impl Number {
    /// One that was never given before.
    pub(in crate::ffi) fn new() -> Number {
        Number(per_process::current().tickets.number())
    }

    /// What the host gets of it.
    pub(in crate::ffi) fn ticket(self) -> zfssa_ticket_t {
        self.0.wrapping_mul(SPREAD)
    }
}

/// Where the completion goes.
pub(in crate::ffi) enum Place {
    /// Kept until somebody waits for it.
    Wait,
    /// An event on a queue.
    Queue(Seat),
    /// A function of the host's.
    Callback(Callback),
    /// Nobody wants it.
    Nowhere,
}

/// An operation between its submission and the moment when its result is taken.
pub(in crate::ffi) struct InFlight {
    number: Number,
    operation: &'static str,
    user_data: u64,
    submitted: Instant,
    cancel: CancellationToken,
    /// Tells of progress, where the host wants it.
    teller: Option<Arc<Teller>>,
    /// Where the word on a transfer goes, while the host is to give one.
    transfer: Mutex<Option<TransferReply>>,
    state: Mutex<State>,
    done: Condvar,
}

enum State {
    Running(Place),
    Done(Completed),
    Taken,
}

/// A completion on its way to its taker.
pub(in crate::ffi) struct Completed {
    result: Arc<ResultObject>,
    permit: Permit,
}

impl Completed {
    #[cfg(feature = "canary")]
    fn again(&self) -> Completed {
        Completed {
            result: Arc::clone(&self.result),
            permit: self.permit.again(),
        }
    }

    /// The result, and the place in the driver that it held until now.
    pub(in crate::ffi) fn take(self) -> (Arc<ResultObject>, Permit) {
        (self.result, self.permit)
    }
}

impl InFlight {
    /// An operation that is not registered yet.
    pub(in crate::ffi) fn new<O: Operation>(
        number: Number,
        place: Place,
        user_data: u64,
        cancel: CancellationToken,
        teller: Option<Arc<Teller>>,
    ) -> Arc<InFlight> {
        Arc::new(InFlight {
            number,
            operation: O::NAME,
            user_data,
            submitted: Instant::now(),
            cancel,
            teller,
            transfer: Mutex::default(),
            state: Mutex::new(State::Running(place)),
            done: Condvar::new(),
        })
    }

    /// Registers the operation. From here on it completes exactly once.
    pub(in crate::ffi) fn begin(
        self: Arc<Self>,
        admitted: (Running, Permit),
        scope: Scope,
    ) -> Completer {
        let tickets = &per_process::current().tickets;
        tickets.insert(self.number.0, Arc::clone(&self));
        let (running, permit) = admitted;
        Completer(Some(Pending {
            flight: self,
            permit,
            scope,
            _running: running,
        }))
    }

    fn ticket(&self) -> zfssa_ticket_t {
        self.number.ticket()
    }

    /// The operation waits for the host's word from here on.
    pub(in crate::ffi) fn put_transfer(&self, answer: TransferReply) {
        *lock(&self.transfer) = Some(answer);
    }

    /// Takes the place of the host's word: whoever has it gives it.
    pub(in crate::ffi) fn take_transfer(&self) -> Option<TransferReply> {
        lock(&self.transfer).take()
    }

    /// Whether the operation waits for the host's word.
    pub(in crate::ffi) fn transfers(&self) -> bool {
        let answer = lock(&self.transfer);
        answer.as_ref().is_some_and(|answer| !answer.is_moot())
    }

    /// A result about an operation that goes on.
    pub(in crate::ffi) fn so_far(&self, output: Box<dyn Output>) -> ResultObject {
        ResultObject::new(
            self.ticket(),
            self.user_data,
            self.operation,
            0,
            self.submitted.elapsed(),
            Ok(output),
        )
    }

    /// Puts an event on the operation's queue, in which there is room for it.
    pub(in crate::ffi) fn tell(&self, event: Event) {
        let queue = match &*lock(&self.state) {
            State::Running(Place::Queue(seat)) => Some(Arc::clone(seat.queue())),
            _ => None,
        };
        // Without a queue it is dropped, which tells what the event is about.
        if let Some(queue) = queue {
            queue.push_event(event);
        }
    }

    fn forget(&self) {
        per_process::current().tickets.remove(self.number.0);
    }

    fn complete(&self, completed: Completed) {
        let mut state = lock(&self.state);
        match std::mem::replace(&mut *state, State::Taken) {
            State::Running(Place::Wait) => {
                *state = State::Done(completed);
                drop(state);
                if canary!("completion-not-told") {
                    return;
                }
                self.done.notify_all();
            }
            State::Running(place) => {
                drop(state);
                self.forget();
                match place {
                    Place::Queue(seat) => seat.complete(completed),
                    Place::Callback(callback) => per_process::current()
                        .dispatcher
                        .push_reserved(Job::Complete(callback, completed)),
                    Place::Nowhere | Place::Wait => drop(completed),
                }
            }
            // Cannot be: a completer completes once, and nobody else does.
            settled => *state = settled,
        }
    }

    pub(in crate::ffi) fn wait(&self, patience: Patience) -> Result<Completed> {
        let mut state = lock(&self.state);
        loop {
            match std::mem::replace(&mut *state, State::Taken) {
                State::Done(completed) => {
                    #[cfg(feature = "canary")]
                    if canary!("completed-twice") {
                        *state = State::Done(completed.again());
                        return Ok(completed);
                    }
                    drop(state);
                    self.forget();
                    return Ok(completed);
                }
                settled => *state = settled,
            }
            if !matches!(*state, State::Running(Place::Wait)) {
                return Err(stale(self.operation));
            }
            let (guard, in_time) = patience.wait(&self.done, state);
            state = guard;
            if !in_time {
                let message = format!("{} still runs; its ticket stays good", self.operation);
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
        match std::mem::replace(&mut *state, State::Taken) {
            State::Running(Place::Wait) => {
                *state = State::Running(Place::Nowhere);
                drop(state);
                // Whoever waits in another thread learns that the ticket is no longer his.
                self.done.notify_all();
                Ok(())
            }
            State::Done(completed) => {
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
        "the ticket of {operation} was taken or detached, or belongs to a queue or a callback"
    );
    Error::new(Status::Stale, message)
}

/// Completes an operation once, whatever becomes of its future.
pub(in crate::ffi) struct Completer(Option<Pending>);

struct Pending {
    flight: Arc<InFlight>,
    permit: Permit,
    scope: Scope,
    // Declared last, so that it is dropped last: a driver is idle only when the completion of
    // its last operation was handed on.
    _running: Running,
}

impl Completer {
    /// Completes with what the operation came to.
    pub(in crate::ffi) fn finish<O: Operation>(mut self, outcome: Result<O::Output>) {
        if let Some(pending) = self.0.take() {
            pending.complete(outcome.map(|output| Box::new(output) as _));
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

    fn complete(self, outcome: crate::ffi::completion::result::Outcome) {
        let flight = &self.flight;
        if let Some(teller) = &flight.teller {
            teller.close();
        }
        drop(flight.take_transfer());
        let result = Arc::new(ResultObject::new(
            flight.ticket(),
            flight.user_data,
            flight.operation,
            self.scope.requests(),
            flight.submitted.elapsed(),
            outcome,
        ));
        flight.complete(Completed {
            result,
            permit: self.permit,
        });
    }
}

/// What a ticket stands for; `None` when its operation is over.
pub(in crate::ffi) fn find(ticket: zfssa_ticket_t) -> Result<Option<Arc<InFlight>>> {
    match per_process::current()
        .tickets
        .with(ticket.wrapping_mul(GATHER), Arc::clone)
    {
        Ok(flight) => Ok(Some(flight)),
        Err(Absent::Gone) => Ok(None),
        Err(Absent::Inherited) => Err(Error::new(
            Status::Forked,
            "the operation was submitted before fork(); only the parent process can follow it",
        )),
        Err(Absent::Unknown) => Err(Error::new(
            Status::Stale,
            format!("{ticket} is not a ticket that was given"),
        )),
    }
}
