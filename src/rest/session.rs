//! Login session: one login for all requests, made when the first needs it.
//!
//! A request that has a connection asks for the session. The first that finds none lends its
//! connection to a login in a separate task: a cancelled caller does not interrupt the login and
//! leave an unknown session on the appliance. All others wait for its result. A refused password is
//! remembered for a while, since an appliance may lock the user after a few attempts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{self, HeaderValue};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use zeroize::Zeroizing;

use super::fault::Fault;
use super::retry::{LONGEST_RETRY_AFTER, Retries, Waits};
use crate::config::ApiVersion;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::exchange::round_trip::{RawResponse, RequestParts, X_AUTH_SESSION};
use crate::rest::pool::PooledConnection;
use crate::rest::{Method, Path, Service};
use crate::scope::Scope;
use crate::secret::Secret;
use crate::sync::lock;

/// Time for which a refused login is not repeated.
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

/// The sessions of one client with one user.
pub(super) struct Sessions {
    pub(super) login: String,
    pub(super) password: Secret,
    pub(super) api_version: ApiVersion,
    pub(super) retries: Arc<Retries>,
    logins: AtomicU64,
    state: Mutex<LoginState>,
}

#[derive(Default)]
struct LoginState {
    current: Option<Session>,
    logins: u64,
    /// The login under way.
    flight: Option<watch::Receiver<Option<Result<Session>>>>,
    refused: Option<(Instant, Error)>,
    doubted: Option<Instant>,
    /// Requests that the appliance denied although the session is valid, and when.
    denied: HashMap<u64, Instant>,
    /// Tokens that were replaced and may still be valid.
    retired: Vec<HeaderValue>,
}

enum SessionStep {
    Have(Session),
    Lead(
        watch::Sender<Option<Result<Session>>>,
        watch::Receiver<Option<Result<Session>>>,
    ),
    Follow(watch::Receiver<Option<Result<Session>>>),
    Refused(Error),
}

impl Sessions {
    pub(super) fn new(
        login: String,
        password: Secret,
        api_version: ApiVersion,
        retries: Arc<Retries>,
    ) -> Arc<Sessions> {
        Arc::new(Sessions {
            login,
            password,
            api_version,
            retries,
            logins: AtomicU64::new(0),
            state: Mutex::default(),
        })
    }

    /// Logins sent.
    pub(super) fn logins(&self) -> u64 {
        self.logins.load(Ordering::Relaxed)
    }

    /// The session, made if there is none. The connection comes back unless the scope ends first.
    pub(super) async fn get(
        self: &Arc<Sessions>,
        scope: &Scope,
        connection: PooledConnection,
    ) -> Result<(Session, PooledConnection)> {
        let (mut result, connection) = match self.step() {
            SessionStep::Have(session) => return Ok((session, connection)),
            SessionStep::Refused(error) => return Err(error),
            SessionStep::Follow(result) => (result, Some(connection)),
            SessionStep::Lead(send, result) => {
                let login = fly(self.clone(), connection, scope.detached(), send);
                // Its log records belong to the operation that began it.
                let login = login.in_current_span().with_current_subscriber();
                let login = tokio::spawn(login);
                let connection = match scope.bound(login).await {
                    Ok(Ok(connection)) => Some(connection),
                    // The login task ended with a panic or with the runtime; the result reports it.
                    Ok(Err(_)) => None,
                    Err(stop) => return Err(stop.error(Outcome::None)),
                };
                (result, connection)
            }
        };
        let session = match scope.bound(result.wait_for(Option::is_some)).await {
            Ok(Ok(result)) => result.clone(),
            Ok(Err(_)) => None,
            Err(stop) => return Err(stop.error(Outcome::None)),
        };
        match (session, connection) {
            (Some(Ok(session)), Some(connection)) => Ok((session, connection)),
            (Some(Err(error)), _) => Err(error),
            _ => Err(Error::new(
                Status::Internal,
                "the login was given up before it was answered",
            )),
        }
    }

    fn step(&self) -> SessionStep {
        let mut state = self.state();
        if let Some(session) = &state.current {
            return SessionStep::Have(session.clone());
        }
        if let Some((at, error)) = &state.refused
            && at.elapsed() < REFUSED
        {
            return SessionStep::Refused(error.clone());
        }
        if let Some(result) = &state.flight
            && !canary!("each-caller-logs-in")
        {
            return SessionStep::Follow(result.clone());
        }
        let (send, result) = watch::channel(None);
        state.flight = Some(result.clone());
        SessionStep::Lead(send, result)
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

    /// A request was answered with 500 under this session, which may mean that it expired. Returns
    /// whether a new session may help.
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

    fn state(&self) -> MutexGuard<'_, LoginState> {
        lock(&self.state)
    }
}

impl LoginState {
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
    sessions: Arc<Sessions>,
    send: watch::Sender<Option<Result<Session>>>,
}

impl Flight {
    fn land(&self, result: Result<HeaderValue>) {
        let mut state = self.sessions.state();
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
            self.sessions.state().flight = None;
        }
    }
}

/// Logs in with a lent connection and returns it.
async fn fly(
    sessions: Arc<Sessions>,
    mut connection: PooledConnection,
    scope: Scope,
    send: watch::Sender<Option<Result<Session>>>,
) -> PooledConnection {
    let flight = Flight { sessions, send };
    let result = log_in(&flight.sessions, &scope, &mut connection).await;
    flight.land(result);
    connection
}

/// Requests a session until it gets one, a definite answer, or has no attempt left.
async fn log_in(
    sessions: &Sessions,
    scope: &Scope,
    connection: &mut PooledConnection,
) -> Result<HeaderValue> {
    let endpoint = connection.pool.endpoint.clone();
    let mut waits = Waits::new();
    let mut attempt = 1;
    loop {
        sessions.logins.fetch_add(1, Ordering::Relaxed);
        let credential = basic(&sessions.login, sessions.password.expose())?;
        if canary!("password-logged") {
            tracing::debug!(target: "zfssa::rest", password = sessions.password.expose(), "logs in");
        }
        let parts = RequestParts {
            method: Method::Post,
            url: access(&endpoint, sessions.api_version)?,
            credential: (header::AUTHORIZATION, credential),
            body: None,
            label: &"the login",
            attempt,
            list: None,
        };
        let answer = connection.exchange(scope, parts).await.map_err(Error::from);
        let (error, asked) = match answer {
            Ok(response) => {
                let asked = response.retry_after;
                match judge(sessions, &endpoint, response) {
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
            || attempt >= sessions.retries.max_attempts
            || wait > LONGEST_RETRY_AFTER
            || !sessions
                .retries
                .allow(scope, &"the login", attempt, &error, wait)
        {
            return Err(error.with_attempts(attempt));
        }
        scope.sleep(wait).await?;
        attempt += 1;
    }
}

fn judge(sessions: &Sessions, endpoint: &str, response: RawResponse) -> Result<HeaderValue> {
    let status = response.status;
    if let (200..=299, Some(mut token)) = (status, response.session)
        && !token.is_empty()
    {
        token.set_sensitive(true);
        return Ok(token);
    }
    let mut fault = Fault::read(&response.body);
    fault.redact([sessions.password.expose()]);
    let named = fault.name.is_some() || response.retry_after.is_some();
    let user = &sessions.login;
    let error = match status {
        200..=299 => Error::new(
            Status::Protocol,
            format!("{endpoint}: accepted the login and sent no session"),
        ),
        401 | 403 => Error::new(
            Status::Unauthenticated,
            format!(
                "{endpoint}: refused the login of user {user:?}: check san_login and san_password"
            ),
        ),
        404 => Error::new(
            Status::RestUnavailable,
            format!(
                "{endpoint}: has no REST service{}",
                match sessions.api_version {
                    ApiVersion::Auto | ApiVersion::V1 =>
                        ": check san_ip and the version of its software",
                    ApiVersion::V2 =>
                        " of version v2, which came with OS8.8: set zfssa_api_version",
                }
            ),
        ),
        503 if !named => Error::new(
            Status::RestUnavailable,
            format!(
                "{endpoint}: has its REST service disabled, or is too busy to log in: enable \
                 the service, or call again"
            ),
        ),
        503 | 429 => Error::new(
            Status::Busy,
            format!("{endpoint}: is too busy to log in: call again"),
        ),
        300..=399 => Error::new(
            Status::Protocol,
            format!(
                "{endpoint}: answered the login with a redirect, which is not followed: set \
                 san_ip to the appliance"
            ),
        ),
        _ => Error::new(
            match fault.status(status) {
                Status::NotFound | Status::Exists | Status::InvalidValue => Status::Protocol,
                status => status,
            },
            format!("{endpoint}: answered the login with {status}"),
        ),
    };
    Err(fault.describe(error.with_http_status(status), response.retry_after))
}

/// Address for login and logout.
fn access(endpoint: &str, version: ApiVersion) -> Result<reqwest::Url> {
    Path::new(Service::Access).url(endpoint, version)
}

/// Ends one session.
pub(super) async fn log_out(
    version: ApiVersion,
    scope: &Scope,
    connection: &mut PooledConnection,
    token: HeaderValue,
) -> Result<RawResponse> {
    let parts = RequestParts {
        method: Method::Delete,
        url: access(&connection.pool.endpoint, version)?,
        credential: (X_AUTH_SESSION.clone(), token),
        body: None,
        label: &"the logout",
        attempt: 1,
        list: None,
    };
    Ok(connection.exchange(scope, parts).await?)
}

/// The `Authorization` header of RFC 7617, in UTF-8.
fn basic(login: &str, password: &str) -> Result<HeaderValue> {
    let pair = Zeroizing::new(format!("{login}:{password}"));
    let text = Zeroizing::new(format!(
        "Basic {}",
        *Zeroizing::new(STANDARD.encode(pair.as_bytes()))
    ));
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Error::new(Status::Internal, "the login does not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
