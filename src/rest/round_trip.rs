//! One request and its answer, over one lane.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::client::Inner;
use super::retry::retry_after;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::Method;
use crate::rest::certificate_verifier::tls_error;
use crate::rest::concurrency_limit::Permit;
use crate::rest::connection::{ConnectTimeout, Lane};
use crate::rest::response::LONGEST_ANSWER;
use crate::scope::{Ended, Scope, Stop};

/// How much of the name of a coding is repeated.
const LONGEST_CODING: usize = 60;

/// The longest body of a refusal that is read.
const LONGEST_FAULT: usize = 64 * 1024;

pub(super) static X_AUTH_SESSION: HeaderName = HeaderName::from_static("x-auth-session");

/// The right to have one request under way, with the connection for it.
pub(super) struct Slot {
    inner: Arc<Inner>,
    /// Empty while a request is under way, and after one that left its connection in doubt.
    lane: Option<Lane>,
    /// Given back after the lane, so that whoever is next finds it.
    _permit: Permit,
}

/// What goes out.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    pub(super) url: reqwest::Url,
    /// The header that says who asks; marked as sensitive.
    pub(super) credential: (HeaderName, HeaderValue),
    pub(super) body: Option<Bytes>,
    /// What it is called in messages, without secrets.
    pub(super) label: &'a (dyn std::fmt::Display + Sync),
    pub(super) attempt: u32,
}

/// What came back, whatever its status.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) session: Option<HeaderValue>,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
    pub(super) sent: Instant,
    pub(super) latency: Duration,
}

/// Why nothing came back.
pub(super) enum Broken {
    /// There was no connection; not a byte of the request was written.
    Unsent(Error),
    /// The request may have arrived.
    Lost(Error),
    /// The scope ended.
    Stopped { stop: Stop, unsent: bool },
}

impl Slot {
    pub(super) fn new(inner: Arc<Inner>, lane: Option<Lane>, permit: Permit) -> Slot {
        Slot {
            inner,
            lane,
            _permit: permit,
        }
    }

    pub(super) fn inner(&self) -> Arc<Inner> {
        self.inner.clone()
    }

    /// Sends a request and reads the answer to its end. A connection that is not known to be
    /// good afterwards is dropped, also when this future is.
    pub(super) async fn exchange(
        &mut self,
        scope: &Scope,
        outgoing: Outgoing<'_>,
    ) -> std::result::Result<Received, Broken> {
        let mut lane = match self.lane.take() {
            Some(lane) => lane,
            None => Lane::new(&self.inner.blueprint).map_err(Broken::Unsent)?,
        };
        let Outgoing {
            method,
            url,
            credential,
            body,
            label,
            attempt,
        } = outgoing;
        let request = build(method, url, credential, body);
        scope.count_request();
        self.inner.counters.requests.fetch_add(1, Ordering::Relaxed);
        let client = lane.start();
        let begun = Instant::now();
        let limit = self.inner.request_timeout;
        let result = scope
            .within(limit, converse(&lane, client, request, method, begun))
            .await;
        let elapsed = begun.elapsed();
        let milliseconds = elapsed.as_millis() as u64;
        let inner = &self.inner;
        let broken = match result {
            Ok(Ok((received, reusable))) => {
                tracing::debug!(
                    target: "zfssa::rest",
                    id = scope.id(),
                    request = %label,
                    status = received.status,
                    attempt,
                    milliseconds,
                    "answered"
                );
                if reusable {
                    lane.finish();
                    self.lane = Some(lane);
                }
                return Ok(Received {
                    latency: elapsed,
                    ..received
                });
            }
            Ok(Err(failure)) => failure.broken(inner, label),
            Err(Ended::Stop(stop)) => Broken::Stopped {
                stop,
                unsent: lane.unsent(),
            },
            Err(Ended::Elapsed) => {
                let error = Error::new(
                    Status::RequestTimeout,
                    format!(
                        "{} did not answer {label} within {limit:?} (zfssa_rest_timeout)",
                        inner.endpoint
                    ),
                );
                if lane.unsent() {
                    Broken::Unsent(error.with_status(Status::Connect))
                } else {
                    Broken::Lost(error)
                }
            }
        };
        tracing::debug!(
            target: "zfssa::rest",
            id = scope.id(),
            request = %label,
            failure = %broken,
            attempt,
            milliseconds,
            "not answered"
        );
        Err(broken)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            self.inner.put_back(lane);
        }
    }
}

fn build(
    method: Method,
    url: reqwest::Url,
    credential: (HeaderName, HeaderValue),
    body: Option<Bytes>,
) -> reqwest::Request {
    let method = match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut request = reqwest::Request::new(method, url);
    let headers = request.headers_mut();
    headers.insert(credential.0, credential.1);
    if let Some(body) = body {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        *request.body_mut() = Some(body.into());
    }
    request
}

enum Failure {
    Http(reqwest::Error),
    TooLong,
    /// It is coded so.
    Coded(String),
}

/// Sends, and reads the answer; tells whether the connection can serve again.
async fn converse(
    lane: &Lane,
    client: reqwest::Client,
    request: reqwest::Request,
    method: Method,
    begun: Instant,
) -> std::result::Result<(Received, bool), Failure> {
    let result = client.execute(request).await;
    lane.answered();
    let mut response = result.map_err(Failure::Http)?;
    let status = response.status().as_u16();
    let headers = response.headers();
    let mut received = Received {
        status,
        session: headers.get(&X_AUTH_SESSION).cloned(),
        retry_after: headers
            .get(header::RETRY_AFTER)
            .and_then(|value| retry_after(value.as_bytes())),
        body: Bytes::new(),
        sent: begun,
        latency: Duration::ZERO,
    };
    let mut reusable = keeps_alive(response.version(), headers);
    let success = (200..300).contains(&status);
    let most = if success {
        LONGEST_ANSWER
    } else {
        LONGEST_FAULT
    };
    if let Some(coding) = coding(headers) {
        // The status of a refusal is known, and what it says of itself cannot be read.
        return match success {
            true => Err(Failure::Coded(coding)),
            false => Ok((received, false)),
        };
    }
    match read(&mut response, most).await {
        Ok(body) => received.body = body,
        // What a refusal says of itself is not worth failing for: its status is known.
        Err(_) if !success && method.mutates() => reusable = false,
        Err(Failure::TooLong) if !success => reusable = false,
        Err(failure) => return Err(failure),
    }
    Ok((received, reusable))
}

/// Whether the server means to keep the connection (RFC 9112, 9.3).
fn keeps_alive(version: reqwest::Version, headers: &HeaderMap) -> bool {
    let closes = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case("close"));
    version == reqwest::Version::HTTP_11 && !closes
}

/// How the body is coded, where it is; asked for is none (RFC 9110, 8.4).
fn coding(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_ENCODING)?;
    let name = String::from_utf8_lossy(value.as_bytes());
    let name = name.trim();
    let plain = name.is_empty() || name.eq_ignore_ascii_case("identity");
    (!plain).then(|| name.chars().take(LONGEST_CODING).collect())
}

async fn read(
    response: &mut reqwest::Response,
    most: usize,
) -> std::result::Result<Bytes, Failure> {
    let announced = response.content_length();
    if announced.is_some_and(|length| length > most as u64) {
        return Err(Failure::TooLong);
    }
    let mut whole = Bytes::new();
    let mut parts = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(Failure::Http)? {
        if whole.len() + parts.len() + part.len() > most {
            return Err(Failure::TooLong);
        }
        // Most answers come in one piece, which needs no copy.
        if whole.is_empty() && parts.is_empty() {
            whole = part;
            continue;
        }
        if parts.is_empty() {
            let length = announced.map_or(2 * whole.len(), |length| length as usize);
            parts.reserve(length);
            parts.extend_from_slice(&whole);
            whole = Bytes::new();
        }
        parts.extend_from_slice(&part);
    }
    Ok(if parts.is_empty() {
        whole
    } else {
        parts.freeze()
    })
}

impl Failure {
    fn broken(self, inner: &Inner, label: &(dyn std::fmt::Display + Sync)) -> Broken {
        let endpoint = &inner.endpoint;
        let error = match self {
            Failure::TooLong => {
                return Broken::Lost(Error::new(
                    Status::Protocol,
                    format!(
                        "the answer of {endpoint} to {label} is longer than {LONGEST_ANSWER} bytes"
                    ),
                ));
            }
            Failure::Coded(coding) => {
                return Broken::Lost(Error::new(
                    Status::Protocol,
                    format!(
                        "the answer of {endpoint} to {label} is coded as {coding:?}, although it \
                         was asked for plain (Accept-Encoding: identity); a proxy in between \
                         must not compress it"
                    ),
                ));
            }
            Failure::Http(error) => error.without_url(),
        };
        if error.is_builder() {
            let error =
                Error::new(Status::Internal, format!("{label} cannot be built")).with_cause(&error);
            return Broken::Unsent(error);
        }
        if error.is_connect() {
            return Broken::Unsent(connect_error(inner, &error));
        }
        let unreadable = find::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse);
        let error = if unreadable {
            Error::new(
                Status::Protocol,
                format!("the answer of {endpoint} to {label} is not HTTP"),
            )
        } else {
            Error::new(
                Status::ConnectionLost,
                format!("the connection to {endpoint} broke before {label} was answered"),
            )
        }
        .with_cause(innermost(&error));
        Broken::Lost(error)
    }
}

/// Why no connection could be made.
pub(super) fn connect_error(inner: &Inner, error: &reqwest::Error) -> Error {
    let endpoint = &inner.endpoint;
    if error.is_dns() {
        // Not of the name but of this host, which has no thread to look it up.
        if let Some(local) = find::<Error>(error)
            && local.status() == Status::LocalIo
        {
            return local.clone();
        }
        return Error::new(
            Status::Resolve,
            format!("the host of {endpoint} cannot be resolved (san_ip)"),
        )
        .with_cause(innermost(error));
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return tls_error(endpoint, tls);
    }
    if let Some(ConnectTimeout(limit)) = find::<ConnectTimeout>(error) {
        return Error::new(
            Status::Connect,
            format!("no connection to {endpoint} within {limit:?} (zfssa_connect_timeout)"),
        );
    }
    Error::new(
        Status::Connect,
        format!("no connection to {endpoint} could be made"),
    )
    .with_cause(innermost(error))
}

/// The first error of a type among the causes of another.
pub(super) fn find<'a, E: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An I/O error is not the source of what it carries; its source is that one's source.
        let carried = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .map(|carried| carried as &(dyn StdError + 'static));
        next = carried.or_else(|| error.source());
    }
    None
}

/// The cause that says most: the last one.
fn innermost(error: &dyn StdError) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Broken::Unsent(error) | Broken::Lost(error) => error.fmt(f),
            Broken::Stopped { stop, .. } => stop.error(Outcome::None).fmt(f),
        }
    }
}

/// For callers that only need to know that it did not work.
pub(super) fn flatten(result: std::result::Result<Received, Broken>) -> Result<Received> {
    result.map_err(|broken| match broken {
        Broken::Unsent(error) | Broken::Lost(error) => error,
        Broken::Stopped { stop, .. } => stop.error(Outcome::None),
    })
}
