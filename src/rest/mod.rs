//! The transport floor: it carries requests to one appliance and says truly what became of them.
//!
//! It knows no resource. It owns the session, TLS, the connections, the pace, repetition and the
//! meaning of status codes; a deadline or a cancellation is noticed here and nowhere else.
//!
//! What is repeated here, and what is not:
//!
//! | what happened | GET | POST, PUT, DELETE |
//! | --- | --- | --- |
//! | no connection could be made | repeated | repeated: not a byte was sent |
//! | 401 | new login, then once more | new login, then once more |
//! | 503, 429 | repeated, after `Retry-After` | repeated: refused before it was looked at |
//! | connection lost, timeout, unreadable answer, 408, 502, 504 | repeated | outcome `Unknown` |
//! | 500 | new login, then repeated | outcome `Unknown`; the next request logs in anew |
//! | any other 4xx, 501, 3xx | outcome `None` | outcome `Rejected` |
//!
//! A 500 may mean that the session expired, so it leads to a new login, at most every 10 s.
//!
//! Repetitions wait an exponential time with full jitter, draw on a budget that all requests to
//! the appliance share, and end with the [`Scope`](crate::scope::Scope).

mod call;
mod certificate;
mod certificate_verifier;
mod client;
mod concurrency_limit;
mod connection;
mod fault;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod names;
mod request;
mod resource_path;
mod response;
mod retry;
mod round_trip;
mod session;
mod settings;
mod signature;
mod trust;

use std::sync::Arc;

pub use certificate::Certificate;
pub use request::{Method, Request};
pub use resource_path::{Path, Service, check_name};
pub use response::{Answer, LONGEST_ANSWER};
pub use settings::Settings;

use client::Inner;

pub use crate::config::ApiVersion;
use crate::error::Result;
use crate::local::Local;
use crate::scope::Scope;

/// A client of one appliance. Cheap to clone; clones share session, connections and limits.
#[derive(Clone)]
pub struct Rest {
    inner: Arc<Inner>,
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
    /// end. There are never more than `max_connections` beside these.
    pub closed: u64,
    /// Changes whose outcome stayed unknown to the transport.
    pub unknown: u64,
    /// Requests that wait for an answer now.
    pub in_flight: usize,
    /// Requests that may be in flight at a time now; adapts to the appliance.
    pub limit: usize,
}

impl Rest {
    /// Makes a client. Nothing is sent; the CA file is read.
    ///
    /// # Errors
    ///
    /// `Config` when a setting is unusable, `Tls` when there is nothing to trust.
    pub fn new(settings: Settings) -> Result<Rest> {
        Rest::on(settings, Local::default())
    }

    /// The same, whose names are looked up on threads that others use, too.
    pub fn on(settings: Settings, local: Local) -> Result<Rest> {
        let inner = Inner::new(settings, local)?;
        Ok(Rest { inner })
    }

    /// Sends a request and waits for its answer, repeating it where that cannot do harm.
    ///
    /// Dropping the future is safe: the connection is closed if an answer was outstanding, and
    /// what is known of the appliance is then up to the caller.
    ///
    /// # Errors
    ///
    /// Every error says by its outcome whether the appliance may have been changed; see the
    /// table at the top of this module.
    pub async fn call(&self, scope: &Scope, request: &Request) -> Result<Answer> {
        self.inner.call(scope, request).await
    }

    /// Closes the session and the idle connections, as well as it can.
    pub async fn log_out(&self, scope: &Scope) {
        for token in self.inner.sessions.take_all() {
            let Ok(mut slot) = self.inner.slot(scope).await else {
                break;
            };
            // A session that is gone already is logged out well enough.
            let _ = session::log_out(&self.inner, scope, &mut slot, token).await;
        }
        self.inner.close_idle();
    }

    /// The certificate that the configured host shows now. Nothing is sent to it and it is not
    /// judged, so that an operator can look at it and then trust it.
    pub async fn certificate(&self, scope: &Scope) -> Result<Certificate> {
        certificate::look(&self.inner, scope).await
    }

    /// Where the appliance is, such as `https://zs.example.com:215`, for messages.
    pub fn endpoint(&self) -> &str {
        &self.inner.endpoint
    }

    /// Counts and state for reports.
    pub fn metrics(&self) -> Metrics {
        self.inner.metrics()
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rest({})", self.inner.endpoint)
    }
}
