//! REST client of one appliance: its pool, sessions and retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::login::{self, Access};
use super::retry::Retries;
use super::session::Sessions;
use crate::config::{ApiVersion, TlsMode};
use crate::error::{Error, Result, Status};
use crate::local::Local;
use crate::rest::Settings;
use crate::rest::pool::Pool;
use crate::rest::pool::connection::{ConnectionCounts, ConnectionSettings};
use crate::rest::tls::client_config;
use crate::rest::tls::trust::Trust;
use crate::scope::Scope;

/// Shared state of all clones of a client.
pub(super) struct Client {
    pub(super) pool: Arc<Pool>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) retries: Arc<Retries>,
    pub(super) api_version: ApiVersion,
    /// Changes whose outcome stayed unknown.
    pub(super) unknown: AtomicU64,
    pub(super) max_list_items: usize,
}

/// Counts since the client was made, and its present state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Requests sent, with repetitions, logins and logouts.
    pub requests: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Logins sent.
    pub logins: u64,
    /// TLS connections made.
    pub connections: u64,
    /// Connections closed from this side: idle for too long, in doubt after a failure, or at the
    /// end. At most `max_connections` others are open at a time.
    pub closed: u64,
    /// Changes whose outcome stayed unknown to the transport.
    pub unknown: u64,
    /// Requests that wait for an answer now.
    pub in_flight: usize,
    /// Requests that may be in flight at a time now; adapts to the appliance.
    pub limit: usize,
}

impl Client {
    pub(super) fn new(settings: Settings, local: Local) -> Result<Arc<Client>> {
        let endpoint = settings.endpoint();
        if reqwest::Url::parse(&endpoint).is_err() || settings.host.is_empty() {
            return Err(Error::new(
                Status::Config,
                format!("san_ip: {endpoint} is not an address: set a host name or an IP address"),
            ));
        }
        if settings.login.contains(':') {
            return Err(Error::new(
                Status::Config,
                format!("san_login: is {:?}: remove the colon", settings.login),
            ));
        }
        if settings.tls == TlsMode::Insecure {
            tracing::warn!(
                target: "zfssa::rest",
                %endpoint,
                "zfssa_tls_mode is insecure: anyone on the network path can read the \
                 credentials and change every request"
            );
        }
        let trust = Trust::new(settings.tls)?;
        let connections = ConnectionSettings {
            config: client_config::trusting(&trust)?,
            trust,
            connect_timeout: settings.connect_timeout,
            local: local.clone(),
            counts: Arc::new(ConnectionCounts::default()),
        };
        let retries = Arc::new(Retries::new(settings.max_attempts));
        Ok(Arc::new(Client {
            pool: Pool::new(
                endpoint,
                connections,
                settings.request_timeout,
                settings.max_connections,
            ),
            sessions: Sessions::new(
                Access::new(settings.login, settings.api_version, retries.clone()),
                settings.authentication,
                local,
            ),
            retries,
            api_version: settings.api_version,
            unknown: AtomicU64::new(0),
            max_list_items: settings.max_list_items,
        }))
    }

    /// Closes the session and the idle connections, as well as it can.
    pub(super) async fn log_out(&self, scope: &Scope) {
        for token in self.sessions.take_all() {
            let Ok(mut connection) = self.pool.get(scope).await else {
                break;
            };
            // A session that is gone already is logged out well enough.
            let _ = login::log_out(self.api_version, scope, &mut connection, token).await;
        }
        self.pool.close_idle();
    }

    pub(super) fn metrics(&self) -> Metrics {
        let (limit, in_flight) = self.pool.limit.load();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let connections = &self.pool.settings.counts;
        Metrics {
            requests: count(&self.pool.requests),
            retries: self.retries.count(),
            logins: self.sessions.access.logins(),
            connections: count(&connections.made),
            closed: count(&connections.closed),
            unknown: count(&self.unknown),
            in_flight,
            limit,
        }
    }
}
