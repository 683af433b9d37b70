//! TLS client configuration: versions, provider, verifier and session resumption.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;

use crate::error::{Error, Result, Status};
use crate::rest::tls::certificate_verifier::Verifier;
use crate::rest::tls::trust::Trust;

/// The TLS settings of every connection that carries requests.
pub(in crate::rest) fn trusting(trust: &Arc<Trust>) -> Result<ClientConfig> {
    let verifier = Verifier::new(trust.clone());
    let mut config = client_config(trust.provider().clone(), Arc::new(verifier))?;
    config.resumption = Resumption::store(trust.sessions());
    Ok(config)
}

/// A configuration with our own provider, never the process's default one, and TLS 1.2 or 1.3.
pub(in crate::rest) fn client_config(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(Status::Internal, "TLS cannot be set up").with_cause(error))?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}
