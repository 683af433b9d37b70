//! HTTP client for a service other than the appliance, with the engine's TLS and name resolution.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::config::TlsMode;
use crate::error::{Error, Result, Status};
use crate::local::Local;
use crate::rest::pool::connection::client_builder;
use crate::rest::tls::client_config;
use crate::rest::tls::trust::Trust;

/// TLS of the connections to another service.
#[derive(Clone, Copy, Debug)]
pub struct OtherServiceTls<'a> {
    /// The only authorities to trust; the system's if there is no file.
    pub ca_file: Option<&'a Path>,
    /// Certificate and key that this host shows.
    pub certificate: Option<(&'a Path, &'a Path)>,
}

/// A client with its own pool of connections. `tls` is `None` for plain HTTP.
///
/// # Errors
///
/// `Config` and `Tls` by what the files hold.
pub fn other_service(
    tls: Option<OtherServiceTls<'_>>,
    connect_timeout: Duration,
    local: &Local,
) -> Result<reqwest::Client> {
    let ca_file = tls.and_then(|tls| tls.ca_file);
    let mode = match (tls, ca_file) {
        (_, Some(file)) => TlsMode::Ca {
            ca_file: file.to_owned(),
        },
        (Some(_), None) => TlsMode::System { ca_file: None },
        // Without TLS nothing is trusted, and no file is read.
        (None, None) => TlsMode::Pin { pins: Vec::new() },
    };
    let trust = Trust::new(mode)?;
    let mut config = client_config::trusting(&trust)?;
    if let Some((certificate, key)) = tls.and_then(|tls| tls.certificate) {
        let chain = certificates(certificate)?;
        let key = private_key(key)?;
        let pair = CertifiedKey::from_der(chain, key, trust.provider()).map_err(|error| {
            let place = certificate.display();
            Error::new(Status::Config, format!("{place}: does not fit its key")).with_cause(error)
        })?;
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(pair));
    }
    client_builder(config, local)
        .https_only(tls.is_some())
        .connect_timeout(connect_timeout)
        .pool_max_idle_per_host(usize::MAX)
        .build()
        .map_err(|error| {
            Error::new(Status::Internal, "the HTTP client cannot be built").with_cause(error)
        })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = text(path)?;
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(unusable(path, "holds no PEM certificate")),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(&text(path)?)
        // The cause could quote the key.
        .map_err(|_| unusable(path, "holds no PEM private key without a passphrase"))
}

fn text(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    let text = fs::read(path);
    text.map(zeroize::Zeroizing::new)
        .map_err(|error| unusable(path, &format!("cannot be read: {error}")))
}

fn unusable(path: &Path, why: &str) -> Error {
    Error::new(Status::Config, format!("the file {} {why}", path.display()))
}
