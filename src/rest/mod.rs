//! REST transport: requests to one appliance, and whether each of them was carried out.
//!
//! The transport knows no resource. It owns the session, TLS, the connections, the concurrency
//! limit, retries and the meaning of status codes. Each of its waits ends with the deadline or
//! the cancellation of the [`Scope`](crate::scope::Scope), as every wait on a scope does.
//!
//! Requests that are sent again, and requests that are not:
//!
//! | event | GET | POST, PUT, DELETE |
//! | --- | --- | --- |
//! | no connection could be made | repeated | repeated: not a byte was sent |
//! | 401 | new login, then once more | new login, then once more |
//! | 503, 429 | repeated, after `Retry-After` | repeated: refused before it was looked at |
//! | connection lost, timeout, unreadable answer, 408, 502, 504 | repeated | outcome `Unknown` |
//! | 500 | new login, then repeated | outcome `Unknown`; the next request logs in again |
//! | any other 4xx, 501, 3xx | outcome `None` | outcome `Rejected` |
//!
//! A 500 may mean that the session expired, so it leads to a new login, at most every 10 s.
//!
//! With a token from a file, "new login" means that the file is read again. If it holds the same
//! token, a GET of the access service tells whether the appliance still accepts that.
//!
//! Repetitions wait an exponential time with full jitter, draw on a budget that all requests to
//! the appliance share, and end with the [`Scope`](crate::scope::Scope).

mod call;
mod certificate;
mod client;
mod exchange;
mod fault;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod login;
mod metrics;
mod names;
mod pool;
mod request;
mod resource_path;
mod response;
mod retry;
mod session;
mod settings;
mod tls;
mod token;

use std::sync::Arc;

pub use certificate::Certificate;
pub use client::Metrics;
#[cfg(feature = "cli")]
pub use exchange::forward::{Forward, ForwardedAnswer, ForwardedRequest, NoAnswer};
pub use exchange::list_stream::ListSink;
#[cfg(feature = "etcd")]
pub(crate) use exchange::transport_error::{find as find_cause, innermost as innermost_cause};
pub use metrics::counters::{Counters, RequestDurations};
pub use metrics::resource::Resource;
pub use pool::concurrency_limit::Demand;
#[cfg(feature = "etcd")]
pub use pool::other_service::{OtherServiceTls, other_service};
pub use request::{Method, Request};
pub use resource_path::{Path, Service, check_name};
#[cfg(feature = "cli")]
pub use response::Observation;
pub use response::{LONGEST_RESPONSE, Response};
pub use settings::{Authentication, Settings};

use client::Client;

pub use crate::config::ApiVersion;
use crate::error::Result;
use crate::local::Local;
use crate::scope::Scope;

/// A client of one appliance. Cheap to clone; clones share session, connections and limits.
#[derive(Clone)]
pub struct Rest {
    client: Arc<Client>,
}

impl Rest {
    /// Makes a client. Nothing is sent; the CA file is read.
    ///
    /// # Errors
    ///
    /// `Config` when a setting is unusable, `Tls` when there is nothing to trust.
    pub fn new(settings: Settings) -> Result<Rest> {
        Rest::on(settings, Local::default(), Arc::default())
    }

    /// The same, with shared threads for the lookup of names, and shared counters.
    pub fn on(settings: Settings, local: Local, counters: Arc<Counters>) -> Result<Rest> {
        let client = Client::new(settings, local, counters)?;
        Ok(Rest { client })
    }

    /// Sends a request and waits for its answer, repeating it where that cannot do harm.
    ///
    /// Dropping the future is safe: the connection is closed if an answer was outstanding, and the
    /// outcome is then unknown.
    ///
    /// # Errors
    ///
    /// The outcome of every error states whether the appliance may have been changed; see the table
    /// at the top of this module.
    pub async fn call(&self, scope: &Scope, request: &Request) -> Result<Response> {
        self.client.call(scope, request, None).await
    }

    /// Sends a request once and returns the answer of any status, as it arrived. Nothing is repeated,
    /// and a session that the appliance refuses is not renewed.
    ///
    /// # Errors
    ///
    /// Those of the login, and `Unknown` outcomes of changes without an answer.
    #[cfg(feature = "cli")]
    pub async fn observe(&self, scope: &Scope, request: &Request) -> Result<Observation> {
        self.client.observe(scope, request).await
    }

    /// Sends a GET for a list and hands its elements over while they arrive. The size of the whole
    /// answer has no bound. `list` is complete after a success only.
    ///
    /// # Errors
    ///
    /// As of [`Rest::call`]; `Protocol` if the answer holds no list of this key, an element that is
    /// too long or no JSON, or more elements than [`Settings::max_list_items`].
    pub async fn read_list(
        &self,
        scope: &Scope,
        request: &Request,
        list: &mut dyn ListSink,
    ) -> Result<()> {
        self.client.call(scope, request, Some(list)).await?;
        Ok(())
    }

    /// Closes the session and the idle connections, as well as it can.
    pub async fn log_out(&self, scope: &Scope) {
        self.client.log_out(scope).await;
    }

    /// The certificate that the configured host shows now. No request is sent and the certificate
    /// is not verified, so that an operator can check it before trusting it.
    pub async fn certificate(&self, scope: &Scope) -> Result<Certificate> {
        certificate::look(&self.client.pool, scope).await
    }

    /// Sets how many requests this process may have under way at most, for hosts that share the
    /// connections of an appliance; 0 lets none begin. Idle connections are closed when it falls.
    pub fn set_share(&self, share: usize) {
        self.client.pool.set_share(share);
    }

    /// How many requests this process may have under way at most by [`Rest::set_share`]; `None` if
    /// that was not called.
    pub fn share(&self) -> Option<usize> {
        self.client.pool.limit.share()
    }

    /// What the requests of this process want now.
    pub fn demand(&self) -> Demand {
        self.client.pool.limit.demand()
    }

    /// Waits until [`Rest::demand`] may have changed.
    pub async fn demand_changed(&self) {
        self.client.pool.limit.demand_changed().await;
    }

    /// Address of the appliance, such as `https://zs.example.com:215`, for messages.
    pub fn endpoint(&self) -> &str {
        &self.client.pool.endpoint
    }

    /// The counters, which several clients may share.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.client.pool.counters
    }

    /// Counts and state for reports.
    pub fn metrics(&self) -> Metrics {
        self.client.metrics()
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rest({})", self.client.pool.endpoint)
    }
}
