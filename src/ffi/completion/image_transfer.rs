//! Transfers of images that the host does: how they are offered, and how they are answered.
//!
//! A transfer that is under way is the operation's, and its ticket is the operation's: it has
//! one at a time. The word comes once, from any thread, by zfssa_transfer_finish(). An offer
//! that cannot reach the host, because the queue is gone, ends its transfer as given up, so that
//! the operation need not wait until its time is over.

use std::ffi::c_void;
use std::sync::Arc;

use crate::driver::{Connection, HostTransfer, ImageTransfer};
use crate::error::{Error, Result, Status};
use crate::ffi::completion::in_flight::InFlight;
use crate::ffi::completion::queue::Event;
use crate::ffi::completion::result::ResultObject;
use crate::ffi::process::callback_thread::Job;
use crate::ffi::process::per_process;
use crate::ffi::types::{DropFunction, Function};

/// A function of the host's that transfers, with its context.
pub(in crate::ffi) struct Transferrer {
    pub(in crate::ffi) function: Function,
    pub(in crate::ffi) context: *mut c_void,
    pub(in crate::ffi) drop: Option<DropFunction>,
}

// SAFETY: the host gives the function and its context for use on the dispatcher's thread, which
// the header says; other threads only move them.
unsafe impl Send for Transferrer {}
// SAFETY: as above; nothing in it is used through a shared reference but on that thread.
unsafe impl Sync for Transferrer {}

impl Drop for Transferrer {
    fn drop(&mut self) {
        if let Some(function) = self.drop {
            // The operation's driver keeps the thread until its operations are over.
            let gone = Gone(function, self.context);
            per_process::current().dispatcher.push(Job::Drop(gone));
        }
    }
}

/// A context that the library is done with.
pub(in crate::ffi) struct Gone(DropFunction, *mut c_void);

// SAFETY: as for `Transferrer`.
unsafe impl Send for Gone {}

impl Gone {
    /// Gives it up. Runs on the dispatcher's thread.
    pub(in crate::ffi) fn give_up(self) {
        // SAFETY: the host gave the function for this context, which is used no more.
        unsafe { (self.0)(self.1) }
    }
}

/// A transfer that waits for the host to take it up. Dropping it gives the transfer up.
pub(in crate::ffi) struct Offer {
    flight: Arc<InFlight>,
    connection: Option<Arc<ResultObject>>,
}

impl Offer {
    /// The host has it from here on.
    pub(in crate::ffi) fn take(mut self) -> Option<Arc<ResultObject>> {
        self.connection.take()
    }

    /// Whether nobody waits for it any more.
    pub(in crate::ffi) fn is_moot(&self) -> bool {
        !self.flight.transfers()
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if self.connection.is_some() {
            drop(self.flight.take_transfer());
        }
    }
}

/// The transfer of an operation in flight, done by the function or, without one, by whoever
/// takes the event from the operation's queue.
pub(in crate::ffi) fn by_host(
    flight: &Arc<InFlight>,
    transferrer: Option<Transferrer>,
) -> Arc<dyn ImageTransfer> {
    let flight = Arc::clone(flight);
    let transferrer = transferrer.map(Arc::new);
    Arc::new(HostTransfer::new(
        move |connection: Connection, _, answer| {
            flight.put_transfer(answer);
            let offer = Offer {
                connection: Some(Arc::new(flight.so_far(Box::new(connection)))),
                flight: Arc::clone(&flight),
            };
            match &transferrer {
                Some(transferrer) => {
                    let job = Job::Transfer(Arc::clone(transferrer), offer);
                    per_process::current().dispatcher.push(job);
                }
                None => flight.tell(Event::Transfer(offer)),
            }
        },
    ))
}

/// Calls the host's function. Runs on the dispatcher's thread.
pub(in crate::ffi) fn call(transferrer: &Transferrer, offer: Offer) {
    if offer.is_moot() {
        return;
    }
    if let Some(connection) = offer.take() {
        // SAFETY: the host gave the function for this context and promised, by the header, that
        // both stay good until the drop function ran, and that it does not throw.
        unsafe {
            (transferrer.function)(
                transferrer.context,
                crate::ffi::process::handle::give(connection),
            )
        }
    }
}

impl InFlight {
    /// Passes the host's word on, if the operation waits for one.
    pub(in crate::ffi) fn finish_transfer(&self, failed: Option<String>) -> Result<()> {
        let answer = self.take_transfer().filter(|answer| !answer.is_moot());
        match (answer, failed) {
            (Some(answer), None) => answer.done(),
            (Some(answer), Some(reason)) => answer.failed(reason),
            (None, _) => {
                let message = "the operation waits for no transfer: it was answered already, is not \
                               that far, or was stopped";
                return Err(Error::new(Status::Stale, message));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::driver::{Echo, Progress};
    use crate::ffi::completion::in_flight::{Number, Place};

    fn connection() -> Connection {
        Connection {
            driver_volume_type: "iscsi",
            target_discovered: false,
            target_portal: String::new(),
            target_iqn: String::new(),
            target_lun: 0,
            target_portals: Vec::new(),
            target_iqns: Vec::new(),
            target_luns: Vec::new(),
            volume_id: String::new(),
            auth: None,
            target_auth: None,
            discard: false,
            initiator_groups: Vec::new(),
            changed: false,
        }
    }

    /// Between the moment when an operation is stopped and its completion, while it undoes.
    #[test]
    fn a_word_that_nobody_waits_for_is_stale() {
        let token = CancellationToken::new();
        let flight = InFlight::new::<Echo>(Number::new(), Place::Nowhere, 0, token, None);
        let handed = {
            let flight = Arc::clone(&flight);
            HostTransfer::new(move |_, _, answer| flight.put_transfer(answer))
        };
        let stale = |result: Result<()>| {
            let status = result.map_err(|error| error.status());
            assert_eq!(status, Err(Status::Stale));
        };
        stale(flight.finish_transfer(None));
        let progress = Progress::default();
        let transferring = handed.transfer(connection(), &progress);
        assert!(flight.transfers());
        drop(transferring);
        assert!(!flight.transfers());
        stale(flight.finish_transfer(None));
        let _transferring = handed.transfer(connection(), &progress);
        assert!(flight.finish_transfer(None).is_ok());
        stale(flight.finish_transfer(None));
    }
}
