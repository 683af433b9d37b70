//! Changes whose fate is unknown are settled by reading back.
//!
//! The transport repeats a change only where the appliance cannot have seen it. Everything
//! else (a lost answer, a timeout, a 500, an answer that makes no sense) comes up here as
//! [`Outcome::Unknown`]: the object is read back, and only when it shows that the change was
//! not made is the change sent again. A change that was made is reported as made.
//!
//! What no look can prove, such as a secret that was set, is sent again until an answer is clear,
//! and stays in doubt when none is.

use std::future::Future;
use std::time::Duration;

use crate::appliance::Appliance;
use crate::error::{Error, Outcome, Result};
use crate::rest::{Answer, Request};
use crate::scope::Scope;

/// How often a change is sent when each time it proves not to have been made.
pub(super) const ROUNDS: u32 = 3;

/// The wait before a change is sent again, times the number of the round.
pub(super) const PAUSE: Duration = Duration::from_millis(200);

impl Appliance {
    /// Sends a change and returns what `read` finds in the answer, or what `probe` finds on the
    /// appliance when the answer is lost. `probe` says `None` when the change was not made.
    pub(super) async fn change<T, P>(
        &self,
        scope: &Scope,
        request: &Request,
        read: impl Fn(&Answer) -> Result<T>,
        probe: impl Fn(Scope) -> P,
    ) -> Result<T>
    where
        P: Future<Output = Result<Option<T>>>,
    {
        self.change_within(ROUNDS, scope, request, read, probe)
            .await
    }

    /// The same for a change that is worth nothing any more when it proves not to have been made,
    /// because it was computed from what was read before it: it is sent once.
    pub(super) async fn change_once<T, P>(
        &self,
        scope: &Scope,
        request: &Request,
        read: impl Fn(&Answer) -> Result<T>,
        probe: impl Fn(Scope) -> P,
    ) -> Result<T>
    where
        P: Future<Output = Result<Option<T>>>,
    {
        self.change_within(1, scope, request, read, probe).await
    }

    async fn change_within<T, P>(
        &self,
        rounds: u32,
        scope: &Scope,
        request: &Request,
        read: impl Fn(&Answer) -> Result<T>,
        probe: impl Fn(Scope) -> P,
    ) -> Result<T>
    where
        P: Future<Output = Result<Option<T>>>,
    {
        let mut doubt: Option<Error> = None;
        for round in 1..=rounds {
            let sent = match self.rest.call(scope, request).await {
                Ok(answer) => match read(&answer) {
                    Ok(value) => return Ok(value),
                    // It was made, but nobody can say what it made without looking.
                    Err(error) => error.with_outcome(Outcome::Unknown),
                },
                Err(error) => error,
            };
            let refused = sent.outcome() != Outcome::Unknown;
            if refused && doubt.is_none() {
                return Err(sent);
            }

            // A refusal after a doubt (an object that suddenly exists) may be the appliance's
            // answer to our own first try. A scope that is over settles in time of its own.
            let looking = if scope.stopped().is_some() {
                scope.for_undo()
            } else {
                scope.clone()
            };
            match probe(looking).await {
                Ok(Some(value)) => return Ok(value),
                Ok(None) if refused => return Err(self.judge(sent, doubt)),
                Ok(None) if round == rounds || scope.stopped().is_some() => {
                    return Err(self.judge(sent, None));
                }
                Ok(None) => {
                    let pause = scope.sleep(PAUSE * round).await;
                    if pause.is_err() {
                        return Err(self.judge(sent, None));
                    }
                    doubt = Some(sent);
                }
                Err(blind) => {
                    let doubtful = doubt.unwrap_or(sent);
                    return Err(doubtful
                        .with_outcome(Outcome::Unknown)
                        .with_cause(format!("reading back failed: {blind}")));
                }
            }
        }
        unreachable!("every round returns or doubts, and the last one returns")
    }

    /// Sends a change that no look can prove, such as a secret. It says what is to be, so sending
    /// it again does no harm: it is sent until an answer is clear. After a doubt only a success
    /// is clear; a refusal says nothing of the request before it, and neither does an answered
    /// 500 of itself.
    pub(super) async fn change_unseen(&self, scope: &Scope, request: &Request) -> Result<()> {
        let mut doubt: Option<Error> = None;
        let mut round = 0;
        loop {
            round += 1;
            let error = match self.rest.call(scope, request).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            if error.outcome() != Outcome::Unknown {
                return Err(match doubt {
                    Some(doubt) => doubt.with_cause(error),
                    None => error,
                });
            }
            if round == ROUNDS || scope.sleep(PAUSE * round).await.is_err() {
                return Err(error.with_cause("it cannot be read back"));
            }
            doubt = Some(error);
        }
    }

    /// The error of a change that was not found on the appliance. An answered request is over,
    /// so the appliance is as it was; one without an answer may still be under way.
    fn judge(&self, last: Error, doubt: Option<Error>) -> Error {
        let answered = |error: &Error| error.http_status().is_some();
        let all_answered = answered(&last) && doubt.as_ref().is_none_or(answered);
        match (all_answered, doubt) {
            (true, _) => last.with_outcome(Outcome::Rejected),
            (false, Some(doubt)) if last.outcome() == Outcome::None => {
                doubt.with_outcome(Outcome::Unknown).with_cause(last)
            }
            (false, _) => last.with_outcome(Outcome::Unknown),
        }
    }
}
