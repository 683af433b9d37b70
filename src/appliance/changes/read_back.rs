//! Read-back of changes whose answer was lost.
//!
//! The transport repeats a change only if the appliance cannot have seen it. All other failures (a
//! lost answer, a timeout, a 500, an answer that makes no sense) arrive here as
//! [`Outcome::Unknown`]. The object is read back, and the change is sent again only if the object
//! shows that it was not made. A change that was made is reported as made.
//!
//! An unanswered attempt may still be under way when a later attempt is answered, and be carried
//! out after that: the appliance takes some 20 s for a creation or a deletion. So neither a refusal
//! nor a read that does not show the change ends the doubt about an earlier attempt. While an
//! attempt is unanswered, the outcome is what the object shows or [`Outcome::Unknown`], never
//! "rejected".
//!
//! A change that no read can show, such as a CHAP secret, is sent again until an answer is clear,
//! and stays in doubt if none is.

use std::future::Future;
use std::time::Duration;

use crate::appliance::client::Appliance;
use crate::appliance::schema::missing_property;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::{Request, Response};
use crate::scope::Scope;

/// Number of attempts at a change that the read-back shows as not made.
pub(in crate::appliance) const ROUNDS: u32 = 3;

/// The wait before a change is sent again, times the number of the round.
pub(in crate::appliance) const PAUSE: Duration = Duration::from_millis(200);

impl Appliance {
    /// Sends a change and returns the result of `read` on the answer, or, if the answer is lost,
    /// the result of `probe` on the appliance. `probe` returns `None` if the change was not made.
    pub(in crate::appliance) async fn change<T, P>(
        &self,
        scope: &Scope,
        request: &Request,
        read: impl Fn(&Response) -> Result<T>,
        probe: impl Fn(Scope) -> P,
    ) -> Result<T>
    where
        P: Future<Output = Result<Option<T>>>,
    {
        self.change_within(ROUNDS, scope, request, read, probe)
            .await
    }

    async fn change_within<T, P>(
        &self,
        rounds: u32,
        scope: &Scope,
        request: &Request,
        read: impl Fn(&Response) -> Result<T>,
        probe: impl Fn(Scope) -> P,
    ) -> Result<T>
    where
        P: Future<Output = Result<Option<T>>>,
    {
        let mut tries = Tries::default();
        let (mut until, mut blind) = (None, None);
        for round in 1..=rounds {
            let sent = match self.rest.call(scope, request).await {
                Ok(answer) => match read(&answer) {
                    Ok(value) => return Ok(value),
                    // The change was made, but its result has to be read.
                    Err(error) => error.with_outcome(Outcome::Unknown),
                },
                Err(error) => error,
            };
            let refused = sent.outcome() != Outcome::Unknown;
            if refused && tries.is_empty() {
                return Err(missing_property(sent));
            }
            if may_come_late(&sent) {
                until = Some(self.late.note(request));
            }
            tries.add(sent);

            // A refusal after a doubt (an object that suddenly exists) may be caused by our own
            // first attempt. After the scope has ended, the read-back has a separate time limit.
            let looking = if scope.stopped().is_some() {
                scope.for_rollback()
            } else {
                scope.clone()
            };
            match probe(looking).await {
                Ok(Some(value)) => return Ok(value),
                Ok(None) if refused || round == rounds || scope.stopped().is_some() => break,
                Ok(None) => {
                    if scope.sleep(PAUSE * round).await.is_err() {
                        break;
                    }
                }
                Err(unread) => {
                    blind = Some(unread);
                    break;
                }
            }
        }
        if let Some(until) = until {
            scope.doubt_until(until);
        }
        let error = tries.judge();
        Err(match blind {
            Some(blind) => {
                let blind = blind.with_outcome(Outcome::Unknown);
                error.joined_by(blind.with_context("reading back failed"))
            }
            None => error,
        })
    }

    /// Sends a change that no read can show, such as a secret. It sets an absolute state, so
    /// repeating it does no harm: it is sent until an answer is clear. After a doubt only a success
    /// is clear: a refusal proves nothing about the request before it, and a 500 proves nothing
    /// about its own request.
    pub(in crate::appliance) async fn change_unseen(
        &self,
        scope: &Scope,
        request: &Request,
    ) -> Result<()> {
        let mut doubt: Option<Error> = None;
        let mut until = None;
        let mut round = 0;
        loop {
            round += 1;
            let error = match self.rest.call(scope, request).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            if may_come_late(&error) {
                until = Some(self.late.note(request));
            }
            let clear = error.outcome() != Outcome::Unknown;
            if clear || round == ROUNDS || scope.sleep(PAUSE * round).await.is_err() {
                if let Some(until) = until {
                    scope.doubt_until(until);
                }
                return Err(match doubt {
                    Some(doubt) if clear => doubt.with_cause(error),
                    None if clear => error,
                    _ => error.with_cause("it cannot be read back"),
                });
            }
            doubt = Some(error);
        }
    }
}

/// Failed attempts at one change that the appliance does not show.
#[derive(Default)]
struct Tries(Vec<Error>);

impl Tries {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, error: Error) {
        self.0.push(error);
    }

    /// The error for the caller. If every attempt was answered, all are over, and the appliance is
    /// unchanged. An unanswered attempt may still be carried out, whatever the others were
    /// answered; that the object exists is reported all the same, since the caller can read it.
    fn judge(mut self) -> Error {
        let last = self.0.pop();
        if canary!("unanswered-try-forgotten") {
            self.0.clear();
        }
        let doubt = match &last {
            Some(last) if may_come_late(last) => None,
            _ => self.0.into_iter().rev().find(may_come_late),
        };
        match (last, doubt) {
            (Some(last), None) if may_come_late(&last) => last.with_outcome(Outcome::Unknown),
            (Some(last), None) => last.with_outcome(Outcome::Rejected),
            (Some(last), Some(doubt)) if last.status() == Status::Exists => {
                last.with_outcome(Outcome::Unknown).with_cause(format!(
                    "an earlier attempt may still be carried out: {doubt}"
                ))
            }
            (Some(last), Some(doubt)) => doubt
                .with_outcome(Outcome::Unknown)
                .with_cause(format!("a later attempt: {last}")),
            (None, _) => Error::new(Status::Internal, "a change was judged before it was sent"),
        }
    }
}

/// Whether a failed request may be carried out after its failure. A request that the appliance's
/// REST service answered is over, and so is one that was never sent. A timeout of a gateway (502,
/// 504) or of the service itself (408) proves nothing about the work behind it.
pub(in crate::appliance) fn may_come_late(error: &Error) -> bool {
    error.outcome() == Outcome::Unknown
        && error
            .http_status()
            .is_none_or(|http| matches!(http, 408 | 502 | 504))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unanswered() -> Error {
        Error::new(Status::ConnectionLost, "reset").with_outcome(Outcome::Unknown)
    }

    fn answered(http: u16, status: Status, outcome: Outcome) -> Error {
        Error::new(status, http.to_string())
            .with_http_status(http)
            .with_outcome(outcome)
    }

    fn failed() -> Error {
        answered(500, Status::Fault, Outcome::Unknown)
    }

    fn refused(http: u16) -> Error {
        let status = match http {
            403 => Status::Denied,
            _ => Status::Exists,
        };
        answered(http, status, Outcome::Rejected)
    }

    fn unsent() -> Error {
        Error::new(Status::Connect, "no connection")
    }

    fn judged(tries: Vec<Error>) -> Error {
        Tries(tries).judge()
    }

    /// Every answer that an attempt can have.
    fn answers() -> [Error; 6] {
        [
            unanswered(),
            failed(),
            answered(504, Status::ConnectionLost, Outcome::Unknown),
            refused(403),
            refused(409),
            unsent(),
        ]
    }

    #[test]
    fn a_try_that_may_come_late_is_never_forgotten() {
        let mut cases = 0;
        for first in answers() {
            for second in answers() {
                for third in answers() {
                    let tries = vec![first.clone(), second.clone(), third];
                    let in_doubt = tries.iter().any(may_come_late);
                    let error = judged(tries.clone());
                    let expected = if in_doubt {
                        Outcome::Unknown
                    } else {
                        Outcome::Rejected
                    };
                    assert_eq!(error.outcome(), expected, "{tries:?}");
                    cases += 1;
                }
            }
        }
        assert_eq!(cases, 216);
    }

    #[test]
    fn a_refusal_after_a_doubt_does_not_pass_for_the_truth() {
        let error = judged(vec![unanswered(), failed(), refused(403)]);
        assert_eq!(error.status(), Status::ConnectionLost);
        assert!(error.to_string().contains("403"), "{error}");
        // That the name is taken is a fact that the caller can check.
        let error = judged(vec![unanswered(), refused(409)]);
        assert_eq!(error.status(), Status::Exists);
        assert_eq!(error.outcome(), Outcome::Unknown);
    }
}
