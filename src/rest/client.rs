//! REST client of one appliance: its pool, sessions and retries.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::login::{self, Access};
use super::retry::Retries;
use super::session::Sessions;
use crate::config::{ApiVersion, TlsMode};
use crate::error::{Error, Result, Status};
use crate::local::Local;
use crate::rest::pool::Pool;
use crate::rest::pool::connection::ConnectionSettings;
use crate::rest::tls::client_config;
use crate::rest::tls::trust::Trust;
use crate::rest::{Counters, Settings};
use crate::scope::Scope;

/// Shared state of all clones of a client.
pub(super) struct Client {
    pub(super) pool: Arc<Pool>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) retries: Arc<Retries>,
    pub(super) api_version: ApiVersion,
    pub(super) max_list_items: usize,
}

/// Counts since the counters were made, and the present state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Requests sent, with repetitions, logins and logouts.
    pub requests: u64,
    /// Requests that ended without a complete answer.
    pub unanswered: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Logins sent.
    pub logins: u64,
    /// Logouts sent.
    pub logouts: u64,
    /// TLS connections made.
    pub connections: u64,
    /// Connections closed from this side: idle for too long, in doubt after a failure, or at the
    /// end. At most `max_connections` others are open at a time.
    pub closed: u64,
    /// Connections that are open now. One that the appliance closed counts until that is noticed.
    pub open: u64,
    /// Changes whose outcome stayed unknown to the transport.
    pub unknown: u64,
    /// Requests that wait for an answer now.
    pub in_flight: u64,
    /// Requests that wait for a connection now.
    pub waiting: u64,
    /// Requests that may be in flight at a time now; adapts to the appliance.
    pub limit: usize,
}

impl Client {
    pub(super) fn new(
        settings: Settings,
        local: Local,
        counters: Arc<Counters>,
    ) -> Result<Arc<Client>> {
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
            counters: counters.clone(),
        };
        let retries = Arc::new(Retries::new(settings.max_attempts, counters));
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
        let counters = &self.pool.counters;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            requests: count(&counters.requests),
            unanswered: count(&counters.unanswered),
            retries: count(&counters.retries),
            logins: count(&counters.logins),
            logouts: count(&counters.logouts),
            connections: count(&counters.connections),
            closed: count(&counters.closed),
            open: count(&counters.open),
            unknown: count(&counters.unknown),
            in_flight: count(&counters.in_flight),
            waiting: count(&counters.waiting),
            limit: self.pool.limit.load().0,
        }
    }
}
