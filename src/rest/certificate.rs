//! The certificate of the appliance, for people to look at before they trust it.

/// A certificate as the appliance shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    sha256: [u8; 32],
}

impl Certificate {
    pub(super) fn new(der: Vec<u8>) -> Certificate {
        let digest = ring::digest::digest(&ring::digest::SHA256, &der);
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest.as_ref());
        Certificate { der, sha256 }
    }

    /// The certificate itself.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as text, for a CA file.
    pub fn pem(&self) -> String {
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in base64(&self.der).as_bytes().chunks(64) {
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
        fingerprint(&self.sha256)
    }
}

/// A SHA-256 as pairs of hexadecimal digits with colons between them.
pub(super) fn fingerprint(sha256: &[u8; 32]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(95);
    for (index, byte) in sha256.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

/// Base64 with padding (RFC 4648).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let part = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for digit in 0..4 {
            if digit <= group.len() {
                let index = (bits >> (18 - 6 * digit)) as usize & 63;
                text.push(char::from(DIGITS[index]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_follows_the_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_fingerprint_looks_like_that_of_openssl() {
        let certificate = Certificate::new(b"abc".to_vec());
        assert!(certificate.fingerprint().starts_with("BA:78:16:BF:8F"));
        assert!(certificate.fingerprint().ends_with("15:AD"));
        assert_eq!(certificate.pem().lines().nth(1), Some("YWJj"));
    }
}
