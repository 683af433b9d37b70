//! Session: one credential for all requests, obtained when the first needs it.
//!
//! It is the session of a login with a password, or the persistent token of a file.
//!
//! A request that has a connection asks for the session. The first that finds none lends its
//! connection to a login in a separate task: a cancelled caller does not interrupt the login and
//! leave an unknown session on the appliance. All others wait for its result. A refused password is
//! remembered for a while, since an appliance may lock the user after a few attempts.
//!
//! A token needs no login: it is read from its file, and again when the file may have changed. The
//! appliance is asked about a token only after it refused a request with it, since that may have
//! been for the want of an authorization.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use reqwest::header::{self, HeaderName, HeaderValue};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

use super::login::{self, Access, TokenInFile};
use super::settings::Authentication;
use super::token;
use crate::error::{Error, Outcome, Result, Status};
use crate::local::Local;
use crate::rest::exchange::round_trip::X_AUTH_SESSION;
use crate::rest::pool::PooledConnection;
use crate::scope::Scope;
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
/// How long a token is used until its file is read again.
const REREAD: Duration = Duration::from_secs(10);

/// A session: the header that authenticates its requests, and its number among the sessions of
/// this client.
#[derive(Clone)]
pub(super) struct Session {
    /// Marked as sensitive.
    pub(super) credential: (HeaderName, HeaderValue),
    pub(super) number: u64,
}

/// The sessions of one client with one user.
pub(super) struct Sessions {
    pub(super) access: Access,
    pub(super) authentication: Authentication,
    local: Local,
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
    /// Session tokens that were replaced and may still be valid.
    retired: Vec<HeaderValue>,
    /// The token of the file that the appliance refused last.
    suspect: Option<HeaderValue>,
    /// When the token file was read last.
    read: Option<Instant>,
}

enum SessionStep {
    Have(Session),
    /// As `Have`; the token file is due to be read again.
    Reread(Session),
    Lead(
        watch::Sender<Option<Result<Session>>>,
        watch::Receiver<Option<Result<Session>>>,
    ),
    Follow(watch::Receiver<Option<Result<Session>>>),
    Refused(Error),
}

/// State of a token that a file holds.
enum Standing {
    /// It was not refused so far.
    Unsuspected,
    /// A request with it was refused.
    Suspect,
    /// The appliance refused the token itself a moment ago.
    Refused(Error),
}

impl Sessions {
    pub(super) fn new(
        access: Access,
        authentication: Authentication,
        local: Local,
    ) -> Arc<Sessions> {
        Arc::new(Sessions {
            access,
            authentication,
            local,
            state: Mutex::default(),
        })
    }

    /// The password, if there is one.
    pub(super) fn password(&self) -> Option<&str> {
        match &self.authentication {
            Authentication::Session(password) | Authentication::EachRequest(password) => {
                Some(password.expose())
            }
            Authentication::TokenFile(_) => None,
        }
    }

    /// The session, made if there is none. The connection comes back unless the scope ends first.
    pub(super) async fn get(
        self: &Arc<Sessions>,
        scope: &Scope,
        connection: PooledConnection,
    ) -> Result<(Session, PooledConnection)> {
        let (mut result, connection) = match self.step() {
            SessionStep::Have(session) => return Ok((session, connection)),
            SessionStep::Reread(session) => {
                // In the background: a file system that hangs must not delay a request while there
                // is a token.
                let reread = reread(self.clone(), session.clone(), scope.detached());
                tokio::spawn(reread.in_current_span().with_current_subscriber());
                return Ok((session, connection));
            }
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
        let from_file = matches!(self.authentication, Authentication::TokenFile(_));
        if let Some(session) = state.current.clone() {
            let due = state.read.is_none_or(|at| at.elapsed() >= REREAD);
            if from_file && due && !canary!("token-file-read-once") {
                state.read = Some(Instant::now());
                return SessionStep::Reread(session);
            }
            return SessionStep::Have(session);
        }
        // A refused token may have been replaced since; only its file tells.
        if let Some((at, error)) = &state.refused
            && at.elapsed() < REFUSED
            && !from_file
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
        if matches!(self.authentication, Authentication::EachRequest(_)) {
            return false;
        }
        let mut state = self.state();
        if state.number() == Some(number) {
            let denied = state.denied.get(&what);
            if denied.is_some_and(|at| at.elapsed() < DENIED) {
                return false;
            }
            self.retire(&mut state);
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
        self.retire(&mut state);
        true
    }

    /// The sessions that may still be valid; they are forgotten here. A token from a file outlives
    /// its clients.
    pub(super) fn take_all(&self) -> Vec<HeaderValue> {
        let mut state = self.state();
        if let Authentication::Session(_) = &self.authentication {
            self.retire(&mut state);
        }
        std::mem::take(&mut state.retired)
    }

    fn state(&self) -> MutexGuard<'_, LoginState> {
        lock(&self.state)
    }

    /// Ends the use of the current session.
    fn retire(&self, state: &mut LoginState) {
        let Some(session) = state.current.take() else {
            return;
        };
        let (_, value) = session.credential;
        match &self.authentication {
            Authentication::Session(_) => {
                if state.retired.len() == RETIRED {
                    state.retired.remove(0);
                }
                state.retired.push(value);
            }
            // It outlives this client, and is not logged out.
            Authentication::TokenFile(_) => state.suspect = Some(value),
            Authentication::EachRequest(_) => {}
        }
    }

    /// Begins the use of a new session.
    fn enter(&self, state: &mut LoginState, credential: (HeaderName, HeaderValue)) -> Session {
        state.logins += 1;
        state.denied.clear();
        state.refused = None;
        state.suspect = None;
        state.read = Some(Instant::now());
        let session = Session {
            credential,
            number: state.logins,
        };
        state.current = Some(session.clone());
        session
    }

    /// The credential of a new session.
    async fn obtain(
        &self,
        scope: &Scope,
        connection: &mut PooledConnection,
    ) -> Result<(HeaderName, HeaderValue)> {
        match &self.authentication {
            Authentication::Session(password) => {
                let token = self.access.log_in(password, scope, connection).await?;
                Ok((X_AUTH_SESSION.clone(), token))
            }
            Authentication::EachRequest(password) => {
                let pair = login::basic(&self.access.login, password.expose())?;
                Ok((header::AUTHORIZATION, pair))
            }
            Authentication::TokenFile(path) => {
                let token = token::read(&self.local, scope, path).await?;
                match self.standing(&token) {
                    Standing::Unsuspected => {}
                    Standing::Refused(error) => return Err(error),
                    Standing::Suspect => {
                        let token = token.clone();
                        let token = TokenInFile { token, path };
                        self.access.check(&token, scope, connection).await?;
                    }
                }
                Ok((X_AUTH_SESSION.clone(), token))
            }
        }
    }

    fn standing(&self, token: &HeaderValue) -> Standing {
        let state = self.state();
        if state.suspect.as_ref() != Some(token) {
            return Standing::Unsuspected;
        }
        match &state.refused {
            Some((at, error))
                if at.elapsed() < REFUSED && !canary!("refused-token-asked-again") =>
            {
                Standing::Refused(error.clone())
            }
            _ => Standing::Suspect,
        }
    }
}

/// Reads the token file again, and replaces the session if the file has another token.
async fn reread(sessions: Arc<Sessions>, former: Session, scope: Scope) {
    let Authentication::TokenFile(path) = &sessions.authentication else {
        return;
    };
    let token = match token::read(&sessions.local, &scope, path).await {
        Ok(token) => token,
        // The file may be about to be replaced, and the appliance accepts the token so far.
        Err(error) => {
            tracing::warn!(
                target: "zfssa::rest",
                %error,
                "the token that was read before stays in use"
            );
            return;
        }
    };
    let mut state = sessions.state();
    if state.number() == Some(former.number) && former.credential.1 != token {
        sessions.enter(&mut state, (X_AUTH_SESSION.clone(), token));
    }
}

impl LoginState {
    fn number(&self) -> Option<u64> {
        self.current.as_ref().map(|session| session.number)
    }
}

/// Ends the login for all who wait, whatever becomes of it.
struct Flight {
    sessions: Arc<Sessions>,
    send: watch::Sender<Option<Result<Session>>>,
}

impl Flight {
    fn land(&self, result: Result<(HeaderName, HeaderValue)>) {
        let mut state = self.sessions.state();
        state.flight = None;
        let result = result.map(|credential| self.sessions.enter(&mut state, credential));
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

/// Obtains a session with a lent connection, and returns the connection.
async fn fly(
    sessions: Arc<Sessions>,
    mut connection: PooledConnection,
    scope: Scope,
    send: watch::Sender<Option<Result<Session>>>,
) -> PooledConnection {
    let flight = Flight { sessions, send };
    let result = flight.sessions.obtain(&scope, &mut connection).await;
    flight.land(result);
    connection
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ApiVersion;
    use crate::rest::retry::Retries;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt as _;
    use tokio_util::sync::CancellationToken;

    #[tokio::test(start_paused = true)]
    async fn a_token_file_that_changed_is_read_again_without_a_refusal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let put = |token: &str| {
            write(&path, token).unwrap();
            set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        };
        put("first");
        let retries = Arc::new(Retries::new(1, Arc::default()));
        let sessions = Sessions::new(
            Access::new("root".to_owned(), ApiVersion::V1, retries),
            Authentication::TokenFile(path.clone()),
            Local::default(),
        );
        let token = CancellationToken::new;
        let scope = Scope::new("test", None, Duration::ZERO, token(), token());
        let current = || {
            let state = sessions.state();
            let session = state.current.as_ref().expect("a session");
            (session.credential.1.clone(), session.number)
        };
        let first = token::read(&sessions.local, &scope, &path).await.unwrap();
        sessions.enter(&mut sessions.state(), (X_AUTH_SESSION.clone(), first));
        put("second");
        assert!(matches!(sessions.step(), SessionStep::Have(_)));
        tokio::time::advance(REREAD).await;
        let SessionStep::Reread(former) = sessions.step() else {
            panic!("the file is not read again");
        };
        assert!(
            matches!(sessions.step(), SessionStep::Have(_)),
            "by one caller"
        );
        reread(sessions.clone(), former.clone(), scope.clone()).await;
        assert_eq!(current(), (HeaderValue::from_static("second"), 2));
        // A file that is being replaced, or a read that comes late, changes nothing.
        put("");
        let SessionStep::Have(second) = sessions.step() else {
            panic!("the file is read too often");
        };
        reread(sessions.clone(), second, scope.clone()).await;
        put("third");
        reread(sessions.clone(), former, scope).await;
        assert_eq!(current(), (HeaderValue::from_static("second"), 2));
    }
}
