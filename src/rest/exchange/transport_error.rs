//! Failures of one request, and of a connection.

use std::error::Error as StdError;
use std::time::Duration;

use crate::error::{Error, Outcome, Status};
use crate::rest::exchange::list_stream::Unusable;
use crate::rest::pool::connection::ConnectTimeout;
use crate::rest::response::LONGEST_RESPONSE;
use crate::rest::tls::certificate_verifier::tls_error;
use crate::scope::Stop;

/// Why there is no response.
pub(in crate::rest) enum TransportError {
    /// There was no connection; not a byte of the request was written.
    Unsent(Error),
    /// The request may have arrived.
    Lost(Error),
    /// The request was answered; another attempt would end the same way.
    Answered(Error),
    /// The scope ended.
    Stopped { stop: Stop, unsent: bool },
}

/// Failure of an exchange, without how much of the request was sent.
pub(in crate::rest) enum Failure {
    Http(reqwest::Error),
    TooLong,
    /// It is coded so.
    Coded(String),
    /// The list of this key cannot be read.
    List(&'static str, Unusable),
    /// A part of a list did not arrive in time.
    Elapsed(Duration),
}

impl Failure {
    /// Adds how much of the request was sent. `unsent`: not one byte was written.
    pub(in crate::rest) fn broken(
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
pub(in crate::rest) fn connect_error(endpoint: &str, error: &reqwest::Error) -> Error {
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
pub fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
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
pub fn innermost(error: &dyn StdError) -> String {
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
impl From<TransportError> for Error {
    fn from(broken: TransportError) -> Error {
        match broken {
            TransportError::Unsent(error)
            | TransportError::Lost(error)
            | TransportError::Answered(error) => error,
            TransportError::Stopped { stop, .. } => stop.error(Outcome::None),
        }
    }
}

/// Error of a request that took too long.
pub(in crate::rest) fn timed_out(
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
