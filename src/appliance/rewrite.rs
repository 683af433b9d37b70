//! Lists that are replaced whole: who sees a LUN, who is in a group.
//!
//! The appliance has no condition for such a change, so it is computed from what was read a moment
//! ago, and what another host wrote in between is lost. Repeating the same request after an answer
//! was lost or refused would widen that moment to the whole wait. So each round reads the list
//! anew and computes from it what is missing, the request is sent once, and a look after a failure
//! asks whether the wanted members are there (or gone), not whether the list is the one that was
//! sent: others change it as well.
//!
//! A try that was not answered may be carried out later and put an old list back. The rewrite
//! ends only when none of its tries can be carried out any more; where the time is too short for
//! that it ends in doubt, and the caller keeps its lock for as long ([`Appliance::late_time`]).
//!
//! Two hosts that both read and then both write lose one of the two changes, and neither can see
//! it. Only a lock that both take prevents that (`src/lock/`). The same goes for a try that was not
//! answered while a host that takes no common lock wrote the very members that it was to write:
//! it counts as carried out, and may still put its list over later changes.

use std::future::Future;

use tokio::time::Instant;

use crate::appliance::Appliance;
use crate::appliance::read_back::{PAUSE, may_come_late};
use crate::error::{Error, Outcome, Result};
use crate::rest::{Answer, Request};
use crate::scope::Scope;

/// How often a list is written whose change failed or was overwritten.
const ROUNDS: u32 = 6;

/// An object whose list is rewritten: how it is read, and what it is to be.
pub(super) trait RewrittenList {
    /// The object with its list.
    type Object;

    /// Reads it.
    fn look(&self, scope: &Scope) -> impl Future<Output = Result<Self::Object>> + Send;

    /// What to send, computed from the list as it is; `None` where the list is as wanted.
    fn next(&self, now: &Self::Object) -> Result<Option<Request>>;

    /// The object in the answer to that.
    fn read(&self, answer: &Answer) -> Result<Self::Object>;

    /// The error when somebody else overwrote every round.
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

/// What is believed to show that a change was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// The answer to it.
    Answer,
    /// Another look, which also shows when somebody wrote over it right away.
    Look,
}

/// What a rewrite has behind it.
#[derive(Default)]
struct Tries {
    failed: Option<Error>,
    /// How many were not answered and may still be carried out, and until when.
    pending: u32,
    until: Option<Instant>,
    /// Whether one was carried out.
    changed: bool,
}

impl Tries {
    fn add(&mut self, error: Error) {
        self.failed = Some(match self.failed.take() {
            Some(earlier) => error.joined_by(earlier),
            None => error,
        });
    }

    /// The error that ends the rewrite. A try that was answered is over, and the look after it did
    /// not show it; one that was not answered may still be carried out.
    fn end(self, error: Error) -> Error {
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

    /// The error of the look after a change that was answered as made.
    fn unproven(self, error: Error) -> Error {
        let made = self.pending == 0;
        let error = self.end(error);
        if made {
            error.with_outcome(Outcome::Applied)
        } else {
            error
        }
    }

    fn give_up(mut self, lost: Error) -> Error {
        let last = self.failed.take().unwrap_or(lost);
        self.end(last)
    }
}

impl Appliance {
    /// Brings a list to what is wanted. `known` is the object where the caller read it just
    /// before.
    pub(super) async fn rewrite<L: RewrittenList>(
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
                        Err(error) => return Err(tries.end(error)),
                    };
                    tries.pending = 0;
                    continue;
                }
                Err(error) => return Err(tries.end(error)),
            };
            if round == ROUNDS {
                return Err(tries.give_up(list.lost()));
            }
            round += 1;
            let sent = self.rest.call(scope, &request).await.and_then(|answer| {
                // It was made, but what it made has to be looked at.
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
                            Err(error) => return Err(tries.unproven(error)),
                        },
                    };
                    continue;
                }
                Err(error) => error,
            };
            let in_doubt = error.outcome() == Outcome::Unknown;
            if !in_doubt && !error.retryable() {
                return Err(tries.end(error));
            }
            let late = may_come_late(&error);
            if late {
                tries.pending += 1;
                tries.until = Some(Instant::now() + self.late_time());
            }
            let wait = error.retry_after().unwrap_or(PAUSE * round);
            tries.add(error);
            let stopped = scope.stopped().is_some();
            if in_doubt {
                // A scope that is over settles in time of its own.
                let undoing = stopped.then(|| scope.for_undo());
                object = match list.look(undoing.as_ref().unwrap_or(scope)).await {
                    Ok(object) => object,
                    Err(blind) => {
                        let blind = blind.with_context("reading back failed");
                        let error = tries.give_up(list.lost());
                        return Err(error.joined_by(blind.with_outcome(Outcome::Unknown)));
                    }
                };
                if matches!(list.next(&object), Ok(None)) && !canary!("carried-out-and-not-seen") {
                    // The list was not so before this try, so this try counts as carried out. That
                    // another host wrote the same members in this moment cannot be told from it.
                    tries.pending -= u32::from(late);
                    tries.changed = true;
                    continue;
                }
            }
            if stopped {
                return Err(tries.give_up(list.lost()));
            }
            if let Err(stopped) = scope.sleep(wait).await {
                return Err(tries.end(stopped));
            }
            if canary!("old-list-sent-again") {
                continue;
            }
            // What happened during the wait is in what is computed next.
            object = match list.look(scope).await {
                Ok(object) => object,
                Err(error) => return Err(tries.end(error)),
            };
        }
    }

    /// Waits until no unanswered try can be carried out any more, and looks again.
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
