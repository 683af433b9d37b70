//! How an image gets onto a LUN: the host does it, or a program that this library starts.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use crate::driver::Connection;
use crate::error::{Error, Outcome, Result, Status};

/// A transfer under way. Dropping it ends the transfer.
pub type Transferring<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Writes an image onto a LUN.
pub trait ImageTransfer: Send + Sync {
    /// Writes the whole image through the connection. When this succeeds, every byte is on the
    /// LUN and the host has let go of it.
    fn transfer<'a>(&'a self, connection: Connection, progress: &'a Progress) -> Transferring<'a>;
}

/// How far a transfer is. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub struct Progress {
    /// Hundredths of a percent.
    done: Arc<AtomicU64>,
    told: Option<Arc<dyn Fn(f64) + Send + Sync>>,
}

impl Progress {
    /// Tells each step forward to a function, in percent. It must not block.
    pub fn told_to(listener: impl Fn(f64) + Send + Sync + 'static) -> Progress {
        Progress {
            done: Arc::default(),
            told: Some(Arc::new(listener)),
        }
    }

    /// How much is done, in percent.
    pub fn percent(&self) -> f64 {
        self.done.load(Ordering::Relaxed) as f64 / 100.0
    }

    /// Sets how much is done, in percent; what is not a step forward is passed over.
    pub fn set(&self, percent: f64) {
        let done = (percent.clamp(0.0, 100.0) * 100.0) as u64;
        if self.done.fetch_max(done, Ordering::Relaxed) < done
            && let Some(told) = &self.told
        {
            told(percent);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

/// A transfer that somebody else does: each one is handed over with an [`Answer`].
pub struct Handed<F>(F);

impl<F: Fn(Connection, Progress, Answer) + Send + Sync> Handed<F> {
    /// Transfers are handed to `hand_over`, which must not block.
    pub fn new(hand_over: F) -> Handed<F> {
        Handed(hand_over)
    }
}

impl<F: Fn(Connection, Progress, Answer) + Send + Sync> ImageTransfer for Handed<F> {
    fn transfer<'a>(&'a self, connection: Connection, progress: &'a Progress) -> Transferring<'a> {
        let (answer, word) = oneshot::channel();
        (self.0)(connection, progress.clone(), Answer(answer));
        Box::pin(async move {
            word.await.unwrap_or_else(|_| {
                Err(Error::new(
                    Status::Transfer,
                    "the transfer was given up without an answer",
                ))
            })
        })
    }
}

/// The word that ends a transfer. Dropping it without one ends the transfer as failed.
#[derive(Debug)]
pub struct Answer(oneshot::Sender<Result<()>>);

impl Answer {
    /// The image is on the LUN, and the host has let go of it.
    pub fn done(self) {
        let _ = self.0.send(Ok(()));
    }

    /// It is not, in one sentence.
    pub fn failed(self, reason: impl Into<String>) {
        let error = Error::new(Status::Transfer, reason).with_outcome(Outcome::Applied);
        let _ = self.0.send(Err(error));
    }

    /// Whether nobody waits for the word any more: the operation was cancelled or timed out, and
    /// the LUN is about to be taken away.
    pub fn is_moot(&self) -> bool {
        self.0.is_closed()
    }
}
