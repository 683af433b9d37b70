//! What all clones of a client share.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Metrics;
use super::fault::Fault;
use super::retry::Budget;
use super::session::Sessions;
use crate::config::{ApiVersion, TlsMode};
use crate::error::{Error, Outcome, Result, Status};
use crate::local::Local;
use crate::rest::concurrency_limit::{Limit, Permit};
use crate::rest::connection::{Blueprint, Connections, Lane};
use crate::rest::round_trip::Slot;
use crate::rest::trust::Trust;
use crate::rest::{Path, Settings};
use crate::scope::Scope;
use crate::secret::Secret;

pub(super) struct Inner {
    pub(super) endpoint: String,
    pub(super) login: String,
    pub(super) password: Secret,
    pub(super) api_version: ApiVersion,
    pub(super) request_timeout: Duration,
    pub(super) max_attempts: u32,
    pub(super) blueprint: Blueprint,
    pub(super) sessions: Sessions,
    pub(super) budget: Budget,
    pub(super) limit: Arc<Limit>,
    pub(super) counters: Counters,
    /// Idle lanes, the one used last on top: under little load few connections are kept busy
    /// and the others go.
    lanes: Mutex<Vec<Lane>>,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) logins: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) connections: Arc<Connections>,
}

impl Counters {
    pub(super) fn login(&self) {
        self.logins.fetch_add(1, Ordering::Relaxed);
    }
}

impl Inner {
    pub(super) fn new(settings: Settings, local: Local) -> Result<Arc<Inner>> {
        let endpoint = settings.endpoint();
        if reqwest::Url::parse(&endpoint).is_err() || settings.host.is_empty() {
            return Err(Error::new(
                Status::Config,
                format!("{endpoint} is no address (san_ip)"),
            ));
        }
        if settings.login.contains(':') {
            return Err(Error::new(
                Status::Config,
                format!(
                    "san_login is {:?}: a user name has no colon",
                    settings.login
                ),
            ));
        }
        if settings.tls == TlsMode::Insecure {
            tracing::warn!(
                target: "zfssa::rest",
                %endpoint,
                "zfssa_tls_mode is insecure: whoever is on the network between can read the \
                 password and change every request"
            );
        }
        let trust = Trust::new(settings.tls)?;
        let counters = Counters::default();
        let blueprint = Blueprint {
            config: trust.config()?,
            trust,
            connect_timeout: settings.connect_timeout,
            local,
            connections: counters.connections.clone(),
        };
        Ok(Arc::new(Inner {
            endpoint,
            login: settings.login,
            password: settings.password,
            api_version: settings.api_version,
            request_timeout: settings.request_timeout,
            max_attempts: settings.max_attempts.max(1),
            blueprint,
            sessions: Sessions::default(),
            budget: Budget::new(),
            limit: Limit::new(settings.max_connections),
            counters,
            lanes: Mutex::new(Vec::new()),
        }))
    }

    /// Waits for its turn, first come first served.
    pub(super) async fn slot(self: &Arc<Inner>, scope: &Scope) -> Result<Slot> {
        if let Some(stop) = scope.stopped() {
            return Err(stop.error(Outcome::None));
        }
        let permit: Permit = match self.limit.try_acquire() {
            Some(permit) => permit,
            None => scope
                .bound(self.limit.acquire())
                .await
                .map_err(|stop| stop.error(Outcome::None))?,
        };
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let (lane, stale) = match lanes.pop() {
            Some(lane) if lane.fresh() => (Some(lane), Vec::new()),
            Some(_) => (None, std::mem::take(&mut *lanes)),
            None => (None, Vec::new()),
        };
        drop(lanes);
        // The others were idle for even longer.
        drop(stale);
        Ok(Slot::new(self.clone(), lane, permit))
    }

    pub(super) fn put_back(&self, lane: Lane) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.push(lane);
    }

    /// Closes the idle connections.
    pub(super) fn close_idle(&self) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = std::mem::take(&mut *lanes);
        drop(lanes);
        drop(idle);
    }

    pub(super) fn url(&self, path: &Path) -> Result<reqwest::Url> {
        let address = path.address(&self.endpoint, self.api_version);
        reqwest::Url::parse(&address).map_err(|error| {
            Error::new(Status::Internal, format!("{address} is no URL")).with_cause(error)
        })
    }

    /// Whether one more repetition is within the budget; counts and reports it.
    pub(super) fn retry(
        &self,
        scope: &Scope,
        label: &dyn Display,
        attempt: u32,
        error: &Error,
        wait: Duration,
    ) -> bool {
        if !self.budget.withdraw(error.status() == Status::Busy) {
            tracing::warn!(
                target: "zfssa::rest",
                id = scope.id(),
                request = %label,
                attempt,
                %error,
                "not repeated: too much failed lately"
            );
            return false;
        }
        self.counters.retries.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(
            target: "zfssa::rest",
            id = scope.id(),
            request = %label,
            attempt,
            %error,
            wait = wait.as_millis() as u64,
            "repeated"
        );
        true
    }

    /// Adds what the appliance said to an error.
    pub(super) fn describe(
        &self,
        mut error: Error,
        fault: Fault,
        retry_after: Option<Duration>,
    ) -> Error {
        if let Some(name) = fault.name {
            error = error.with_fault(name);
        }
        if let Some(prose) = fault.prose {
            error = error.with_cause(prose);
        }
        match retry_after {
            Some(delay) => error.with_retry_after(delay),
            None => error,
        }
    }

    pub(super) fn metrics(&self) -> Metrics {
        let (limit, in_flight) = self.limit.state();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            requests: count(&self.counters.requests),
            retries: count(&self.counters.retries),
            logins: count(&self.counters.logins),
            connections: count(&self.counters.connections.made),
            closed: count(&self.counters.connections.closed),
            unknown: count(&self.counters.unknown),
            in_flight,
            limit,
        }
    }
}
