//! Lists that each request replaces as a whole: the presentation of a LUN, the members of a group.
//!
//! The appliance has no conditional change, so the new list is computed from a read just before,
//! and a change that another host makes in between is lost. Repeating the same request after a lost
//! answer or a refusal would widen that gap to the whole wait. So each round reads the list again
//! and computes the missing part, the request is sent once, and the read after a failure checks
//! whether the wanted members are there (or gone), not whether the list is the one that was sent:
//! others change it as well.
//!
//! An unanswered attempt may be carried out later and restore an old list. The rewrite ends only
//! when none of its attempts can be carried out any more. If its time is too short for that, it
//! ends in doubt, and the caller keeps its lock until then ([`Appliance::late_time`]).
//!
//! Two hosts that both read and then both write lose one of the two changes, and neither notices.
//! Only a common lock prevents that (`src/lock/`). The same holds for an unanswered attempt while a
//! host without the common lock writes exactly the wanted members: the attempt counts as carried
//! out, and may still overwrite later changes.

use std::future::Future;

use tokio::time::Instant;

use crate::appliance::changes::read_back::{PAUSE, may_come_late};
use crate::appliance::client::Appliance;
use crate::error::{Error, Outcome, Result};
use crate::rest::{Request, Response};
use crate::scope::Scope;

/// Number of attempts at a list whose change failed or was overwritten.
const ROUNDS: u32 = 6;

/// Object with a list to rewrite.
pub(in crate::appliance) trait RewrittenList {
    /// The object with its list.
    type Object;

    /// Reads it.
    fn look(&self, scope: &Scope) -> impl Future<Output = Result<Self::Object>> + Send;

    /// The request, computed from the present list; `None` if the list is as wanted.
    fn next(&self, now: &Self::Object) -> Result<Option<Request>>;

    /// The object in the answer to that request.
    fn read(&self, answer: &Response) -> Result<Self::Object>;

    /// Error if other hosts overwrote every round.
    fn lost(&self) -> Error;
}

/// An object after its list was rewritten.
#[derive(Debug)]
pub struct Rewritten<T> {
    /// The object.
    pub object: T,
    /// Whether this rewrite changed its list.
    pub changed: bool,
}

/// Evidence that a change was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::appliance) enum Proof {
    /// The answer to it.
    Answer,
    /// A second read, which also shows a change that overwrote it immediately.
    Look,
}

/// Attempts of a rewrite.
#[derive(Default)]
struct Tries {
    failed: Option<Error>,
    /// Number of unanswered attempts that may still be carried out, and until when.
    pending: u32,
    until: Option<Instant>,
    /// Whether an attempt was carried out.
    changed: bool,
}

impl Tries {
    fn add(&mut self, error: Error) {
        self.failed = Some(match self.failed.take() {
            Some(earlier) => error.joined_by(earlier),
            None => error,
        });
    }

    /// The error that ends the rewrite. An answered attempt is over, and the read after it did not
    /// show the change; an unanswered attempt may still be carried out.
    fn end(self, scope: &Scope, error: Error) -> Error {
        if let Some(until) = self.until.filter(|_| self.pending > 0) {
            scope.doubt_until(until);
        }
        let outcome = match error.outcome() {
            _ if self.pending > 0 || self.changed => Outcome::Unknown,
            Outcome::Unknown => Outcome::Rejected,
            outcome => outcome,
        };
        match self.failed {
            Some(failed) => error.joined_by(failed),
            None => error,
        }
        .with_outcome(outcome)
    }

    /// Error of the read after a change that was answered as made.
    fn unproven(self, scope: &Scope, error: Error) -> Error {
        let made = self.pending == 0;
        let error = self.end(scope, error);
        if made {
            error.with_outcome(Outcome::Applied)
        } else {
            error
        }
    }

    fn give_up(mut self, scope: &Scope, lost: Error) -> Error {
        let last = self.failed.take().unwrap_or(lost);
        self.end(scope, last)
    }
}

impl Appliance {
    /// Changes a list until it is as wanted. `known` is the object, if the caller read it just
    /// before.
    pub(in crate::appliance) async fn rewrite<L: RewrittenList>(
        &self,
        scope: &Scope,
        list: &L,
        known: Option<L::Object>,
        proof: Proof,
    ) -> Result<Rewritten<L::Object>> {
        let mut object = match known {
            Some(known) => known,
            None => list.look(scope).await?,
        };
        let mut tries = Tries::default();
        let mut round = 0;
        loop {
            let request = match list.next(&object) {
                Ok(Some(request)) => request,
                Ok(None) if tries.pending == 0 => {
                    let changed = tries.changed;
                    return Ok(Rewritten { object, changed });
                }
                Ok(None) => {
                    object = match self.outlast_tries(scope, list, &tries).await {
                        Ok(object) => object,
                        Err(error) => return Err(tries.end(scope, error)),
                    };
                    tries.pending = 0;
                    continue;
                }
                Err(error) => return Err(tries.end(scope, error)),
            };
            if round == ROUNDS {
                return Err(tries.give_up(scope, list.lost()));
            }
            round += 1;
            let sent = self.rest.call(scope, &request).await.and_then(|answer| {
                // The change was made, but its result has to be read.
                let read = list.read(&answer);
                read.map_err(|error| error.with_outcome(Outcome::Unknown))
            });
            let error = match sent {
                Ok(answered) => {
                    tries.changed = true;
                    object = match proof {
                        Proof::Answer => answered,
                        Proof::Look => match list.look(scope).await {
                            Ok(object) => object,
                            Err(error) => return Err(tries.unproven(scope, error)),
                        },
                    };
                    continue;
                }
                Err(error) => error,
            };
            let in_doubt = error.outcome() == Outcome::Unknown;
            if !in_doubt && !error.retryable() {
                return Err(tries.end(scope, error));
            }
            let late = may_come_late(&error);
            if late {
                tries.pending += 1;
                tries.until = Some(self.late.note(&request));
            }
            let wait = error.retry_after().unwrap_or(PAUSE * round);
            tries.add(error);
            let stopped = scope.stopped().is_some();
            if in_doubt {
                // After the scope has ended, the read-back has a separate time limit.
                let rollback = stopped.then(|| scope.for_rollback());
                object = match list.look(rollback.as_ref().unwrap_or(scope)).await {
                    Ok(object) => object,
                    Err(blind) => {
                        let blind = blind.with_context("reading back failed");
                        let error = tries.give_up(scope, list.lost());
                        return Err(error.joined_by(blind.with_outcome(Outcome::Unknown)));
                    }
                };
                if matches!(list.next(&object), Ok(None)) && !canary!("carried-out-and-not-seen") {
                    // The list was different before this attempt, so the attempt counts as carried
                    // out. A concurrent write of the same members by another host looks the same.
                    tries.pending -= u32::from(late);
                    tries.changed = true;
                    continue;
                }
            }
            if stopped {
                return Err(tries.give_up(scope, list.lost()));
            }
            if let Err(stopped) = scope.sleep(wait).await {
                return Err(tries.end(scope, stopped));
            }
            if canary!("old-list-sent-again") {
                continue;
            }
            // The next computation includes changes during the wait.
            object = match list.look(scope).await {
                Ok(object) => object,
                Err(error) => return Err(tries.end(scope, error)),
            };
        }
    }

    /// Waits until no unanswered attempt can be carried out any more, and reads again.
    async fn outlast_tries<L: RewrittenList>(
        &self,
        scope: &Scope,
        list: &L,
        tries: &Tries,
    ) -> Result<L::Object> {
        if let Some(until) = tries.until {
            scope.sleep(until - Instant::now()).await?;
        }
        list.look(scope).await
    }
}
