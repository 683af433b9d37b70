//! Image transfer onto a LUN, by the host or by a program that this library starts.

use std::future::Future;
use std::pin::Pin;

use tokio::sync::oneshot;

use crate::driver::attach::connection::Connection;
use crate::error::{Error, Outcome, Result, Status};
use crate::progress::Progress;

/// A transfer under way. Dropping it ends the transfer.
pub type Transferring<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Writes an image onto a LUN.
pub trait ImageTransfer: Send + Sync {
    /// Writes the whole image through the connection. When this succeeds, every byte is on the LUN
    /// and the host has disconnected from it.
    fn transfer<'a>(&'a self, connection: Connection, progress: &'a Progress) -> Transferring<'a>;
}

/// A transfer by another party: each one is handed over with a [`TransferReply`].
pub struct HostTransfer<F>(F);

impl<F: Fn(Connection, Progress, TransferReply) + Send + Sync> HostTransfer<F> {
    /// Transfers are handed to `hand_over`, which must not block.
    pub fn new(hand_over: F) -> HostTransfer<F> {
        HostTransfer(hand_over)
    }
}

impl<F: Fn(Connection, Progress, TransferReply) + Send + Sync> ImageTransfer for HostTransfer<F> {
    fn transfer<'a>(&'a self, connection: Connection, progress: &'a Progress) -> Transferring<'a> {
        let (answer, word) = oneshot::channel();
        (self.0)(connection, progress.clone(), TransferReply(answer));
        Box::pin(async move {
            word.await.unwrap_or_else(|_| {
                Err(Error::new(
                    Status::Transfer,
                    "the transfer was dropped without an answer",
                ))
            })
        })
    }
}

/// Reply that ends a transfer. Dropping it ends the transfer as failed.
#[derive(Debug)]
pub struct TransferReply(oneshot::Sender<Result<()>>);

impl TransferReply {
    /// The image is on the LUN, and the host has disconnected from it.
    pub fn done(self) {
        let _ = self.0.send(Ok(()));
    }

    /// The transfer failed; the reason in one sentence.
    pub fn failed(self, reason: impl Into<String>) {
        let error = Error::new(Status::Transfer, reason).with_outcome(Outcome::Applied);
        let _ = self.0.send(Err(error));
    }

    /// Whether no operation waits for the reply any more: it was cancelled or timed out, and the
    /// LUN is about to be unmapped.
    pub fn is_moot(&self) -> bool {
        self.0.is_closed()
    }
}
