//! Certificate of the recording proxy, one for each recording.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// A certificate in use.
pub struct Identity {
    /// SHA-256 of the certificate: hexadecimal with colons, as `zfssa_tls_pins` takes it.
    pub sha256: String,
    pub config: Arc<ServerConfig>,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Identity {
    /// A certificate for an address, whose key is in memory alone.
    pub fn new(address: IpAddr) -> Result<Identity, Failed> {
        let names = vec![address.to_string(), "localhost".to_owned()];
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(names)?.self_signed(&key)?;
        let sha256 = fingerprint(certificate.der());
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Identity {
            sha256,
            config: Arc::new(config),
        })
    }
}

fn fingerprint(der: &[u8]) -> String {
    let pairs = digest(&SHA256, der);
    let pairs = pairs.as_ref().iter().map(|byte| format!("{byte:02X}"));
    pairs.collect::<Vec<_>>().join(":")
}
