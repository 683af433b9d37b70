//! Certificates and TLS: a CA and a certificate made at start, and made anew at each rotation.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, version};

use crate::options::{CertificateKind, TlsOptions};
use crate::version_one;

/// A certificate in use, and the configuration that serves it.
pub(crate) struct Identity {
    pub ca_pem: String,
    pub certificate_pem: String,
    /// SHA-256 of the server's certificate in DER form: hexadecimal with colons.
    pub sha256: String,
    pub config: Arc<ServerConfig>,
}

pub(crate) fn make(options: &TlsOptions) -> std::io::Result<Identity> {
    let bad = |error: rcgen::Error| std::io::Error::other(error);
    let mut names = match options.certificate {
        CertificateKind::WrongName => vec!["elsewhere.example".to_owned()],
        _ => vec![
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
            "::1".to_owned(),
        ],
    };
    if options.certificate != CertificateKind::WrongName {
        names.extend(options.names.iter().cloned());
    }
    let mut leaf = CertificateParams::new(names).map_err(bad)?;
    leaf.distinguished_name
        .push(DnType::CommonName, "zfssa-appliance");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.not_before = date_time_ymd(2020, 1, 1);
    leaf.not_after = match options.certificate {
        CertificateKind::Expired => date_time_ymd(2021, 1, 1),
        _ => date_time_ymd(2099, 1, 1),
    };
    let key = KeyPair::generate().map_err(bad)?;
    let (chain, ca_pem, certificate) = if matches!(
        options.certificate,
        CertificateKind::SelfSigned | CertificateKind::VersionOne
    ) {
        let certificate = leaf.self_signed(&key).map_err(bad)?;
        (
            vec![certificate.der().clone()],
            certificate.pem(),
            certificate,
        )
    } else {
        let mut authority = CertificateParams::new(Vec::new()).map_err(bad)?;
        authority.distinguished_name.push(
            DnType::CommonName,
            format!("zfssa-appliance CA {}", uuid::Uuid::new_v4()),
        );
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.not_before = date_time_ymd(2020, 1, 1);
        authority.not_after = date_time_ymd(2099, 1, 1);
        let authority_key = KeyPair::generate().map_err(bad)?;
        let ca = authority.self_signed(&authority_key).map_err(bad)?;
        let certificate = leaf
            .signed_by(&key, &Issuer::new(authority, authority_key))
            .map_err(bad)?;
        (
            vec![certificate.der().clone(), ca.der().clone()],
            ca.pem(),
            certificate,
        )
    };
    if options.certificate == CertificateKind::VersionOne {
        let der = version_one::of(certificate.der(), &key)?;
        let pem = version_one::pem(&der);
        return Ok(Identity {
            ca_pem: pem.clone(),
            certificate_pem: pem,
            sha256: fingerprint(&der),
            config: Arc::new(configuration(vec![der], &key, options.tls12_only)?),
        });
    }
    Ok(Identity {
        ca_pem,
        certificate_pem: certificate.pem(),
        sha256: fingerprint(certificate.der()),
        config: Arc::new(configuration(chain, &key, options.tls12_only)?),
    })
}

fn configuration(
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
    tls12_only: bool,
) -> std::io::Result<ServerConfig> {
    let versions: &[&'static rustls::SupportedProtocolVersion] = if tls12_only {
        &[&version::TLS12]
    } else {
        &[&version::TLS13, &version::TLS12]
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(std::io::Error::other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Without the check of the key against the certificate, which reads version 3 only.
    let signer = provider
        .key_provider
        .load_private_key(key)
        .map_err(std::io::Error::other)?;
    let shown = SingleCertAndKey::from(CertifiedKey::new(chain, signer));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(std::io::Error::other)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    // Tickets are made with a key of this configuration, so a rotation makes the old ones worthless.
    config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(std::io::Error::other)?;
    Ok(config)
}

fn fingerprint(der: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, der);
    let pairs: Vec<String> = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}
