//! Proxy on the loopback that forwards each request to the appliance and writes it to the trace.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use zfssa::rest::{Forward, ForwardedRequest};

use crate::record::identity::Identity;
use crate::record::trace::Trace;

/// Pause after a failed `accept`, as when there are no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// A proxy that runs until it is stopped.
pub struct Proxy {
    pub address: SocketAddr,
    pub sha256: String,
    stop: CancellationToken,
    /// Ends when the last task has dropped its sender.
    running: mpsc::Receiver<()>,
}

struct Shared {
    forward: Forward,
    trace: Arc<Trace>,
    /// Is dropped with the last task that holds this.
    _running: mpsc::Sender<()>,
}

/// The connection to the client ends without an answer, as that to the appliance did.
#[derive(Debug)]
struct Unanswered;

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the appliance did not answer")
    }
}

impl std::error::Error for Unanswered {}

impl Proxy {
    /// Starts the proxy on a listener. Needs a tokio runtime.
    pub fn start(
        listener: TcpListener,
        identity: Identity,
        forward: Forward,
        trace: Arc<Trace>,
    ) -> std::io::Result<Proxy> {
        let (sender, running) = mpsc::channel(1);
        let proxy = Proxy {
            address: listener.local_addr()?,
            sha256: identity.sha256,
            stop: CancellationToken::new(),
            running,
        };
        let shared = Arc::new(Shared {
            forward,
            trace,
            _running: sender,
        });
        let acceptor = TlsAcceptor::from(identity.config);
        tokio::spawn(accept(listener, acceptor, shared, proxy.stop.clone()));
        Ok(proxy)
    }

    /// Takes no further request, and waits until those that were sent are in the trace.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.running.recv().await.is_some() {}
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let serve = connection(stream, acceptor.clone(), shared.clone(), stop.clone());
                tokio::spawn(serve);
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

async fn connection(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    stop: CancellationToken,
) {
    let _ = stream.set_nodelay(true);
    let stream = tokio::select! {
        () = stop.cancelled() => return,
        stream = acceptor.accept(stream) => stream,
    };
    // A client that does not trust the proxy goes away.
    let Ok(stream) = stream else { return };
    let service = service_fn(|request| handle(shared.clone(), request));
    let http = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(http);
    tokio::select! {
        _ = http.as_mut() => return,
        () = stop.cancelled() => http.as_mut().graceful_shutdown(),
    }
    let _ = http.await;
}

async fn handle(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Unanswered> {
    let (parts, body) = request.into_parts();
    // Nothing was sent if the request does not arrive as a whole.
    let body = body.collect().await.map_err(|_| Unanswered)?.to_bytes();
    // A request that was sent is written even if its client goes away meanwhile.
    let exchange = exchange(shared, parts, body);
    tokio::spawn(exchange).await.map_err(|_| Unanswered)?
}

async fn exchange(
    shared: Arc<Shared>,
    parts: hyper::http::request::Parts,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, Unanswered> {
    let target = parts.uri.path_and_query();
    let target = target.map_or("/", |target| target.as_str()).to_owned();
    let method = parts.method;
    let asked = shared
        .trace
        .asked(method.as_str(), &target, &parts.headers, &body);
    let request = ForwardedRequest {
        method,
        target,
        headers: parts.headers,
        body,
    };
    let answer = shared.forward.send(request).await;
    // The line comes before the answer, so that the trace has all that a client knows.
    shared.trace.answered(&asked, &answer);
    let answer = answer.map_err(|_| Unanswered)?;
    let mut response = Response::new(Full::new(answer.body));
    *response.headers_mut() = answer.headers;
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).map_err(|_| Unanswered)?;
    Ok(response)
}
