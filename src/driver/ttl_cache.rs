//! Single-value cache with a time to live.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Outcome, Result};
use crate::scope::Scope;
use crate::sync;

/// Lifetime of cached initiator groups and of the cached target address.
pub(super) const CACHE_TTL: Duration = Duration::from_secs(30);

/// One value with an age. One caller fetches it for all that wait.
pub(super) struct TtlCache<T> {
    kept: Mutex<Option<(Instant, Arc<T>)>>,
    fetching: tokio::sync::Mutex<()>,
    lifetime: Duration,
}

impl<T> TtlCache<T> {
    /// A cache whose value is fetched again when it is older than `lifetime`.
    pub(super) fn new(lifetime: Duration) -> Self {
        TtlCache {
            kept: Mutex::new(None),
            fetching: tokio::sync::Mutex::new(()),
            lifetime,
        }
    }

    /// The value, at most a lifetime old.
    pub(super) async fn get<F>(&self, scope: &Scope, fetch: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        F: Future<Output = Result<T>>,
    {
        if let Some(value) = self.fresh() {
            return Ok(value);
        }
        let _fetching = scope
            .bound(self.fetching.lock())
            .await
            .map_err(|stop| stop.error(Outcome::None))?;
        match self.fresh() {
            Some(value) => Ok(value),
            None => Ok(self.put(fetch().await?)),
        }
    }

    /// Stores a value that was read elsewhere.
    pub(super) fn put(&self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        *self.lock() = Some((Instant::now(), value.clone()));
        value
    }

    /// Drops the value, because it may be out of date.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    fn fresh(&self) -> Option<Arc<T>> {
        match &*self.lock() {
            Some((since, value)) if since.elapsed() < self.lifetime => Some(value.clone()),
            _ => None,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, Arc<T>)>> {
        sync::lock(&self.kept)
    }
}
