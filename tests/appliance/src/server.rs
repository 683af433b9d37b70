//! The HTTPS server: connections, handshakes, and answers on the wire.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::HandshakeKind;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

use crate::core::{Core, lock};
use crate::exchange::{self, Arrival, MOST_BYTES, refused};
use crate::misfortune::{self, Outcome, Sent};
use crate::refusal::Refusal;
use crate::wire::{Control, Wire};

/// Accepts until told to stop. `peer_address` says which of a cluster's addresses this is.
pub(crate) async fn serve(
    core: Arc<Core>,
    listener: TcpListener,
    peer_address: bool,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let number = core.stats.connections.fetch_add(1, Ordering::Relaxed) + 1;
                    connections.spawn(connection(core.clone(), stream, number, peer_address));
                }
                // Out of file descriptors, most likely; the next one may be better off.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
}

async fn connection(core: Arc<Core>, stream: TcpStream, number: u64, peer_address: bool) {
    let _ = stream.set_nodelay(true);
    let outage = *lock(&core.outage);
    if !peer_address && outage.is_some_and(|until| Instant::now() < until) {
        let _ = stream.set_zero_linger();
        return;
    }
    let mut severed = core.severed.subscribe();
    let config = lock(&core.identity).config.clone();
    let stream = match TlsAcceptor::from(config).accept(stream).await {
        Ok(stream) => stream,
        Err(_) => {
            core.stats.handshakes_failed.fetch_add(1, Ordering::Relaxed);
            return;
        }
    };
    let counter = match stream.get_ref().1.handshake_kind() {
        Some(HandshakeKind::Resumed) => &core.stats.handshakes_resumed,
        _ => &core.stats.handshakes_full,
    };
    counter.fetch_add(1, Ordering::Relaxed);
    let control = Arc::new(Control::default());
    let wire = Wire::new(stream, control.clone());
    let service = service_fn(|request| {
        let (core, control) = (core.clone(), control.clone());
        async move { handle(core, control, request, number, peer_address).await }
    });
    let http = http1::Builder::new()
        .keep_alive(true)
        .serve_connection(TokioIo::new(wire), service);
    tokio::pin!(http);
    loop {
        tokio::select! {
            // An error is a client that went away, or a fault that did its work.
            _ = http.as_mut() => return,
            changed = severed.changed() => {
                if changed.is_err() {
                    return;
                }
                if !peer_address {
                    control.reset();
                    return;
                }
            }
        }
    }
}

/// The connection is to end here.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ends here")
    }
}

impl std::error::Error for Cut {}

async fn handle(
    core: Arc<Core>,
    control: Arc<Control>,
    request: Request<Incoming>,
    connection: u64,
    peer_address: bool,
) -> Result<Response<Answer>, Cut> {
    let started_us = core.trace.micros();
    let (parts, body) = request.into_parts();
    let body = if body.is_end_stream() {
        Bytes::new()
    } else {
        // A little more than what is allowed, so that the refusal can be given in words.
        match Limited::new(body, 4 * MOST_BYTES).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(_) => {
                let knobs = core.knobs();
                let answered = refused(&knobs, Refusal::too_large());
                return emit(&control, misfortune::dress(answered, None, &knobs).0);
            }
        }
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned();
    let method = parts.method;
    let reads = method == Method::GET;
    let arrival = Arrival {
        method,
        target,
        headers: parts.headers,
        body,
        connection,
        started_us,
        peer_address,
        admitted: None,
    };
    let outcome = if reads {
        exchange::run(core, arrival).await
    } else {
        // The appliance finishes what it has begun, even if the client goes away meanwhile.
        match tokio::spawn(exchange::run(core, arrival)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Close,
        }
    };
    emit(&control, outcome)
}

fn emit(control: &Control, outcome: Outcome) -> Result<Response<Answer>, Cut> {
    let sent = match outcome {
        Outcome::Send(sent) => sent,
        Outcome::Close => return Err(Cut),
        Outcome::Reset => {
            control.reset();
            return Err(Cut);
        }
    };
    if let Some(at) = sent.truncate {
        control.truncate(at);
    }
    let status = StatusCode::from_u16(sent.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Some(Ok(value)) = sent.content_type.as_deref().map(HeaderValue::from_str) {
        headers.insert(CONTENT_TYPE, value);
    }
    for (name, value) in &sent.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            headers.insert(name, value);
        }
    }
    Ok(response.map(|()| Answer::new(sent)))
}

/// Longest part of a body that is given to the connection at a time, in bytes: the connection copies it, and a list of
/// a fleet has 100 MB and more.
const MOST_AT_ONCE: usize = 1 << 16;

/// The body of an answer: as fast as it goes, or in pieces.
struct Answer {
    left: Bytes,
    pace: Option<(Duration, usize)>,
    sleep: Option<Pin<Box<Sleep>>>,
    chunked: bool,
}

impl Answer {
    fn new(sent: Sent) -> Answer {
        Answer {
            left: sent.body,
            pace: sent
                .pace
                .map(|(ms, piece)| (Duration::from_millis(ms), piece)),
            sleep: None,
            chunked: sent.chunked,
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let Some((pause, piece)) = self.pace else {
            let piece = MOST_AT_ONCE.min(self.left.len());
            return Poll::Ready(Some(Ok(Frame::data(self.left.split_to(piece)))));
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.sleep = None;
        let piece = piece.min(self.left.len());
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.chunked && !self.left.is_empty() {
            SizeHint::default()
        } else {
            SizeHint::with_exact(self.left.len() as u64)
        }
    }
}
