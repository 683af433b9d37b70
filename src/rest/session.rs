//! The login: one for all, made when somebody needs it.
//!
//! A session is asked for by whoever has a slot. The first who finds none lends its slot to a
//! login that runs on its own, so that a caller who gives up does not cut it short and leave a
//! session behind that nobody knows; all others wait for its result. A refused password is
//! remembered for a while, since an appliance may lock the user after a few.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{self, HeaderValue};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use zeroize::Zeroizing;

use super::certificate::base64;
use super::client::Inner;
use super::fault::Fault;
use super::retry::{LONGEST_RETRY_AFTER, Waits};
use crate::config::ApiVersion;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::round_trip::{Outgoing, Received, Slot, X_AUTH_SESSION, flatten};
use crate::rest::{Method, Path, Service};
use crate::scope::Scope;

/// How long a refused login is not tried again.
const REFUSED: Duration = Duration::from_secs(30);
/// An internal fault of the appliance may mean that the session expired; it is taken for that
/// at most this often, so that an appliance with a real fault is not filled with sessions.
const DOUBT: Duration = Duration::from_secs(10);
/// How long a denial is remembered. A session that expires within this time is renewed because
/// of any other request, or after it.
const DENIED: Duration = Duration::from_secs(60);
/// How many denials are remembered.
const DENIALS: usize = 256;
/// Replaced sessions that are kept in mind for logging out.
const RETIRED: usize = 64;

/// A session: its token, and its number among the logins of this client.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) token: HeaderValue,
    pub(super) number: u64,
}

#[derive(Default)]
pub(super) struct Sessions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Session>,
    logins: u64,
    /// The login that is under way.
    flight: Option<watch::Receiver<Option<Result<Session>>>>,
    refused: Option<(Instant, Error)>,
    doubted: Option<Instant>,
    /// What the user of the current session may not do although the login is good, and when the
    /// appliance said so.
    denied: HashMap<u64, Instant>,
    /// Tokens that were replaced and may still be valid.
    retired: Vec<HeaderValue>,
}

enum Step {
    Have(Session),
    Lead(
        watch::Sender<Option<Result<Session>>>,
        watch::Receiver<Option<Result<Session>>>,
    ),
    Follow(watch::Receiver<Option<Result<Session>>>),
    Refused(Error),
}

impl Sessions {
    /// The session, made if there is none. The slot comes back unless the scope ends first.
    pub(super) async fn get(&self, scope: &Scope, slot: Slot) -> Result<(Session, Slot)> {
        let (mut result, slot) = match self.step() {
            Step::Have(session) => return Ok((session, slot)),
            Step::Refused(error) => return Err(error),
            Step::Follow(result) => (result, Some(slot)),
            Step::Lead(send, result) => {
                let login = fly(slot, scope.detached(), send);
                // It logs where the operation does that began it.
                let login = login.in_current_span().with_current_subscriber();
                let login = tokio::spawn(login);
                let slot = match scope.bound(login).await {
                    Ok(Ok(slot)) => Some(slot),
                    // It ended with a panic or with the runtime; the result says so.
                    Ok(Err(_)) => None,
                    Err(stop) => return Err(stop.error(Outcome::None)),
                };
                (result, slot)
            }
        };
        let session = match scope.bound(result.wait_for(Option::is_some)).await {
            Ok(Ok(result)) => result.clone(),
            Ok(Err(_)) => None,
            Err(stop) => return Err(stop.error(Outcome::None)),
        };
        match (session, slot) {
            (Some(Ok(session)), Some(slot)) => Ok((session, slot)),
            (Some(Err(error)), _) => Err(error),
            _ => Err(Error::new(
                Status::Internal,
                "the login was given up before it was answered",
            )),
        }
    }

    fn step(&self) -> Step {
        let mut state = self.state();
        if let Some(session) = &state.current {
            return Step::Have(session.clone());
        }
        if let Some((at, error)) = &state.refused
            && at.elapsed() < REFUSED
        {
            return Step::Refused(error.clone());
        }
        if let Some(result) = &state.flight
            && !canary!("each-caller-logs-in")
        {
            return Step::Follow(result.clone());
        }
        let (send, result) = watch::channel(None);
        state.flight = Some(result.clone());
        Step::Lead(send, result)
    }

    /// A request was answered with 401 under this session. False when a new session would not
    /// help: the same was denied to this very session before.
    pub(super) fn expired(&self, number: u64, what: u64) -> bool {
        let mut state = self.state();
        if state.number() == Some(number) {
            let denied = state.denied.get(&what);
            if denied.is_some_and(|at| at.elapsed() < DENIED) {
                return false;
            }
            state.retire();
        }
        true
    }

    /// A request was answered with 401 under a session that was made for it.
    pub(super) fn denied(&self, number: u64, what: u64) {
        let mut state = self.state();
        if state.number() == Some(number) {
            if state.denied.len() >= DENIALS {
                state.denied.clear();
            }
            state.denied.insert(what, Instant::now());
        }
    }

    /// A request was answered with 500 under this session, which may mean that it expired.
    /// Tells whether a new session may help.
    pub(super) fn doubt(&self, number: u64) -> bool {
        let mut state = self.state();
        if state.number() != Some(number) {
            return true;
        }
        if state.doubted.is_some_and(|at| at.elapsed() < DOUBT) {
            return false;
        }
        state.doubted = Some(Instant::now());
        state.retire();
        true
    }

    /// The tokens that may still be valid; they are forgotten here.
    pub(super) fn take_all(&self) -> Vec<HeaderValue> {
        let mut state = self.state();
        state.retire();
        std::mem::take(&mut state.retired)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn number(&self) -> Option<u64> {
        self.current.as_ref().map(|session| session.number)
    }

    fn retire(&mut self) {
        if let Some(session) = self.current.take() {
            if self.retired.len() == RETIRED {
                self.retired.remove(0);
            }
            self.retired.push(session.token);
        }
    }
}

/// Ends the login for all who wait, whatever becomes of it.
struct Flight {
    inner: Arc<Inner>,
    send: watch::Sender<Option<Result<Session>>>,
}

impl Flight {
    fn land(&self, result: Result<HeaderValue>) {
        let mut state = self.inner.sessions.state();
        state.flight = None;
        let result = result.map(|token| {
            state.logins += 1;
            state.denied.clear();
            state.refused = None;
            let session = Session {
                token,
                number: state.logins,
            };
            state.current = Some(session.clone());
            session
        });
        if let Err(error) = &result
            && error.status() == Status::Unauthenticated
        {
            state.refused = Some((Instant::now(), error.clone()));
        }
        drop(state);
        self.send.send_replace(Some(result));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // Only a login that did not end by itself has left nothing here.
        if self.send.borrow().is_none() {
            self.inner.sessions.state().flight = None;
        }
    }
}

/// Logs in with a lent slot and gives it back.
async fn fly(mut slot: Slot, scope: Scope, send: watch::Sender<Option<Result<Session>>>) -> Slot {
    let flight = Flight {
        inner: slot.inner(),
        send,
    };
    let result = log_in(&flight.inner, &scope, &mut slot).await;
    flight.land(result);
    slot
}

/// Asks for a session until there is one, a definite answer, or no attempt left.
async fn log_in(inner: &Inner, scope: &Scope, slot: &mut Slot) -> Result<HeaderValue> {
    let mut waits = Waits::new();
    let mut attempt = 1;
    loop {
        inner.counters.login();
        let credential = basic(&inner.login, inner.password.expose())?;
        if canary!("password-logged") {
            tracing::debug!(target: "zfssa::rest", password = inner.password.expose(), "logs in");
        }
        let outgoing = Outgoing {
            method: Method::Post,
            url: access(inner)?,
            credential: (header::AUTHORIZATION, credential),
            body: None,
            label: &"the login",
            attempt,
        };
        let answer = flatten(slot.exchange(scope, outgoing).await);
        let (error, asked) = match answer {
            Ok(received) => {
                let asked = received.retry_after;
                match judge(inner, received) {
                    Ok(token) => return Ok(token),
                    Err(error) => (error, asked),
                }
            }
            Err(error) => (error, None),
        };
        let transient = matches!(
            error.status(),
            Status::Resolve
                | Status::Connect
                | Status::ConnectionLost
                | Status::RequestTimeout
                | Status::Protocol
                | Status::Busy
                | Status::Fault
        ) || error.http_status() == Some(503);
        let wait = waits.next(asked);
        if !transient
            || attempt >= inner.max_attempts
            || wait > LONGEST_RETRY_AFTER
            || !inner.retry(scope, &"the login", attempt, &error, wait)
        {
            return Err(error.with_attempts(attempt));
        }
        scope.sleep(wait).await?;
        attempt += 1;
    }
}

fn judge(inner: &Inner, received: Received) -> Result<HeaderValue> {
    let endpoint = &inner.endpoint;
    let status = received.status;
    if let (200..=299, Some(mut token)) = (status, received.session)
        && !token.is_empty()
    {
        token.set_sensitive(true);
        return Ok(token);
    }
    let mut fault = Fault::read(&received.body);
    fault.redact([inner.password.expose()]);
    let named = fault.name.is_some() || received.retry_after.is_some();
    let user = &inner.login;
    let error = match status {
        200..=299 => Error::new(
            Status::Protocol,
            format!("{endpoint} accepted the login and sent no session"),
        ),
        401 | 403 => Error::new(
            Status::Unauthenticated,
            format!(
                "{endpoint} refused the login of user {user:?}; check san_login and san_password"
            ),
        ),
        404 => Error::new(
            Status::RestUnavailable,
            format!(
                "{endpoint} has no REST service{}",
                match inner.api_version {
                    ApiVersion::Auto | ApiVersion::V1 =>
                        "; its software is too old, or it is no appliance",
                    ApiVersion::V2 => " of version v2, which came with OS8.8 (zfssa_api_version)",
                }
            ),
        ),
        503 if !named => Error::new(
            Status::RestUnavailable,
            format!("{endpoint} has its REST service disabled, or is too busy to log in"),
        ),
        503 | 429 => Error::new(Status::Busy, format!("{endpoint} is too busy to log in")),
        300..=399 => Error::new(
            Status::Protocol,
            format!("{endpoint} answered the login with a redirect, which is not followed"),
        ),
        _ => Error::new(
            match fault.status(status) {
                Status::NotFound | Status::Exists | Status::InvalidValue => Status::Protocol,
                status => status,
            },
            format!("{endpoint} answered the login with {status}"),
        ),
    };
    Err(inner.describe(error.with_http_status(status), fault, received.retry_after))
}

/// Where one logs in and out.
pub(super) fn access(inner: &Inner) -> Result<reqwest::Url> {
    inner.url(&Path::new(Service::Access))
}

/// Ends one session.
pub(super) async fn log_out(
    inner: &Inner,
    scope: &Scope,
    slot: &mut Slot,
    token: HeaderValue,
) -> Result<Received> {
    let outgoing = Outgoing {
        method: Method::Delete,
        url: access(inner)?,
        credential: (X_AUTH_SESSION.clone(), token),
        body: None,
        label: &"the logout",
        attempt: 1,
    };
    flatten(slot.exchange(scope, outgoing).await)
}

/// The `Authorization` header of RFC 7617, in UTF-8.
fn basic(login: &str, password: &str) -> Result<HeaderValue> {
    let pair = Zeroizing::new(format!("{login}:{password}"));
    let text = Zeroizing::new(format!(
        "Basic {}",
        *Zeroizing::new(base64(pair.as_bytes()))
    ));
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Error::new(Status::Internal, "the login does not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
