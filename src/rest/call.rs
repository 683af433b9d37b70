//! REST call: a permit, a session, the request, its outcome, and retries.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::client::Client;
use super::fault::Fault;
use super::metrics::counters::add;
use super::retry::{LONGEST_RETRY_AFTER, Waits};
use super::session::Session;
use super::settings::Authentication;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::exchange::list_stream::{ListReader, ListSink};
use crate::rest::exchange::round_trip::{RawResponse, RequestParts};
use crate::rest::exchange::transport_error::TransportError;
use crate::rest::pool::PooledConnection;
use crate::rest::{Method, Request, Response};
use crate::scope::Scope;

/// Attempts of a call so far.
#[derive(Default)]
struct Attempts {
    /// Attempts begun; a repetition under a new session belongs to the same attempt.
    begun: u32,
    /// Requests sent.
    sent: u32,
    /// A new session was made because of a 401.
    renewed: bool,
    /// A new session was made because of a 500.
    doubted: bool,
}

/// A failed attempt.
struct Failed {
    error: Error,
    /// Whether the request may be sent again.
    again: bool,
}

impl Failed {
    fn finally(error: Error) -> Failed {
        Failed {
            error,
            again: false,
        }
    }
}

impl Client {
    pub(super) async fn call(
        self: &Arc<Client>,
        scope: &Scope,
        request: &Request,
        mut list: Option<&mut dyn ListSink>,
    ) -> Result<Response> {
        request.body()?;
        self.retries.deposit();
        let mut attempts = Attempts::default();
        let mut waits: Option<Waits> = None;
        let mut last: Option<Error> = None;
        loop {
            // Waiting for a permit is what most calls do most of the time under load, so only
            // the future of the attempt itself is large, and it begins to exist after that.
            let connection = match self.pool.get(scope).await {
                Ok(connection) => connection,
                Err(stopped) => return Err(after(stopped, last)),
            };
            let attempt =
                Box::pin(self.attempt(scope, request, connection, &mut attempts, &mut list));
            let Failed { error, again } = match attempt.await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let error = error.with_attempts(attempts.sent);
            let error = match error.status() {
                Status::Deadline | Status::Cancelled | Status::Shutdown => {
                    after(error, last.take())
                }
                _ => error,
            };
            if error.outcome() == Outcome::Unknown {
                add(&self.pool.counters.unknown);
            }
            let most = if canary!("attempts-without-end") {
                u32::MAX
            } else {
                self.retries.max_attempts
            };
            if !again || attempts.begun >= most {
                return Err(error);
            }
            let wait = waits
                .get_or_insert_with(Waits::new)
                .next(error.retry_after());
            if wait > LONGEST_RETRY_AFTER + Duration::from_secs(1) {
                return Err(error);
            }
            if scope.remaining().is_some_and(|left| left <= wait) {
                return Err(error.with_cause("no time was left to repeat it"));
            }
            if !self
                .retries
                .allow(scope, request, attempts.begun, &error, wait)
            {
                return Err(error);
            }
            if let Err(stop) = scope.bound(tokio::time::sleep(wait)).await {
                let stopped = stop.error(error.outcome()).with_attempts(attempts.sent);
                return Err(after(stopped, Some(error)));
            }
            last = Some(error);
        }
    }

    /// Sends a request once, under the present session, and returns the answer of any status. A
    /// refused session is kept.
    #[cfg(feature = "cli")]
    pub(super) async fn observe(
        self: &Arc<Client>,
        scope: &Scope,
        request: &Request,
    ) -> Result<crate::rest::Observation> {
        let connection = self.pool.get(scope).await?;
        let (session, mut connection) = self.sessions.get(scope, connection).await?;
        let parts = RequestParts {
            method: request.method(),
            resource: request.path().resource(),
            url: request.path().url(&self.pool.endpoint, self.api_version)?,
            credential: session.credential.clone(),
            body: request.body()?.cloned(),
            label: request,
            attempt: 1,
            list: None,
        };
        match connection.exchange(scope, parts).await {
            Ok(raw) => Ok(crate::rest::Observation {
                status: raw.status,
                body: raw.body,
                chunked: raw.chunked,
            }),
            Err(broken) => Err(judge_broken(request, broken).error),
        }
    }

    async fn attempt(
        self: &Arc<Client>,
        scope: &Scope,
        request: &Request,
        mut connection: PooledConnection,
        attempts: &mut Attempts,
        list: &mut Option<&mut dyn ListSink>,
    ) -> std::result::Result<Response, Failed> {
        attempts.begun += 1;
        let url = request
            .path()
            .url(&self.pool.endpoint, self.api_version)
            .map_err(Failed::finally)?;
        let body = request.body().map_err(Failed::finally)?;
        loop {
            let session;
            (session, connection) = self
                .sessions
                .get(scope, connection)
                .await
                .map_err(Failed::finally)?;
            if request.method().mutates() && !canary!("fence-not-checked") {
                // As late as possible: the login and the wait for a connection took time.
                scope.may_change().map_err(Failed::finally)?;
            }
            attempts.sent += 1;
            let parts = RequestParts {
                method: request.method(),
                resource: request.path().resource(),
                url: url.clone(),
                credential: session.credential.clone(),
                body: body.cloned(),
                label: request,
                attempt: attempts.begun,
                list: list
                    .as_mut()
                    .map(|list| ListReader::new(&mut **list, self.max_list_items)),
            };
            let raw = match connection.exchange(scope, parts).await {
                Ok(raw) => raw,
                Err(broken) => return Err(judge_broken(request, broken)),
            };
            match raw.status {
                200..=299 => return self.accept(request, raw, list.is_some()),
                401 if self.may_renew(&session, request, attempts) => {
                    if request.is_once() {
                        return Err(Failed::finally(self.session_ended(request)));
                    }
                }
                500 if self.may_doubt(&session, request, attempts) => continue,
                _ => return Err(self.refuse(request, &session, raw, attempts)),
            }
        }
    }

    fn accept(
        &self,
        request: &Request,
        raw: RawResponse,
        is_list: bool,
    ) -> std::result::Result<Response, Failed> {
        let method = request.method();
        if method == Method::Get {
            self.pool.limit.answered(request.path().kind(), raw.latency);
        }
        let answer = Response::new(raw.status, method, raw.body).with_session(raw.session);
        match answer.check() {
            // A list was checked while it was read.
            _ if is_list => Ok(answer),
            Ok(()) => Ok(answer),
            Err(error) => Err(Failed {
                error: error.with_context(format!(
                    "{}: the response to {request} is not JSON",
                    self.pool.endpoint
                )),
                again: !method.mutates(),
            }),
        }
    }

    /// Error of a request that is sent at once or not at all, whose session ended just before.
    fn session_ended(&self, request: &Request) -> Error {
        Error::new(
            Status::Busy,
            format!(
                "{}: asks for a new login before {request}, and nothing was done: call again",
                self.pool.endpoint
            ),
        )
        .with_http_status(401)
        .with_outcome(Outcome::Rejected)
    }

    /// Whether a 401 is answered by a new login: once, and not where a login is known not to
    /// help. A request refused for its session was not executed, so any method may follow it.
    fn may_renew(&self, session: &Session, request: &Request, attempts: &mut Attempts) -> bool {
        let what = what(request);
        if attempts.renewed {
            self.sessions.denied(session.number, what);
            return false;
        }
        attempts.renewed = true;
        self.sessions.expired(session.number, what)
    }

    /// Whether a 500 is answered by a new login: once, and only for a read. After a change the
    /// session is only put in doubt, so that the read-back logs in again.
    fn may_doubt(&self, session: &Session, request: &Request, attempts: &mut Attempts) -> bool {
        if attempts.doubted {
            return false;
        }
        attempts.doubted = true;
        self.sessions.doubt(session.number) && !request.method().mutates()
    }

    fn refuse(
        &self,
        request: &Request,
        session: &Session,
        raw: RawResponse,
        attempts: &Attempts,
    ) -> Failed {
        let http = raw.status;
        let mutates = request.method().mutates();
        if matches!(http, 429 | 503) {
            self.pool.limit.busy(raw.sent);
        }
        let mut fault = Fault::read(&raw.body);
        let mut status = fault.status(http);
        let endpoint = &self.pool.endpoint;
        let name = fault.name.as_deref().unwrap_or("no fault name");
        let message = match http {
            300..=399 => {
                format!(
                    "{endpoint}: answered {request} with a redirect, which is not followed: set \
                     san_ip to the appliance"
                )
            }
            401 if matches!(self.sessions.authentication, Authentication::EachRequest(_)) => {
                status = Status::Unauthenticated;
                format!(
                    "{endpoint}: refuses {request} (401, {name}): check the password of user {:?} \
                     and the user's authorizations",
                    self.sessions.access.login
                )
            }
            401 => {
                // The login itself works: it was made again for this, or works elsewhere.
                status = Status::Denied;
                format!(
                    "{endpoint}: refuses {request} (401, {name}), although it accepts the \
                     login: grant the missing authorization to user {:?}",
                    self.sessions.access.login
                )
            }
            503 | 429 => format!("{endpoint}: is too busy for {request} ({http}, {name})"),
            500..=599 => format!("{endpoint}: failed at {request} ({http}, {name})"),
            _ => format!("{endpoint}: refused {request} ({http}, {name})"),
        };
        let secrets = request.secrets();
        let (_, credential) = &session.credential;
        let own = credential.to_str().ok().into_iter();
        let own = own.chain(self.sessions.password());
        fault.redact(secrets.iter().map(|secret| secret.as_str()).chain(own));
        let transient = matches!(http, 408 | 429 | 500 | 502 | 503 | 504);
        // These statuses prove that nothing was changed.
        let refused = matches!(http, 300..=499 | 501 | 503 | 505 | 507) && http != 408
            || canary!("server-error-is-a-refusal");
        let outcome = match (mutates, refused) {
            (false, _) => Outcome::None,
            (true, true) => Outcome::Rejected,
            (true, false) => Outcome::Unknown,
        };
        let error = Error::new(status, message)
            .with_http_status(http)
            .with_outcome(outcome)
            .with_attempts(attempts.sent);
        Failed {
            error: fault.describe(error, raw.retry_after),
            again: transient && outcome != Outcome::Unknown && !request.is_once(),
        }
    }
}

/// Error of a scope that ended, with the last failure as its cause.
fn after(stopped: Error, last: Option<Error>) -> Error {
    match last {
        Some(last) => stopped.with_cause(last),
        None => stopped,
    }
}

/// Key of a remembered denial: the method and the address.
fn what(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.to_string().hash(&mut hasher);
    hasher.finish()
}

fn judge_broken(request: &Request, broken: TransportError) -> Failed {
    let mutates = request.method().mutates();
    let lost = if mutates {
        Outcome::Unknown
    } else {
        Outcome::None
    };
    match broken {
        TransportError::Unsent(error) => Failed {
            again: matches!(error.status(), Status::Connect | Status::Resolve)
                && !request.is_once(),
            error,
        },
        TransportError::Lost(error) => Failed {
            error: error.with_outcome(lost),
            again: !mutates || canary!("change-repeated-blindly"),
        },
        TransportError::Answered(error) => Failed::finally(error),
        TransportError::Stopped { stop, unsent } => {
            Failed::finally(stop.error(if unsent { Outcome::None } else { lost }))
        }
    }
}
