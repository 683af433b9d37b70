//! HTTP connection to the appliance: one reqwest client with one connection, for one request at
//! a time.
//!
//! The appliance must never see more than `max_connections` connections, and a request must be
//! known to be unsent when no connection could be made. reqwest's own pool promises neither:
//!
//! - It races a new connection against the wait for an idle one, and goes on connecting in the
//!   background when the idle one wins. `pool_max_idle_per_host` bounds idle connections alone.
//! - A connection becomes idle only some turns of the scheduler after its response was read, so
//!   the next request finds the pool empty and connects again.
//! - An error does not tell whether the request was written to a connection that existed.
//!
//! So a [`Connection`] is a client of its own whose pool holds one connection, it carries one
//! request at a time, and a gate in front of its connector begins a new connection only when the
//! old one is known to be gone, or did not come back for so long that it must be gone. The
//! gate's stage also tells whether a request can have been written. The
//! [pool](crate::rest::pool) counts and keeps these connections.
//!
//! A connection that is not known to be good is dropped with its client.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use crate::error::{Error, Result, Status};
use crate::local::Local;
use crate::rest::Counters;
use crate::rest::metrics::counters::add;
use crate::rest::names::Names;
use crate::rest::tls::trust::Trust;

/// How long an idle connection is kept. Web servers close one after 5 s by default (Apache's
/// `KeepAliveTimeout`); a request that crosses with the close is lost with an unknown outcome,
/// so ours goes first.
pub(in crate::rest) const IDLE: Duration = Duration::from_secs(4);

/// How long a connection may take to come back to the pool after its answer was read, before it
/// is taken for closed. It takes microseconds; the rest is for a machine that is very busy.
/// Waited in steps, so that a process that was stopped for a while does not count as patient.
const RETURN_STEPS: u32 = 10;
const RETURN_STEP: Duration = Duration::from_millis(25);

/// Settings that all connections of a pool share.
pub(in crate::rest) struct ConnectionSettings {
    pub(in crate::rest) trust: Arc<Trust>,
    pub(in crate::rest) config: rustls::ClientConfig,
    pub(in crate::rest) connect_timeout: Duration,
    pub(in crate::rest) local: Local,
    pub(in crate::rest) counters: Arc<Counters>,
}

/// An HTTP client with at most one connection.
pub(in crate::rest) struct Connection {
    client: reqwest::Client,
    gate: Arc<Gate>,
    idle_since: Option<Instant>,
}

impl Connection {
    pub(in crate::rest) fn new(settings: &ConnectionSettings) -> Result<Connection> {
        let gate = Arc::new(Gate::new(settings.counters.clone()));
        let client = client_builder(settings.config.clone(), &settings.local)
            .connector_layer(GateLayer {
                gate: gate.clone(),
                trust: settings.trust.clone(),
                connect_timeout: settings.connect_timeout,
            })
            .build()
            .map_err(|error| {
                Error::new(Status::Internal, "the HTTP client cannot be built")
                    .with_cause(error.without_url())
            })?;
        Ok(Connection {
            client,
            gate,
            idle_since: None,
        })
    }

    /// Whether the lane has a connection that should still be usable.
    pub(in crate::rest) fn fresh(&self) -> bool {
        self.idle_since.is_some_and(|since| since.elapsed() < IDLE)
    }

    /// Begins a request; the connection is good again only after [`Connection::finish`].
    pub(in crate::rest) fn start(&mut self) -> reqwest::Client {
        let stage = match self.idle_since.take() {
            None => Stage::Cold,
            Some(since) if since.elapsed() < RETURN_STEPS * RETURN_STEP => Stage::Returning,
            Some(_) => Stage::Idle,
        };
        self.gate.enter(stage);
        self.client.clone()
    }

    /// The head of the answer is there: no new connection is wanted any more.
    pub(in crate::rest) fn answered(&self) {
        self.gate.leave();
    }

    /// The answer was read to its end and the server keeps the connection.
    pub(in crate::rest) fn finish(&mut self) {
        self.idle_since = Some(Instant::now());
    }

    /// Whether the request cannot have been written, because there was no connection yet.
    pub(in crate::rest) fn unsent(&self) -> bool {
        self.gate.stage() == Stage::Cold
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.gate.made.load(Ordering::Relaxed) {
            add(&self.gate.counters.closed);
        }
    }
}

/// The settings that every connection to an appliance has.
pub(in crate::rest) fn client_builder(
    config: rustls::ClientConfig,
    local: &Local,
) -> reqwest::ClientBuilder {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert(
        reqwest::header::ACCEPT,
        reqwest::header::HeaderValue::from_static("application/json"),
    );
    headers.insert(
        reqwest::header::ACCEPT_ENCODING,
        reqwest::header::HeaderValue::from_static("identity"),
    );
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .dns_resolver(Arc::new(Names(local.clone())))
        .default_headers(headers)
        .user_agent(concat!("libzfssa/", env!("CARGO_PKG_VERSION")))
        .https_only(true)
        .http1_only()
        // A redirect would carry our headers to another host, and an appliance sends none.
        .redirect(if canary!("redirect-followed") {
            reqwest::redirect::Policy::limited(5)
        } else {
            reqwest::redirect::Policy::none()
        })
        .referer(false)
        // A proxy from the environment must not come between the library and the appliance.
        .no_proxy()
        // Repeating is this floor's own business.
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(15))
        .tcp_keepalive_interval(Duration::from_secs(15))
        .tcp_keepalive_retries(3)
        .tcp_user_timeout(Duration::from_secs(60))
}

/// State of the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Stage {
    /// There is none, and none can come back.
    Cold = 0,
    /// One is on its way back to the pool, or has just come there.
    Returning = 1,
    /// One has been idle for a while, unless the server closed it.
    Idle = 2,
    /// One was made for this request.
    Open = 3,
}

/// Lets a new connection through when the old one is gone.
struct Gate {
    stage: AtomicU8,
    /// Whether a request waits for a connection. A client goes on connecting in the background
    /// when the idle connection came back in the meantime; such an attempt ends here.
    wanted: AtomicBool,
    /// Which request it is, so that an attempt for an earlier one does not count.
    turn: AtomicU64,
    /// Whether a connection was ever made.
    made: AtomicBool,
    changed: Notify,
    counters: Arc<Counters>,
}

/// A client that goes on connecting in the background may outlive its [`Connection`], so the gate,
/// which both share, knows when the connection is gone.
impl Drop for Gate {
    fn drop(&mut self) {
        if *self.made.get_mut() {
            self.counters.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Gate {
    fn new(counters: Arc<Counters>) -> Gate {
        Gate {
            stage: AtomicU8::new(Stage::Cold as u8),
            wanted: AtomicBool::new(false),
            turn: AtomicU64::new(0),
            made: AtomicBool::new(false),
            changed: Notify::new(),
            counters,
        }
    }

    /// Counts a connection that was made.
    fn count(&self) {
        add(&self.counters.connections);
        if !self.made.swap(true, Ordering::Relaxed) {
            add(&self.counters.open);
        }
    }

    fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Release);
        self.turn.fetch_add(1, Ordering::AcqRel);
        self.wanted.store(true, Ordering::Release);
    }

    fn leave(&self) {
        self.wanted.store(false, Ordering::Release);
        self.changed.notify_waiters();
    }

    fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Cold,
            1 => Stage::Returning,
            2 => Stage::Idle,
            _ => Stage::Open,
        }
    }

    fn wanted(&self, turn: u64) -> bool {
        self.wanted.load(Ordering::Acquire) && self.turn.load(Ordering::Acquire) == turn
    }

    /// Waits until a connection may be made; an error if no request wants it any more.
    async fn pass(&self, turn: u64) -> std::result::Result<(), Unwanted> {
        if self.stage() != Stage::Returning {
            return if self.wanted(turn) {
                Ok(())
            } else {
                Err(Unwanted)
            };
        }
        for _ in 0..RETURN_STEPS {
            let mut changed = pin!(self.changed.notified());
            // Registered before the check, so that no change is missed between the two.
            changed.as_mut().enable();
            if !self.wanted(turn) {
                return Err(Unwanted);
            }
            let _ = tokio::time::timeout(RETURN_STEP, changed).await;
        }
        if self.wanted(turn) {
            Ok(())
        } else {
            Err(Unwanted)
        }
    }
}

#[derive(Clone)]
struct GateLayer {
    gate: Arc<Gate>,
    trust: Arc<Trust>,
    connect_timeout: Duration,
}

impl<S> Layer<S> for GateLayer {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated {
            layer: self.clone(),
            inner,
        }
    }
}

#[derive(Clone)]
struct Gated<S> {
    layer: GateLayer,
    inner: S,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<S, R> Service<R> for Gated<S>
where
    S: Service<R, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: Send,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let GateLayer {
            gate,
            trust,
            connect_timeout,
        } = self.layer.clone();
        // The service that was polled ready is the one to call; its clone stays for the next.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let turn = gate.turn.load(Ordering::Acquire);
        Box::pin(async move {
            gate.pass(turn).await?;
            trust.refresh();
            let connection = tokio::time::timeout(connect_timeout, inner.call(target))
                .await
                .map_err(|_| ConnectTimeout(connect_timeout))??;
            gate.count();
            if gate.turn.load(Ordering::Acquire) == turn {
                gate.stage.store(Stage::Open as u8, Ordering::Release);
            }
            Ok(connection)
        })
    }
}

/// The idle connection came back. No caller sees this error.
#[derive(Debug)]
struct Unwanted;

impl std::fmt::Display for Unwanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is not needed any more")
    }
}

impl std::error::Error for Unwanted {}

/// No connection in the time for it.
#[derive(Debug)]
pub(in crate::rest) struct ConnectTimeout(pub(in crate::rest) Duration);

impl std::fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no connection within {:?}", self.0)
    }
}

impl std::error::Error for ConnectTimeout {}
