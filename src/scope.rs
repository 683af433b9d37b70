//! Scope of one operation: deadline, cancellation, request counter and progress listener.
//!
//! A scope is passed down through all layers. Every wait on it ends with the deadline or the
//! cancellation: requests, retries, polls, locks, files. Above the wait both are ordinary errors,
//! after which an operation rolls back its steps in a separate scope ([`Scope::for_rollback`]) that a
//! cancellation does not end.

pub mod traceparent;

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Outcome, Result, Status};
use crate::maker::Maker;
use crate::progress::Progress;
use crate::scope::traceparent::Traceparent;
use crate::sync;

/// Reason that a scope ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The caller cancelled the operation.
    Cancelled,
    /// The driver is closing.
    Shutdown,
    /// The deadline passed.
    Deadline,
}

/// Reason that a future with its own time limit was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The scope ended.
    Stop(Stop),
    /// The future's own time is over; the scope continues.
    Elapsed,
}

/// What an operation depends on while it changes the appliance, such as the lease of its locks.
pub trait Fence: std::fmt::Debug + Send + Sync {
    /// Whether a change may be sent now.
    ///
    /// # Errors
    ///
    /// `Coordination`, if another host may have begun to work on the same objects before the
    /// appliance can have carried the change out.
    fn check(&self) -> Result<()>;
}

/// What clones of a scope share.
#[derive(Debug, Default)]
struct Shared {
    fences: Mutex<Vec<Arc<dyn Fence>>>,
    requests: AtomicU32,
    rolled_back: AtomicBool,
    /// Time until which an unanswered change of the operation may be carried out.
    doubt: Mutex<Option<Instant>>,
}

/// Scope of one operation. Cheap to clone; clones share the request counter and the doubt.
#[derive(Clone, Debug)]
pub struct Scope {
    deadline: Option<Instant>,
    cancel: CancellationToken,
    shutdown: CancellationToken,
    undo_budget: Duration,
    maker: Maker,
    shared: Arc<Shared>,
    progress: Progress,
    traceparent: Option<Traceparent>,
}

impl Scope {
    /// A scope that ends after `timeout` (none: never by itself) or when a token is cancelled.
    ///
    /// `id` is the operation's id. The scope is a new attempt at that operation: both are written
    /// on the objects that it creates.
    pub fn new(
        id: impl Into<Arc<str>>,
        timeout: Option<Duration>,
        undo_budget: Duration,
        cancel: CancellationToken,
        shutdown: CancellationToken,
    ) -> Self {
        Scope {
            // A deadline too far to express is the same as none.
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            cancel,
            shutdown,
            undo_budget,
            maker: Maker::new(id),
            shared: Arc::default(),
            progress: Progress::default(),
            traceparent: None,
        }
    }

    /// The same scope with a progress listener.
    pub fn telling(self, progress: Progress) -> Scope {
        Scope { progress, ..self }
    }

    /// The same scope in a trace of the caller.
    pub fn traced(self, traceparent: Option<Traceparent>) -> Scope {
        Scope {
            traceparent,
            ..self
        }
    }

    /// Trace context of the operation's requests, if the caller gave one.
    pub fn traceparent(&self) -> Option<&Traceparent> {
        self.traceparent.as_ref()
    }

    /// Progress of the operation, for it to report.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The operation's id: a UUID made by the engine, or the caller's own.
    pub fn id(&self) -> &str {
        self.maker.id()
    }

    /// The operation and this attempt at it, the marker on the objects that it creates.
    pub fn maker(&self) -> &Maker {
        &self.maker
    }

    /// Scope for a rollback or a read-back: not cancellable, with its own time limit.
    pub fn for_rollback(&self) -> Scope {
        Scope {
            deadline: Instant::now().checked_add(self.undo_budget),
            cancel: CancellationToken::new(),
            shutdown: CancellationToken::new(),
            ..self.clone()
        }
    }

    /// The same scope on behalf of another attempt, whose work is settled here. Its requests are in
    /// no trace: they belong to that attempt, whose trace is not known.
    pub fn acting_for(&self, maker: Maker) -> Scope {
        Scope {
            maker,
            traceparent: None,
            ..self.clone()
        }
    }

    /// Scope for work that operations share and none of them may end alone, such as a login: not
    /// cancellable and without a deadline. Its requests count for this scope and are in its trace.
    pub fn detached(&self) -> Scope {
        Scope {
            deadline: None,
            cancel: CancellationToken::new(),
            shutdown: CancellationToken::new(),
            ..self.clone()
        }
    }

    /// Whether the operation must not begin another step.
    pub fn stopped(&self) -> Option<Stop> {
        if self.cancel.is_cancelled() && !canary!("cancellation-ignored") {
            Some(Stop::Cancelled)
        } else if self.shutdown.is_cancelled() {
            Some(Stop::Shutdown)
        } else if self.deadline.is_some_and(|at| at <= Instant::now()) {
            Some(Stop::Deadline)
        } else {
            None
        }
    }

    /// The time that is left; `None` when there is no deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Runs a future until it ends or the scope does. The future is dropped when the scope ends.
    pub async fn bound<F: Future>(&self, future: F) -> std::result::Result<F::Output, Stop> {
        let deadline = async {
            match self.deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Stop::Cancelled),
            () = self.shutdown.cancelled() => Err(Stop::Shutdown),
            output = future => Ok(output),
            () = deadline => Err(Stop::Deadline),
        }
    }

    /// Runs a future until it ends, the scope does, or `limit` is over. The future is dropped in
    /// the last two cases.
    pub async fn within<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> std::result::Result<F::Output, Ended> {
        let limit = Instant::now().checked_add(limit);
        let deadline = self.deadline.filter(|_| !canary!("deadline-ignored"));
        let (at, ended) = match (deadline, limit) {
            (Some(deadline), Some(limit)) if limit < deadline => (Some(limit), Ended::Elapsed),
            (None, limit) => (limit, Ended::Elapsed),
            (deadline, _) => (deadline, Ended::Stop(Stop::Deadline)),
        };
        let over = async {
            match at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Ended::Stop(Stop::Cancelled)),
            () = self.shutdown.cancelled() => Err(Ended::Stop(Stop::Shutdown)),
            output = future => Ok(output),
            () = over => Err(ended),
        }
    }

    /// Waits, unless the scope ends first or would end before the wait does.
    pub async fn sleep(&self, time: Duration) -> Result<()> {
        if self.remaining().is_some_and(|left| left < time) {
            return Err(Stop::Deadline.error(Outcome::None));
        }
        self.bound(tokio::time::sleep(time))
            .await
            .map_err(|stop| stop.error(Outcome::None))
    }

    /// Counts a request that is about to be sent.
    pub fn count_request(&self) {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Number of requests sent in this scope and its rollback scopes.
    pub fn requests(&self) -> u32 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Notes that the operation rolls steps back.
    pub fn count_rollback(&self) {
        self.shared.rolled_back.store(true, Ordering::Relaxed);
    }

    /// Whether the operation rolled steps back since this was asked last.
    pub fn take_rollback(&self) -> bool {
        self.shared.rolled_back.swap(false, Ordering::Relaxed)
    }

    /// Remembers that a change of this operation was not answered, that nothing shows it, and until
    /// when it may still be carried out.
    pub fn doubt_until(&self, until: Instant) {
        let mut doubt = sync::lock(&self.shared.doubt);
        *doubt = (*doubt).max(Some(until));
    }

    /// Time until which an unanswered change of this operation may be carried out.
    pub fn doubt(&self) -> Option<Instant> {
        *sync::lock(&self.shared.doubt)
    }

    /// Makes every further change of the operation, with its rollback, depend on a fence.
    pub fn depend_on(&self, fence: Arc<dyn Fence>) {
        let mut fences = sync::lock(&self.shared.fences);
        if !fences.iter().any(|known| Arc::ptr_eq(known, &fence)) {
            fences.push(fence);
        }
    }

    /// Whether a change may be sent now.
    ///
    /// # Errors
    ///
    /// Those of the fences. Nothing was sent.
    pub fn may_change(&self) -> Result<()> {
        let fences = sync::lock(&self.shared.fences);
        fences.iter().try_for_each(|fence| fence.check())
    }

    /// The error of a step or of the whole operation. No error may promise that nothing changed
    /// while an unanswered change can still be carried out, whichever request failed last: the
    /// operation may have gone on with another one.
    pub fn judge(&self, error: Error) -> Error {
        let promises = matches!(error.outcome(), Outcome::None | Outcome::Rejected);
        let left = self
            .doubt()
            .and_then(|until| until.checked_duration_since(Instant::now()));
        match left {
            Some(left) if promises && !left.is_zero() && !canary!("doubt-of-a-scope-forgotten") => {
                error.with_outcome(Outcome::Unknown).with_cause(format!(
                    "an earlier change was not answered and may still be carried out within {} s",
                    left.as_secs_f64().ceil()
                ))
            }
            _ => error,
        }
    }
}

impl Stop {
    /// Error for the caller, with the outcome.
    pub fn error(self, outcome: Outcome) -> Error {
        let (status, message) = match self {
            Stop::Cancelled => (Status::Cancelled, "cancelled at the caller's request"),
            Stop::Shutdown => (Status::Shutdown, "the driver was closed"),
            Stop::Deadline => (
                Status::Deadline,
                "the operation's deadline passed; give it more time",
            ),
        };
        Error::new(status, message).with_outcome(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn scope(timeout: Option<Duration>) -> (Scope, CancellationToken) {
        let cancel = CancellationToken::new();
        let shutdown = CancellationToken::new();
        (
            Scope::new("test", timeout, SECOND, cancel.clone(), shutdown),
            cancel,
        )
    }

    #[tokio::test(start_paused = true)]
    async fn the_shorter_of_two_limits_counts_and_is_told() {
        let never = std::future::pending::<()>();
        let (short, _) = scope(Some(SECOND));
        let ended = short.within(2 * SECOND, never).await;
        assert_eq!(ended, Err(Ended::Stop(Stop::Deadline)));
        for timeout in [None, Some(3 * SECOND)] {
            let (long, _) = scope(timeout);
            let begun = Instant::now();
            let ended = long.within(2 * SECOND, std::future::pending::<()>()).await;
            assert_eq!(ended, Err(Ended::Elapsed));
            assert_eq!(begun.elapsed(), 2 * SECOND);
        }
        let (endless, _) = scope(None);
        assert_eq!(endless.within(Duration::MAX, async { 7 }).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn no_error_promises_anything_while_a_change_is_in_doubt() {
        let judged = |scope: &Scope, outcome| {
            let error = Error::new(Status::Denied, "refused").with_outcome(outcome);
            scope.judge(error).outcome()
        };
        let (whole, _) = scope(None);
        assert_eq!(judged(&whole, Outcome::Rejected), Outcome::Rejected);
        let now = Instant::now();
        whole.for_rollback().doubt_until(now + 2 * SECOND);
        whole.doubt_until(now + SECOND);
        assert_eq!(judged(&whole, Outcome::None), Outcome::Unknown);
        assert_eq!(judged(&whole, Outcome::Rejected), Outcome::Unknown);
        assert_eq!(judged(&whole, Outcome::RolledBack), Outcome::RolledBack);
        tokio::time::advance(SECOND).await;
        assert_eq!(judged(&whole, Outcome::None), Outcome::Unknown);
        tokio::time::advance(SECOND).await;
        assert_eq!(judged(&whole, Outcome::None), Outcome::None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_detached_scope_is_deaf_and_counts_for_the_other() {
        let (scope, cancel) = scope(Some(SECOND));
        let detached = scope.detached();
        cancel.cancel();
        tokio::time::advance(2 * SECOND).await;
        assert_eq!(scope.stopped(), Some(Stop::Cancelled));
        assert_eq!(detached.stopped(), None);
        detached.count_request();
        assert_eq!(scope.requests(), 1);
    }
}
