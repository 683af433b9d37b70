//! Signature check of a TLS handshake: proof that the server holds its certificate's key.
//!
//! The verifier of the TLS library reads certificates of X.509 version 3 only, and old appliances
//! sign themselves one of version 1. If the certificate's chain is not verified (a pin, or none),
//! only its key is needed, and the library's reader of trust anchors, which supports version 1,
//! returns the key.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::crypto::{
    verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore};
use webpki::RawPublicKeyEntity;

/// Signature of a handshake and the server's certificate.
pub(in crate::rest) struct Signed<'a> {
    pub(in crate::rest) message: &'a [u8],
    pub(in crate::rest) certificate: &'a CertificateDer<'a>,
    pub(in crate::rest) signature: &'a DigitallySignedStruct,
}

impl Signed<'_> {
    /// Checks the signature of a handshake of TLS 1.2; `any_form` takes a certificate that only
    /// its key can be read of.
    pub(in crate::rest) fn tls12(
        &self,
        provider: &CryptoProvider,
        any_form: bool,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &provider.signature_verification_algorithms;
        let verdict =
            verify_tls12_signature(self.message, self.certificate, self.signature, algorithms);
        self.or_by_key(verdict, any_form, |key| self.tls12_by_key(key, algorithms))
    }

    /// The same for TLS 1.3.
    pub(in crate::rest) fn tls13(
        &self,
        provider: &CryptoProvider,
        any_form: bool,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &provider.signature_verification_algorithms;
        let verdict =
            verify_tls13_signature(self.message, self.certificate, self.signature, algorithms);
        self.or_by_key(verdict, any_form, |key| {
            verify_tls13_signature_with_raw_key(self.message, key, self.signature, algorithms)
        })
    }

    /// The verdict or, where the certificate could not be read, that by its key alone.
    fn or_by_key(
        &self,
        verdict: Result<HandshakeSignatureValid, Error>,
        any_form: bool,
        by_key: impl Fn(&SubjectPublicKeyInfoDer<'_>) -> Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        match verdict {
            Err(Error::InvalidCertificate(why))
                if any_form && why != CertificateError::BadSignature =>
            {
                match key_of(self.certificate) {
                    Some(key) => by_key(&key),
                    None => Err(Error::InvalidCertificate(why)),
                }
            }
            verdict => verdict,
        }
    }

    fn tls12_by_key(
        &self,
        key: &SubjectPublicKeyInfoDer<'_>,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<HandshakeSignatureValid, Error> {
        let bad = |why| Error::InvalidCertificate(why);
        let key =
            RawPublicKeyEntity::try_from(key).map_err(|_| bad(CertificateError::BadEncoding))?;
        // In TLS 1.2 a scheme does not say the curve, so several algorithms may be meant.
        let scheme = self.signature.scheme;
        let fits = algorithms.mapping.iter().filter(|(one, _)| *one == scheme);
        let mut fits = fits.flat_map(|(_, algorithms)| algorithms.iter());
        let signature = self.signature.signature();
        let is_signed = |algorithm: &&dyn rustls::pki_types::SignatureVerificationAlgorithm| {
            key.verify_signature(*algorithm, self.message, signature)
                .is_ok()
        };
        match fits.any(is_signed) {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(bad(CertificateError::BadSignature)),
        }
    }
}

/// The key of a certificate of any version.
fn key_of(certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let mut alone = RootCertStore::empty();
    alone.add(certificate.clone().into_owned()).ok()?;
    let anchor = alone.roots.pop()?;
    Some(SubjectPublicKeyInfoDer::from(sequence(
        &anchor.subject_public_key_info,
    )))
}

/// The content of a DER sequence with its head, which a trust anchor is kept without.
fn sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut whole = vec![0x30];
    // Below 128 the length is one byte; else its bytes follow a byte that counts them.
    if content.len() >= 0x80 {
        whole.push(0x80 | length.len() as u8);
    }
    whole.extend(length);
    whole.extend(content);
    whole
}
