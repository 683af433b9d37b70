//! Trust anchors: the system's CA certificates, and those of a PEM file or directory.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, Result, Status};

/// The certificates that are trusted now.
#[derive(Debug)]
pub(in crate::rest) struct Anchors {
    /// What a chain may end in.
    pub(in crate::rest) roots: RootCertStore,
    /// The certificates of the operator's own file, for a leaf that is one of them.
    pub(in crate::rest) own: Vec<CertificateDer<'static>>,
}

/// The CA certificates of this system.
pub(in crate::rest) fn system_roots(has_own_file: bool) -> Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 && !has_own_file {
        let mut error = Error::new(
            Status::Tls,
            "this system has no CA certificates (tried SSL_CERT_FILE, SSL_CERT_DIR and the \
             system's own places, such as /etc/ssl/certs); install them, or set \
             zfssa_tls_ca_file or zfssa_tls_pins",
        );
        for cause in found.errors {
            error = error.with_cause(cause);
        }
        return Err(error);
    }
    Ok(roots)
}

/// The certificates of a PEM file, or of all files in a directory.
pub(in crate::rest) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unusable = |why: String| {
        Error::new(
            Status::Config,
            format!("the CA file {} {why}", path.display()),
        )
    };
    let mut found = Vec::new();
    let files = files(path).map_err(|error| unusable(format!("cannot be read: {error}")))?;
    let many = files.len() != 1 || files[0] != path;
    for file in files {
        let text = match fs::read(&file) {
            Ok(text) => text,
            // A directory may contain other files.
            Err(_) if many => continue,
            Err(error) => return Err(unusable(format!("cannot be read: {error}"))),
        };
        for certificate in CertificateDer::pem_slice_iter(&text) {
            match certificate {
                Ok(certificate) => found.push(certificate),
                Err(_) if many => break,
                Err(error) => return Err(unusable(format!("is not PEM: {error}"))),
            }
        }
    }
    if found.is_empty() {
        return Err(unusable("holds no PEM certificate".to_owned()));
    }
    Ok(found)
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = fs::read_dir(path)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file())
        .collect::<Vec<_>>();
    files.sort();
    Ok(files)
}

/// A number that changes when a file is written or replaced. Content with the same length in the
/// same tick of the clock is found when the next handshake fails.
pub(in crate::rest) fn stamp(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files(path).unwrap_or_default() {
        file.hash(&mut hasher);
        if let Ok(metadata) = fs::metadata(&file) {
            metadata.len().hash(&mut hasher);
            metadata.modified().ok().hash(&mut hasher);
            #[cfg(unix)]
            std::os::unix::fs::MetadataExt::ino(&metadata).hash(&mut hasher);
        }
    }
    hasher.finish()
}
