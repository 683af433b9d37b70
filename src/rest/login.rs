//! Login with a password, and logout.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{self, HeaderValue};
use zeroize::Zeroizing;

use super::fault::Fault;
use super::metrics::counters::add;
use super::retry::{LONGEST_RETRY_AFTER, Retries, Waits};
use crate::config::ApiVersion;
use crate::error::{Error, Result, Status};
use crate::rest::exchange::round_trip::{RawResponse, RequestParts, X_AUTH_SESSION};
use crate::rest::pool::PooledConnection;
use crate::rest::{Method, Path, Resource, Service};
use crate::scope::Scope;
use crate::secret::Secret;

/// The access service of an appliance, and the user who is authenticated there.
pub(super) struct Access {
    pub(super) login: String,
    pub(super) api_version: ApiVersion,
    pub(super) retries: Arc<Retries>,
}

/// A persistent token, and the file that it comes from.
pub(super) struct TokenInFile<'a> {
    pub(super) token: HeaderValue,
    pub(super) path: &'a std::path::Path,
}

impl Access {
    pub(super) fn new(login: String, api_version: ApiVersion, retries: Arc<Retries>) -> Access {
        Access {
            login,
            api_version,
            retries,
        }
    }

    /// Logs in with a password: requests a session until it gets one, a definite answer, or has no
    /// attempt left.
    pub(super) async fn log_in(
        &self,
        password: &Secret,
        scope: &Scope,
        connection: &mut PooledConnection,
    ) -> Result<HeaderValue> {
        let login = Proof::Login(password);
        let mut token = login
            .send(self, scope, connection)
            .await?
            .session
            .ok_or_else(|| no_session(&connection.pool.endpoint))?;
        token.set_sensitive(true);
        Ok(token)
    }

    /// Asks whether the appliance accepts a persistent token.
    pub(super) async fn check(
        &self,
        token: &TokenInFile<'_>,
        scope: &Scope,
        connection: &mut PooledConnection,
    ) -> Result<()> {
        Proof::Check(token).send(self, scope, connection).await?;
        Ok(())
    }
}

/// A request that tells whether the appliance accepts a credential.
enum Proof<'a> {
    /// Logs in with a password, for a session.
    Login(&'a Secret),
    /// Lists the services with a persistent token, which changes nothing.
    Check(&'a TokenInFile<'a>),
}

impl Proof<'_> {
    async fn send(
        &self,
        access: &Access,
        scope: &Scope,
        connection: &mut PooledConnection,
    ) -> Result<RawResponse> {
        let endpoint = connection.pool.endpoint.clone();
        let mut waits = Waits::new();
        let mut attempt = 1;
        loop {
            let (method, credential) = match self {
                Proof::Login(password) => {
                    add(&connection.pool.counters.logins);
                    if canary!("password-logged") {
                        let password = password.expose();
                        tracing::debug!(target: "zfssa::rest", password, "logs in");
                    }
                    let credential = basic(&access.login, password.expose())?;
                    (Method::Post, (header::AUTHORIZATION, credential))
                }
                Proof::Check(TokenInFile { token, .. }) => {
                    (Method::Get, (X_AUTH_SESSION.clone(), token.clone()))
                }
            };
            let parts = RequestParts {
                method,
                resource: Resource::Access,
                url: address(&endpoint, access.api_version)?,
                credential,
                body: None,
                label: &self.label(),
                attempt,
                list: None,
            };
            let answer = connection.exchange(scope, parts).await.map_err(Error::from);
            let (error, asked) = match answer {
                Ok(response) => {
                    let asked = response.retry_after;
                    match self.judge(access, &endpoint, response) {
                        Ok(response) => return Ok(response),
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
                || attempt >= access.retries.max_attempts
                || wait > LONGEST_RETRY_AFTER
                || !access
                    .retries
                    .allow(scope, &self.label(), attempt, &error, wait)
            {
                return Err(error.with_attempts(attempt));
            }
            scope.sleep(wait).await?;
            attempt += 1;
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Proof::Login(_) => "the login",
            Proof::Check(_) => "the check of the token",
        }
    }

    /// The meaning of an answer; a login with a password that was accepted has a session.
    fn judge(&self, access: &Access, endpoint: &str, response: RawResponse) -> Result<RawResponse> {
        let status = response.status;
        let has_session = response
            .session
            .as_ref()
            .is_some_and(|token| !token.is_empty());
        if (200..=299).contains(&status) {
            return match self {
                Proof::Login(_) if !has_session => Err(no_session(endpoint)),
                _ => Ok(response),
            };
        }
        let mut fault = Fault::read(&response.body);
        fault.redact([match self {
            Proof::Login(password) => password.expose(),
            Proof::Check(TokenInFile { token, .. }) => token.to_str().unwrap_or_default(),
        }]);
        let named = fault.name.is_some() || response.retry_after.is_some();
        let label = self.label();
        let error = match status {
            401 | 403 => Error::new(Status::Unauthenticated, self.refused(access, endpoint)),
            404 => Error::new(
                Status::RestUnavailable,
                format!(
                    "{endpoint}: has no REST service{}",
                    match access.api_version {
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
                    "{endpoint}: answered {label} with a redirect, which is not followed: set \
                     san_ip to the appliance"
                ),
            ),
            _ => Error::new(
                match fault.status(status) {
                    Status::NotFound | Status::Exists | Status::InvalidValue => Status::Protocol,
                    status => status,
                },
                format!("{endpoint}: answered {label} with {status}"),
            ),
        };
        Err(fault.describe(error.with_http_status(status), response.retry_after))
    }

    fn refused(&self, access: &Access, endpoint: &str) -> String {
        let user = &access.login;
        match self {
            Proof::Login(_) => format!(
                "{endpoint}: refused the login of user {user:?}: check san_login and san_password"
            ),
            Proof::Check(TokenInFile { path, .. }) => format!(
                "{endpoint}: refused the token in {}, which has expired or was revoked: write a \
                 new token of user {user:?} into that file, for example by create_api_token",
                path.display()
            ),
        }
    }
}

fn no_session(endpoint: &str) -> Error {
    Error::new(
        Status::Protocol,
        format!("{endpoint}: accepted the login and sent no session"),
    )
}

/// Address for login and logout.
fn address(endpoint: &str, version: ApiVersion) -> Result<reqwest::Url> {
    Path::new(Service::Access).url(endpoint, version)
}

/// Ends one session.
pub(super) async fn log_out(
    version: ApiVersion,
    scope: &Scope,
    connection: &mut PooledConnection,
    token: HeaderValue,
) -> Result<RawResponse> {
    add(&connection.pool.counters.logouts);
    let parts = RequestParts {
        method: Method::Delete,
        resource: Resource::Access,
        url: address(&connection.pool.endpoint, version)?,
        credential: (X_AUTH_SESSION.clone(), token),
        body: None,
        label: &"the logout",
        attempt: 1,
        list: None,
    };
    Ok(connection.exchange(scope, parts).await?)
}

/// The `Authorization` header of RFC 7617, in UTF-8.
pub(super) fn basic(login: &str, password: &str) -> Result<HeaderValue> {
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
