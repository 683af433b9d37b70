//! One request and its answer, over one connection.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::retry::retry_after;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::Method;
use crate::rest::list_stream::{ListReader, Unusable};
use crate::rest::pool::PooledConnection;
use crate::rest::pool::connection::{ConnectTimeout, Connection};
use crate::rest::response::LONGEST_RESPONSE;
use crate::rest::tls::certificate_verifier::tls_error;
use crate::scope::{Ended, Scope, Stop};

/// How much of the name of a coding is repeated.
const LONGEST_CODING: usize = 60;

/// The longest time for a whole list, in timeouts of a request. Each part of it has the time of one
/// request.
const LIST_TIMEOUTS: u32 = 20;

/// The longest body of a refusal that is read.
const LONGEST_FAULT: usize = 64 * 1024;

pub(super) static X_AUTH_SESSION: HeaderName = HeaderName::from_static("x-auth-session");

/// A request to send.
pub(super) struct RequestParts<'a> {
    pub(super) method: Method,
    pub(super) url: reqwest::Url,
    /// Authentication header, marked as sensitive.
    pub(super) credential: (HeaderName, HeaderValue),
    pub(super) body: Option<Bytes>,
    /// Name of the request in messages, without secrets.
    pub(super) label: &'a (dyn std::fmt::Display + Sync),
    pub(super) attempt: u32,
    /// Reader of a list, which gets the body of a success in place of [`RawResponse::body`].
    pub(super) list: Option<ListReader<'a>>,
}

/// A response of any status.
pub(super) struct RawResponse {
    pub(super) status: u16,
    pub(super) session: Option<HeaderValue>,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
    pub(super) sent: Instant,
    pub(super) latency: Duration,
}

/// Why there is no response.
pub(super) enum TransportError {
    /// There was no connection; not a byte of the request was written.
    Unsent(Error),
    /// The request may have arrived.
    Lost(Error),
    /// The request was answered; another attempt would end the same way.
    Answered(Error),
    /// The scope ended.
    Stopped { stop: Stop, unsent: bool },
}

impl PooledConnection {
    /// Sends a request and reads the answer to its end. A connection that may be broken afterwards
    /// is dropped, also if this future is dropped.
    pub(super) async fn exchange(
        &mut self,
        scope: &Scope,
        parts: RequestParts<'_>,
    ) -> std::result::Result<RawResponse, TransportError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::new(&self.pool.settings).map_err(TransportError::Unsent)?,
        };
        let RequestParts {
            method,
            url,
            credential,
            body,
            label,
            attempt,
            list,
        } = parts;
        let request = build(method, url, credential, body);
        scope.count_request();
        self.pool.count_request();
        let client = connection.start();
        let begun = Instant::now();
        let limit = self.pool.request_timeout;
        let whole = match list {
            Some(_) => limit.saturating_mul(LIST_TIMEOUTS),
            None => limit,
        };
        let conversation = Conversation {
            connection: &connection,
            method,
            begun,
            limit,
            list,
        };
        let result = scope.within(whole, conversation.run(client, request)).await;
        let elapsed = begun.elapsed();
        let milliseconds = elapsed.as_millis() as u64;
        let endpoint = &self.pool.endpoint;
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
                    connection.finish();
                    self.connection = Some(connection);
                }
                return Ok(RawResponse {
                    latency: elapsed,
                    ..received
                });
            }
            Ok(Err(failure)) => failure.broken(endpoint, label, connection.unsent()),
            Err(Ended::Stop(stop)) => TransportError::Stopped {
                stop,
                unsent: connection.unsent(),
            },
            Err(Ended::Elapsed) => timed_out(endpoint, label, whole, connection.unsent()),
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

/// Error of a request that took too long.
fn timed_out(
    endpoint: &str,
    label: &(dyn std::fmt::Display + Sync),
    limit: Duration,
    unsent: bool,
) -> TransportError {
    let error = Error::new(
        Status::RequestTimeout,
        format!(
            "{endpoint}: did not answer {label} within {limit:?}: raise zfssa_rest_timeout if it \
             needs longer"
        ),
    );
    match unsent {
        true => TransportError::Unsent(error.with_status(Status::Connect)),
        false => TransportError::Lost(error),
    }
}

enum Failure {
    Http(reqwest::Error),
    TooLong,
    /// It is coded so.
    Coded(String),
    /// The list of this key cannot be read.
    List(&'static str, Unusable),
    /// A part of a list did not arrive in time.
    Elapsed(Duration),
}

/// One request on its connection.
struct Conversation<'a, 'l> {
    connection: &'a Connection,
    method: Method,
    begun: Instant,
    /// For the headers of a list, and for each part of it.
    limit: Duration,
    list: Option<ListReader<'l>>,
}

impl Conversation<'_, '_> {
    /// Sends the request and reads the answer; returns whether the connection can be used again.
    async fn run(
        self,
        client: reqwest::Client,
        request: reqwest::Request,
    ) -> std::result::Result<(RawResponse, bool), Failure> {
        let Conversation {
            connection,
            method,
            begun,
            limit,
            list,
        } = self;
        let result = match list {
            Some(_) => tokio::time::timeout(limit, client.execute(request)).await,
            None => Ok(client.execute(request).await),
        };
        let result = result.map_err(|_| Failure::Elapsed(limit))?;
        connection.answered();
        let mut response = result.map_err(Failure::Http)?;
        let status = response.status().as_u16();
        let headers = response.headers();
        let mut received = RawResponse {
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
            LONGEST_RESPONSE
        } else {
            LONGEST_FAULT
        };
        if let Some(coding) = coding(headers) {
            // The status of the refusal is known; its body cannot be read.
            return match success {
                true => Err(Failure::Coded(coding)),
                false => Ok((received, false)),
            };
        }
        if success && let Some(list) = list {
            read_list(&mut response, list, limit).await?;
            return Ok((received, reusable));
        }
        match read(&mut response, most).await {
            Ok(body) => received.body = body,
            // A refusal without a readable body does not fail the call: its status is known.
            Err(_) if !success && method.mutates() => reusable = false,
            Err(Failure::TooLong) if !success => reusable = false,
            Err(failure) => return Err(failure),
        }
        Ok((received, reusable))
    }
}

/// Hands the elements of a list over as they arrive.
async fn read_list(
    response: &mut reqwest::Response,
    mut list: ListReader<'_>,
    limit: Duration,
) -> std::result::Result<(), Failure> {
    let key = list.key();
    loop {
        let part = tokio::time::timeout(limit, response.chunk()).await;
        let part = part.map_err(|_| Failure::Elapsed(limit))?;
        let Some(part) = part.map_err(Failure::Http)? else {
            break;
        };
        list.read(&part).map_err(|why| Failure::List(key, why))?;
    }
    list.finish().map_err(|why| Failure::List(key, why))
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
    fn broken(
        self,
        endpoint: &str,
        label: &(dyn std::fmt::Display + Sync),
        unsent: bool,
    ) -> TransportError {
        let error = match self {
            Failure::TooLong => {
                return TransportError::Lost(Error::new(
                    Status::Protocol,
                    format!(
                        "{endpoint}: the response to {label} is longer than {LONGEST_RESPONSE} \
                         bytes"
                    ),
                ));
            }
            Failure::Coded(coding) => {
                return TransportError::Lost(Error::new(
                    Status::Protocol,
                    format!(
                        "the answer of {endpoint} to {label} is coded as {coding:?}, although it \
                         was asked for plain (Accept-Encoding: identity); a proxy in between \
                         must not compress it"
                    ),
                ));
            }
            Failure::List(key, Unusable::Json(reason)) => {
                return TransportError::Lost(Error::new(
                    Status::Protocol,
                    format!("{endpoint}: the answer to {label} holds no usable `{key}`: {reason}"),
                ));
            }
            Failure::List(_, Unusable::Final(error)) => {
                let context = format!("{endpoint}: the answer to {label}");
                return TransportError::Answered(error.with_context(context));
            }
            Failure::Elapsed(limit) => return timed_out(endpoint, label, limit, unsent),
            Failure::Http(error) => error.without_url(),
        };
        if error.is_builder() {
            let error =
                Error::new(Status::Internal, format!("{label} cannot be built")).with_cause(&error);
            return TransportError::Unsent(error);
        }
        if error.is_connect() {
            return TransportError::Unsent(connect_error(endpoint, &error));
        }
        let unreadable = find::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse);
        let error = if unreadable {
            Error::new(
                Status::Protocol,
                format!(
                    "{endpoint}: the response to {label} is not HTTP: check san_ip and the port"
                ),
            )
        } else {
            Error::new(
                Status::ConnectionLost,
                format!("{endpoint}: the connection broke before {label} was answered"),
            )
        }
        .with_cause(innermost(&error));
        TransportError::Lost(error)
    }
}

/// Error of a failed connection.
pub(super) fn connect_error(endpoint: &str, error: &reqwest::Error) -> Error {
    if error.is_dns() {
        // The cause is not the name but this host, which has no thread for the lookup.
        if let Some(local) = find::<Error>(error)
            && local.status() == Status::LocalIo
        {
            return local.clone();
        }
        return Error::new(
            Status::Resolve,
            format!(
                "{endpoint}: the host name cannot be resolved: check san_ip and the name service"
            ),
        )
        .with_cause(innermost(error));
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        return tls_error(endpoint, tls);
    }
    if let Some(ConnectTimeout(limit)) = find::<ConnectTimeout>(error) {
        return Error::new(
            Status::Connect,
            format!(
                "{endpoint}: no connection within {limit:?}: check san_ip, or raise \
                 zfssa_connect_timeout"
            ),
        );
    }
    Error::new(
        Status::Connect,
        format!("{endpoint}: no connection could be made: check san_ip and the REST service"),
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

impl std::fmt::Display for TransportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TransportError::Unsent(error)
            | TransportError::Lost(error)
            | TransportError::Answered(error) => error.fmt(f),
            TransportError::Stopped { stop, .. } => stop.error(Outcome::None).fmt(f),
        }
    }
}

/// The error alone, without whether the request may have arrived.
pub(super) fn flatten(
    result: std::result::Result<RawResponse, TransportError>,
) -> Result<RawResponse> {
    result.map_err(|broken| match broken {
        TransportError::Unsent(error)
        | TransportError::Lost(error)
        | TransportError::Answered(error) => error,
        TransportError::Stopped { stop, .. } => stop.error(Outcome::None),
    })
}
