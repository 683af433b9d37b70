//! Certificate of the appliance: fetched without sending a request, for people to look at.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::Resumption;
use tower_layer::Layer;
use tower_service::Service;

use crate::digest;
use crate::error::{Error, Outcome, Result, Status};
use crate::rest::exchange::transport_error::{connect_error, find};
use crate::rest::pool::Pool;
use crate::rest::pool::connection::client_builder;
use crate::rest::tls::certificate_verifier::Looker;
use crate::rest::tls::client_config::client_config;
use crate::scope::{Ended, Scope};

/// A certificate as the appliance shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    sha256: [u8; 32],
}

impl Certificate {
    pub(super) fn new(der: Vec<u8>) -> Certificate {
        let sha256 = digest::sha256([der.as_slice()]);
        Certificate { der, sha256 }
    }

    /// The certificate itself.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as text, for a CA file.
    pub fn pem(&self) -> String {
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in STANDARD.encode(&self.der).as_bytes().chunks(64) {
            pem.extend(line.iter().map(|byte| char::from(*byte)));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }

    /// The SHA-256 of the certificate, for a pin.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The same in hexadecimal with colons, as `openssl x509 -fingerprint -sha256` writes it.
    pub fn fingerprint(&self) -> String {
        digest::fingerprint(&self.sha256)
    }
}

/// Makes a connection whose only purpose is the handshake.
///
/// Once the handshake is complete, the HTTP client gets a connection error, so that nothing but the
/// handshake is ever written.
pub(super) async fn look(pool: &Pool, scope: &Scope) -> Result<Certificate> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let looker = Arc::new(Looker::new(provider.clone()));
    let mut config = client_config(provider, looker.clone())?;
    // A resumed session would show no certificate.
    config.resumption = Resumption::disabled();
    let client = client_builder(config, &pool.settings.local)
        .connector_layer(Aborting)
        .build()
        .map_err(|error| {
            Error::new(Status::Internal, "the HTTP client cannot be built").with_cause(error)
        })?;
    let limit = pool.settings.connect_timeout;
    let error = match scope.within(limit, client.get(&pool.endpoint).send()).await {
        Ok(Err(error)) if find::<Seen>(&error).is_some() => None,
        Ok(Err(error)) => Some(connect_error(&pool.endpoint, &error.without_url())),
        Ok(Ok(_)) => None,
        Err(Ended::Stop(stop)) => return Err(stop.error(Outcome::None)),
        Err(Ended::Elapsed) => Some(Error::new(
            Status::Connect,
            format!(
                "{}: no connection within {limit:?}: check san_ip, or raise zfssa_connect_timeout",
                pool.endpoint
            ),
        )),
    };
    match (error, looker.take()) {
        (None, Some(der)) => Ok(Certificate::new(der)),
        (Some(error), _) => Err(error),
        (None, None) => Err(Error::new(
            Status::Tls,
            format!("{}: showed no certificate", pool.endpoint),
        )),
    }
}

/// Turns every finished connection into an error.
#[derive(Clone)]
struct Aborting;

#[derive(Clone)]
struct Aborted<S>(S);

/// The handshake is complete.
#[derive(Debug)]
struct Seen;

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the certificate was seen")
    }
}

impl std::error::Error for Seen {}

impl<S> Layer<S> for Aborting {
    type Service = Aborted<S>;

    fn layer(&self, inner: S) -> Aborted<S> {
        Aborted(inner)
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl<S, R> Service<R> for Aborted<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let connecting = self.0.call(target);
        Box::pin(async move {
            drop(connecting.await?);
            Err(Seen.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_looks_like_that_of_openssl() {
        let certificate = Certificate::new(b"abc".to_vec());
        assert!(certificate.fingerprint().starts_with("BA:78:16:BF:8F"));
        assert!(certificate.fingerprint().ends_with("15:AD"));
        assert_eq!(certificate.pem().lines().nth(1), Some("YWJj"));
    }
}
