//! A certificate of X.509 version 1: what a library makes of version 3, without its version and extensions, signed anew.

use std::io;

use base64::Engine as _;
use rcgen::{KeyPair, SigningKey};
use rustls::pki_types::CertificateDer;

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// The version, and the extensions, of a certificate.
const NOT_IN_VERSION_ONE: [u8; 2] = [0xa0, 0xa3];

/// The certificate in the form of version 1, signed with the key that it is of.
pub(crate) fn of(certificate: &[u8], key: &KeyPair) -> io::Result<CertificateDer<'static>> {
    let parts = elements(content(certificate)?)?;
    let [to_be_signed, algorithm, _] = parts.as_slice() else {
        return Err(broken());
    };
    let mut kept = Vec::new();
    for element in elements(content(to_be_signed)?)? {
        if !NOT_IN_VERSION_ONE.contains(&element[0]) {
            kept.extend_from_slice(element);
        }
    }
    let to_be_signed = tagged(SEQUENCE, &kept);
    // A string of bits begins with the number of those that are not used.
    let mut signature = vec![0];
    signature.extend(key.sign(&to_be_signed).map_err(io::Error::other)?);
    let whole = [&to_be_signed, *algorithm, &tagged(BIT_STRING, &signature)].concat();
    Ok(CertificateDer::from(tagged(SEQUENCE, &whole)))
}

/// The same as text.
pub(crate) fn pem(certificate: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}

fn broken() -> io::Error {
    io::Error::other("a certificate that was just made is not DER")
}

/// The lengths of an element's head and of its content.
fn lengths(der: &[u8]) -> io::Result<(usize, usize)> {
    let first = usize::from(*der.get(1).ok_or_else(broken)?);
    if first < 0x80 {
        return Ok((2, first));
    }
    let head = 2 + (first & 0x7f);
    let bytes = der.get(2..head).ok_or_else(broken)?;
    let length = bytes
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    Ok((head, length))
}

fn content(der: &[u8]) -> io::Result<&[u8]> {
    let (head, length) = lengths(der)?;
    der.get(head..head + length).ok_or_else(broken)
}

fn elements(mut der: &[u8]) -> io::Result<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (head, length) = lengths(der)?;
        let (element, rest) = der.split_at_checked(head + length).ok_or_else(broken)?;
        found.push(element);
        der = rest;
    }
    Ok(found)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = vec![tag];
    if length < 0x80 {
        der.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let skipped = bytes.iter().take_while(|byte| **byte == 0).count();
        der.push(0x80 | (bytes.len() - skipped) as u8);
        der.extend_from_slice(&bytes[skipped..]);
    }
    der.extend_from_slice(content);
    der
}
