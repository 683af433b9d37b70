//! One request and its answer, over one connection.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use crate::rest::exchange::list_stream::ListReader;
use crate::rest::exchange::transport_error::{Failure, TransportError, timed_out};
use crate::rest::pool::PooledConnection;
use crate::rest::pool::connection::Connection;
use crate::rest::response::LONGEST_RESPONSE;
use crate::rest::retry::retry_after;
use crate::rest::{Method, Resource};
use crate::scope::traceparent::{RequestSpan, TRACEPARENT, Traceparent};
use crate::scope::{Ended, Scope};

/// How much of the name of a coding is repeated.
const LONGEST_CODING: usize = 60;

/// The longest time for a whole list, in timeouts of a request. Each part of it has the time of one
/// request.
const LIST_TIMEOUTS: u32 = 20;

/// The longest body of a refusal that is read.
const LONGEST_FAULT: usize = 64 * 1024;

pub(in crate::rest) static X_AUTH_SESSION: HeaderName = HeaderName::from_static("x-auth-session");

/// A request to send.
pub(in crate::rest) struct RequestParts<'a> {
    pub(in crate::rest) method: Method,
    pub(in crate::rest) resource: Resource,
    pub(in crate::rest) url: reqwest::Url,
    /// Authentication header, marked as sensitive.
    pub(in crate::rest) credential: (HeaderName, HeaderValue),
    pub(in crate::rest) body: Option<Bytes>,
    /// Name of the request in messages, without secrets.
    pub(in crate::rest) label: &'a (dyn std::fmt::Display + Sync),
    pub(in crate::rest) attempt: u32,
    /// Reader of a list, which gets the body of a success in place of [`RawResponse::body`].
    pub(in crate::rest) list: Option<ListReader<'a>>,
}

/// A response of any status.
pub(in crate::rest) struct RawResponse {
    pub(in crate::rest) status: u16,
    pub(in crate::rest) session: Option<HeaderValue>,
    pub(in crate::rest) retry_after: Option<Duration>,
    pub(in crate::rest) body: Bytes,
    pub(in crate::rest) sent: Instant,
    pub(in crate::rest) latency: Duration,
    /// Whether the body came in chunks, without a length.
    #[cfg(feature = "cli")]
    pub(in crate::rest) chunked: bool,
}

impl PooledConnection {
    /// Sends a request and reads the answer to its end. A connection that may be broken afterwards
    /// is dropped, also if this future is dropped.
    pub(in crate::rest) async fn exchange(
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
            resource,
            url,
            credential,
            body,
            label,
            attempt,
            list,
        } = parts;
        let span = scope.traceparent().map(Traceparent::request_span);
        let span_id = span.as_ref().map(|span| span.id.as_str());
        let request = build(method, url, credential, body, span.as_ref());
        scope.count_request();
        let sending = self.pool.counters.send(resource, method);
        let client = connection.start();
        let begun = sending.begun;
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
                sending.answered();
                tracing::debug!(
                    target: "zfssa::rest",
                    id = scope.id(),
                    request = %label,
                    status = received.status,
                    attempt,
                    milliseconds,
                    span_id,
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
            span_id,
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
    span: Option<&RequestSpan>,
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
    if let Some(value) = span.and_then(|span| HeaderValue::from_str(&span.header).ok()) {
        headers.insert(TRACEPARENT, value);
    }
    if let Some(body) = body {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        *request.body_mut() = Some(body.into());
    }
    request
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
            #[cfg(feature = "cli")]
            chunked: headers.contains_key(header::TRANSFER_ENCODING),
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
