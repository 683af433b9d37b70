//! SHA-256 digests and hexadecimal text.

use std::fmt::Write;

use ring::digest::{Context, SHA256};

/// The SHA-256 of several parts, one after the other.
pub(crate) fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// The first digits of the SHA-256 of several parts, which make a name unique.
pub(crate) fn short_hex<'a>(parts: impl IntoIterator<Item = &'a [u8]>, digits: usize) -> String {
    let mut text = hex(&sha256(parts));
    text.truncate(digits);
    text
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Upper-case pairs of digits with colons between them, as `openssl x509 -fingerprint` writes
/// the SHA-256 of a certificate.
pub(crate) fn fingerprint(sha256: &[u8; 32]) -> String {
    let pairs: Vec<String> = sha256.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined() {
        let whole = sha256([b"abc".as_slice()]);
        assert_eq!(whole, sha256([b"a".as_slice(), b"bc"]));
        assert!(hex(&whole).starts_with("ba7816bf8f01cfea"));
        assert!(fingerprint(&whole).starts_with("BA:78:16:BF:8F"));
        assert_eq!(hex(&[0, 0xa0, 0xff]), "00a0ff");
        assert_eq!(short_hex([b"abc".as_slice()], 5), "ba781");
    }
}
