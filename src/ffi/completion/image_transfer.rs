//! Image transfers by the host: the offer, by callback or queue event, and its answer.
//!
//! An operation has one transfer at a time, named by the operation's ticket. The host ends it once,
//! from any thread, by zfssa_transfer_finish(). If the offer cannot reach the host because the
//! queue is gone, the transfer ends as abandoned, so that the operation need not wait until its
//! time is over.

use std::ffi::c_void;
use std::sync::Arc;

use crate::driver::{Connection, HostTransfer, ImageTransfer};
use crate::error::{Error, Result, Status};
use crate::ffi::completion::in_flight::InFlight;
use crate::ffi::completion::queue::QueueEvent;
use crate::ffi::completion::result::ResultObject;
use crate::ffi::process::worker::WorkerJob;
use crate::ffi::process::{callback_thread, handle};
use crate::ffi::types::{DropFunction, Function};

/// The host's transfer callback, with its context and the destructor for it.
pub(in crate::ffi) struct TransferCallback {
    pub(in crate::ffi) function: Function,
    pub(in crate::ffi) context: *mut c_void,
    pub(in crate::ffi) drop: Option<DropFunction>,
}

// SAFETY: by the header, the function and its context may be used on the callback thread; other
// threads only move them.
unsafe impl Send for TransferCallback {}
// SAFETY: as above; nothing in it is used through a shared reference but on that thread.
unsafe impl Sync for TransferCallback {}

impl Drop for TransferCallback {
    fn drop(&mut self) {
        if let Some(function) = self.drop {
            // The operation's driver keeps the thread until its operations are over.
            callback_thread::push(Box::new(DestructorJob(function, self.context)));
        }
    }
}

/// Calls the destructor for a context that the library is done with.
struct DestructorJob(DropFunction, *mut c_void);

// SAFETY: as for `TransferCallback`.
unsafe impl Send for DestructorJob {}

impl WorkerJob for DestructorJob {
    fn run(self: Box<Self>) {
        // SAFETY: the host gave the function for this context, which is used no more.
        unsafe { (self.0)(self.1) }
    }
}

/// A transfer that the host has not begun yet. Dropping it abandons the transfer.
pub(in crate::ffi) struct TransferOffer {
    flight: Arc<InFlight>,
    connection: Option<Arc<ResultObject>>,
}

impl TransferOffer {
    /// Hands the transfer to the host, which must finish it from here on.
    pub(in crate::ffi) fn take(mut self) -> Option<Arc<ResultObject>> {
        self.connection.take()
    }

    /// Whether the operation no longer waits for it.
    pub(in crate::ffi) fn is_moot(&self) -> bool {
        !self.flight.transfers()
    }
}

impl Drop for TransferOffer {
    fn drop(&mut self) {
        if self.connection.is_some() {
            drop(self.flight.take_transfer());
        }
    }
}

/// The image transfer of an operation in flight, by the callback or, without one, by the thread
/// that takes the event from the operation's queue.
pub(in crate::ffi) fn by_host(
    flight: &Arc<InFlight>,
    callback: Option<TransferCallback>,
) -> Arc<dyn ImageTransfer> {
    let flight = Arc::clone(flight);
    let callback = callback.map(Arc::new);
    Arc::new(HostTransfer::new(
        move |connection: Connection, _, answer| {
            flight.put_transfer(answer);
            let offer = TransferOffer {
                connection: Some(Arc::new(flight.so_far(Box::new(connection)))),
                flight: Arc::clone(&flight),
            };
            match &callback {
                Some(callback) => {
                    callback_thread::push(Box::new(TransferJob(Arc::clone(callback), offer)));
                }
                None => flight.post(QueueEvent::Transfer(offer)),
            }
        },
    ))
}

/// Calls the host's transfer callback with the connection to write to.
struct TransferJob(Arc<TransferCallback>, TransferOffer);

impl WorkerJob for TransferJob {
    fn run(self: Box<Self>) {
        let TransferJob(callback, offer) = *self;
        if offer.is_moot() {
            return;
        }
        if let Some(connection) = offer.take() {
            // SAFETY: the host gave the function for this context and promised, by the header,
            // that both stay good until the destructor ran, and that it does not throw.
            unsafe { (callback.function)(callback.context, handle::give(connection)) }
        }
    }
}

impl InFlight {
    /// Passes the host's reply on, if a transfer is pending.
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
    use crate::driver::{Echo, Operation, Progress};
    use crate::ffi::completion::in_flight::{Delivery, TicketNumber};

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

    /// Between the stop of an operation and its completion, during its rollback.
    #[test]
    fn a_word_that_nobody_waits_for_is_stale() {
        let token = CancellationToken::new();
        let flight = InFlight::new(
            Echo::NAME,
            TicketNumber::new(),
            Delivery::Nowhere,
            0,
            token,
            None,
            None,
        );
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
