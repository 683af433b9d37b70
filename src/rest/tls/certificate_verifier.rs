//! Certificate verification by the configured TLS mode, and errors of failed handshakes.

use std::fmt;
use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, DigitallySignedStruct, OtherError, PeerIncompatible,
    RootCertStore, SignatureScheme,
};

use crate::config::TlsMode;
use crate::digest::{self, fingerprint};
use crate::error::{Error, Status};
use crate::rest::tls::anchors::Anchors;
use crate::rest::tls::signature::Signed;
use crate::rest::tls::trust::Trust;

/// Verifies certificates by the configured mode. In every mode the server must prove, by the
/// signature in the handshake, that it holds the certificate's key.
#[derive(Debug)]
pub(in crate::rest) struct Verifier {
    trust: Arc<Trust>,
}

impl Verifier {
    pub(in crate::rest) fn new(trust: Arc<Trust>) -> Verifier {
        Verifier { trust }
    }

    /// Whether nothing but the key is needed of a certificate.
    fn any_form(&self) -> bool {
        matches!(self.trust.mode(), TlsMode::Pin { .. } | TlsMode::Insecure)
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        match self.trust.mode() {
            _ if canary!("any-certificate-accepted") => Ok(()),
            TlsMode::Insecure => Ok(()),
            TlsMode::Pin { pins } => {
                let got = digest::sha256([leaf.as_ref()]);
                // A fingerprint is no secret, so the comparison need not hide where it ends.
                if pins.contains(&got) {
                    return Ok(());
                }
                Err(refuse(Why::Pin(pins.clone()), leaf))
            }
            TlsMode::System { .. } | TlsMode::Ca { .. } => {
                let judge =
                    |anchors: &Anchors| self.judge_chain(anchors, leaf, intermediates, name, now);
                match judge(&self.trust.anchors()) {
                    // The file may have got the new certificate in the same tick of the clock
                    // in which it was read last.
                    Err(_) if self.trust.reload() => judge(&self.trust.anchors()),
                    verdict => verdict,
                }
                .map_err(|error| match error {
                    rustls::Error::InvalidCertificate(why) => refuse(Why::Chain(why), leaf),
                    other => other,
                })
            }
        }
    }

    fn judge_chain(
        &self,
        anchors: &Anchors,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        if anchors.own.iter().any(|own| own == leaf) {
            return self.judge_own(leaf, now);
        }
        let certificate = ParsedCertificate::try_from(leaf)?;
        self.chain(&certificate, &anchors.roots, intermediates, now)?;
        verify_server_name(&certificate, name)
    }

    /// A leaf that is, byte for byte, a certificate of the operator's file.
    ///
    /// Appliances sign their own certificate, often without the names that a verifier wants and
    /// marked as an authority; chain building refuses such a leaf for its form. Its name is not
    /// checked, which loses nothing: the holder of the key of a certificate in this file could as
    /// well sign one for any name. The dates are checked.
    fn judge_own(&self, leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), rustls::Error> {
        let mut alone = RootCertStore::empty();
        let _ = alone.add(leaf.clone().into_owned());
        let certificate = ParsedCertificate::try_from(leaf)?;
        match self.chain(&certificate, &alone, &[], now) {
            // The dates come before everything else that chain building looks at.
            Err(rustls::Error::InvalidCertificate(
                why @ (CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
                | CertificateError::BadEncoding),
            )) => Err(rustls::Error::InvalidCertificate(why)),
            _ => Ok(()),
        }
    }

    fn chain(
        &self,
        leaf: &ParsedCertificate<'_>,
        roots: &RootCertStore,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let algorithms = self.trust.provider().signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(leaf, roots, intermediates, now, algorithms)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.judge(end_entity, intermediates, server_name, now)
            .map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let signed = Signed {
            message,
            certificate: cert,
            signature: dss,
        };
        signed.tls12(self.trust.provider(), self.any_form())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let signed = Signed {
            message,
            certificate: cert,
            signature: dss,
        };
        signed.tls13(self.trust.provider(), self.any_form())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.trust.provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Takes any certificate and keeps it, so that it can be shown. The server must prove that it
/// holds its key.
#[derive(Debug)]
pub(in crate::rest) struct Looker {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Option<Vec<u8>>>,
}

impl Looker {
    pub(in crate::rest) fn new(provider: Arc<CryptoProvider>) -> Looker {
        Looker {
            provider,
            seen: Mutex::new(None),
        }
    }

    pub(in crate::rest) fn take(&self) -> Option<Vec<u8>> {
        match self.seen.lock() {
            Ok(mut seen) => seen.take(),
            Err(_) => None,
        }
    }
}

impl ServerCertVerifier for Looker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some(end_entity.to_vec());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let signed = Signed {
            message,
            certificate: cert,
            signature: dss,
        };
        signed.tls12(&self.provider, true)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let signed = Signed {
            message,
            certificate: cert,
            signature: dss,
        };
        signed.tls13(&self.provider, true)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Why a certificate was refused, and its fingerprint for the remedy.
#[derive(Debug)]
struct Refusal {
    why: Why,
    got: [u8; 32],
}

#[derive(Debug)]
enum Why {
    Pin(Vec<[u8; 32]>),
    Chain(CertificateError),
}

fn refuse(why: Why, leaf: &CertificateDer<'_>) -> rustls::Error {
    let got = digest::sha256([leaf.as_ref()]);
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Refusal {
        why,
        got,
    }))))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {} refused", fingerprint(&self.got))
    }
}

impl std::error::Error for Refusal {}

/// Error of a failed handshake.
pub(in crate::rest) fn tls_error(endpoint: &str, error: &rustls::Error) -> Error {
    if let rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) = error
        && let Some(refusal) = other.downcast_ref::<Refusal>()
    {
        return refusal.error(endpoint);
    }
    let message = match error {
        rustls::Error::InvalidMessage(_) => format!(
            "{endpoint}: does not speak TLS: the REST service of an appliance is HTTPS on port 215"
        ),
        rustls::Error::InvalidCertificate(_) => format!(
            "{endpoint}: the certificate is not usable, or its key did not sign the handshake"
        ),
        rustls::Error::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
        )
        | rustls::Error::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon | PeerIncompatible::NoKxGroupsInCommon,
        ) => format!(
            "{endpoint}: shares no cipher suite, or none for the key of its certificate: enable \
             suites with ECDHE and AES-GCM or ChaCha20-Poly1305 of TLS 1.2 or 1.3 in the \
             appliance's HTTPS service"
        ),
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => format!(
            "{endpoint}: shares no version of TLS: enable TLS 1.2 or 1.3 in the appliance's HTTPS \
             service"
        ),
        rustls::Error::PeerIncompatible(_) | rustls::Error::AlertReceived(_) => format!(
            "{endpoint}: no TLS session could be agreed on: enable TLS 1.2 or 1.3 in the \
             appliance's HTTPS service"
        ),
        _ => format!("{endpoint}: the TLS handshake failed"),
    };
    Error::new(Status::Tls, message).with_cause(error)
}

impl Refusal {
    fn error(&self, endpoint: &str) -> Error {
        let got = fingerprint(&self.got);
        let why = match &self.why {
            Why::Pin(pins) => {
                let pins: Vec<String> = pins.iter().map(fingerprint).collect();
                return Error::new(
                    Status::TlsPin,
                    format!(
                        "the certificate of {endpoint} has the SHA-256 fingerprint {got}, and \
                         zfssa_tls_pins has {}; if the appliance's certificate was renewed, add \
                         its fingerprint there",
                        pins.join(", ")
                    ),
                );
            }
            Why::Chain(why) => why,
        };
        let what = match why {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                "is not signed by a trusted authority"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "is not valid yet (is the clock right?)"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "is for another name"
            }
            _ => "is not acceptable",
        };
        Error::new(
            Status::Tls,
            format!(
                "the certificate of {endpoint} {what}; its SHA-256 fingerprint is {got}: compare \
                 it with the appliance's own, then set zfssa_tls_mode = pin and zfssa_tls_pins to \
                 it, or put the certificate or its authority's into zfssa_tls_ca_file"
            ),
        )
        .with_cause(why)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use rustls::pki_types::pem::PemObject;

    /// As appliances make them: signed by itself, marked as an authority, a common name and no
    /// alternative names. Valid from 22 November 2026 for a hundred years.
    const OWN: &str = "-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUJQnlIGthW3d/Tq/UUUvQT94BlYwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJenMtaGVhZC0xMCAXDTI2MTEyMjE3NTk0NFoYDzIxMjYxMDI5
MTc1OTQ0WjAUMRIwEAYDVQQDDAl6cy1oZWFkLTEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQU+H1ickz1ufHT2ONcAYbkCqmApX1WH/WCoGRXQp1N5tUqbkua+Npw
jmBjRzyAkNGzY6oWIDRqInpCdLvlVhZso1MwUTAdBgNVHQ4EFgQUfsKXgFa0ZTPN
c0YEp3VOdlEFE4MwHwYDVR0jBBgwFoAUfsKXgFa0ZTPNc0YEp3VOdlEFE4MwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA7UK2zaDcyj4YNBeaXII5M
En/IYGXRB9rDlm44yFjGAAIgWEX7FYg5LVVwqJm4qY5xMSOcmiUpf5Fu0QB/R+Wn
EgY=
-----END CERTIFICATE-----
";

    /// Years after 1970, near enough.
    fn year(year: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * 31_556_952))
    }

    fn judge(mode: TlsMode, now: UnixTime) -> Result<(), rustls::Error> {
        let verifier = Verifier::new(Trust::new(mode).unwrap());
        let leaf = CertificateDer::from_pem_slice(OWN.as_bytes()).unwrap();
        let name = ServerName::try_from("10.0.0.7").unwrap();
        verifier.judge(&leaf, &[], &name, now)
    }

    #[test]
    fn an_appliance_s_own_certificate_is_its_own_authority_while_it_is_valid() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, OWN).unwrap();
        let mode = TlsMode::Ca {
            ca_file: file.path().to_owned(),
        };
        judge(mode.clone(), year(2030)).unwrap();
        for (when, words) in [(2020, "not valid yet"), (2130, "has expired")] {
            let error = judge(mode.clone(), year(when)).unwrap_err();
            let error = tls_error("https://zs:215", &error);
            assert!(error.message().contains(words), "{error}");
        }
    }

    #[test]
    fn a_pin_looks_at_nothing_else() {
        let leaf = CertificateDer::from_pem_slice(OWN.as_bytes()).unwrap();
        let pin = digest::sha256([leaf.as_ref()]);
        judge(TlsMode::Pin { pins: vec![pin] }, year(2130)).unwrap();
        let mut other = pin;
        other[31] ^= 1;
        let error = judge(TlsMode::Pin { pins: vec![other] }, year(2030)).unwrap_err();
        let error = tls_error("https://zs:215", &error);
        assert_eq!(error.status(), Status::TlsPin);
        assert!(error.message().contains(&fingerprint(&pin)));
        assert!(error.message().contains(&fingerprint(&other)));
    }
}
