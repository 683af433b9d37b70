//! Connection pool of one appliance: concurrency limit, idle connections, settings.

pub(super) mod concurrency_limit;
pub(super) mod connection;
#[cfg(feature = "etcd")]
pub(super) mod other_service;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::error::{Outcome, Result};
use crate::rest::Counters;
use crate::rest::metrics::counters::Raised;
use crate::rest::pool::concurrency_limit::{ConcurrencyLimit, RequestPermit};
use crate::rest::pool::connection::{Connection, ConnectionSettings};
use crate::scope::Scope;
use crate::sync::lock;

pub(super) struct Pool {
    /// `https://host:port`.
    pub(super) endpoint: String,
    pub(super) settings: ConnectionSettings,
    pub(super) request_timeout: Duration,
    pub(super) limit: Arc<ConcurrencyLimit>,
    pub(super) counters: Arc<Counters>,
    /// Idle connections, the one used last on top: under little load few connections are kept
    /// busy and the others go.
    idle: Mutex<Vec<Connection>>,
}

/// The right to have one request under way, with the connection for it.
pub(super) struct PooledConnection {
    pub(super) pool: Arc<Pool>,
    /// Empty while a request is under way, and after one that left its connection in doubt.
    pub(super) connection: Option<Connection>,
    /// Dropped after the connection, so that the next request finds the connection.
    _permit: RequestPermit,
}

impl Pool {
    pub(super) fn new(
        endpoint: String,
        settings: ConnectionSettings,
        request_timeout: Duration,
        max_connections: usize,
    ) -> Arc<Pool> {
        Arc::new(Pool {
            endpoint,
            counters: settings.counters.clone(),
            settings,
            request_timeout,
            limit: ConcurrencyLimit::new(max_connections),
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Waits for a permit, first come first served, and takes an idle connection if there is one.
    pub(super) async fn get(self: &Arc<Pool>, scope: &Scope) -> Result<PooledConnection> {
        if let Some(stop) = scope.stopped() {
            return Err(stop.error(Outcome::None));
        }
        let permit = match self.limit.try_acquire() {
            Some(permit) => permit,
            None => {
                let _waiting = Raised::new(&self.counters.waiting);
                scope
                    .bound(self.limit.acquire())
                    .await
                    .map_err(|stop| stop.error(Outcome::None))?
            }
        };
        let mut idle = lock(&self.idle);
        let (connection, stale) = match idle.pop() {
            Some(connection) if connection.fresh() => (Some(connection), Vec::new()),
            // The others were idle for even longer.
            Some(_) => (None, std::mem::take(&mut *idle)),
            None => (None, Vec::new()),
        };
        drop(idle);
        drop(stale);
        Ok(PooledConnection {
            pool: self.clone(),
            connection,
            _permit: permit,
        })
    }

    /// Sets how many requests may be under way, and closes the idle connections, which another host
    /// may need.
    pub(super) fn set_share(&self, share: usize) {
        self.limit.set_share(share);
        let mut idle = lock(&self.idle);
        let used = self.limit.demand().used;
        let keep = share.saturating_sub(used).min(idle.len());
        let surplus = idle.split_off(keep);
        drop(idle);
        drop(surplus);
    }

    /// Closes the idle connections.
    pub(super) fn close_idle(&self) {
        let idle = std::mem::take(&mut *lock(&self.idle));
        drop(idle);
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.pool.idle).push(connection);
        }
    }
}
