//! Whom to trust: roots, pins, and the file that may change while the engine runs.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, NamedGroup, RootCertStore};

use crate::config::TlsMode;
use crate::error::{Error, Result, Status};
use crate::rest::certificate_verifier::Verifier;

/// How many TLS sessions are kept for resumption; there is one server.
const KEPT_SESSIONS: usize = 64;

/// What certificates are judged by. Shared by every connection to the appliance.
#[derive(Debug)]
pub(super) struct Trust {
    mode: TlsMode,
    provider: Arc<CryptoProvider>,
    /// The system's roots, read once: they change with the system, not with the appliance.
    system: RootCertStore,
    anchors: RwLock<Arc<Anchors>>,
    stamp: Mutex<u64>,
    sessions: Arc<SessionCache>,
}

/// The certificates that are trusted now.
#[derive(Debug)]
pub(super) struct Anchors {
    /// What a chain may end in.
    pub(super) roots: RootCertStore,
    /// The certificates of the operator's own file, for a leaf that is one of them.
    pub(super) own: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Reads the roots and the file.
    pub(super) fn new(mode: TlsMode) -> Result<Arc<Trust>> {
        let mut system = RootCertStore::empty();
        if let TlsMode::System { ca_file } = &mode {
            system = system_roots(ca_file.is_some())?;
        }
        let trust = Trust {
            provider: Arc::new(rustls::crypto::ring::default_provider()),
            system,
            anchors: RwLock::new(Arc::new(Anchors {
                roots: RootCertStore::empty(),
                own: Vec::new(),
            })),
            stamp: Mutex::new(0),
            sessions: Arc::new(SessionCache::default()),
            mode,
        };
        if let Some(file) = trust.ca_file() {
            *lock(&trust.stamp) = stamp(file);
        }
        let anchors = trust.read_anchors()?;
        *trust
            .anchors
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(anchors);
        Ok(Arc::new(trust))
    }

    /// The settings of every connection.
    pub(super) fn config(self: &Arc<Trust>) -> Result<ClientConfig> {
        let verifier = Verifier::new(self.clone());
        let mut config = client_config(self.provider.clone(), Arc::new(verifier))?;
        config.resumption = Resumption::store(self.sessions.clone());
        Ok(config)
    }

    pub(super) fn mode(&self) -> &TlsMode {
        &self.mode
    }

    pub(super) fn provider(&self) -> &CryptoProvider {
        &self.provider
    }

    pub(super) fn anchors(&self) -> Arc<Anchors> {
        let anchors = self.anchors.read().unwrap_or_else(PoisonError::into_inner);
        anchors.clone()
    }

    /// Reads the CA file again if it looks different. Called before every new connection, so
    /// that a certificate taken out of the file is not trusted through a resumed session either.
    pub(super) fn refresh(&self) {
        let Some(file) = self.ca_file() else { return };
        let now = stamp(file);
        let mut last = lock(&self.stamp);
        if *last != now {
            *last = now;
            self.reload();
        }
    }

    /// Reads the CA file again and tells whether its content changed.
    ///
    /// A file that cannot be read now is most likely being replaced; what was trusted stays.
    pub(super) fn reload(&self) -> bool {
        let Some(file) = self.ca_file() else {
            return false;
        };
        match self.read_anchors() {
            Ok(anchors) => {
                let mut current = self.anchors.write().unwrap_or_else(PoisonError::into_inner);
                if current.own == anchors.own {
                    return false;
                }
                *current = Arc::new(anchors);
                self.sessions.clear();
                tracing::info!(target: "zfssa::rest", file = %file.display(), "CA file read again");
                true
            }
            Err(error) => {
                tracing::warn!(
                    target: "zfssa::rest",
                    file = %file.display(),
                    %error,
                    "the CA file changed and is unusable; the certificates read before stay trusted"
                );
                false
            }
        }
    }

    fn ca_file(&self) -> Option<&Path> {
        match &self.mode {
            TlsMode::System { ca_file } => ca_file.as_deref(),
            TlsMode::Ca { ca_file } => Some(ca_file),
            TlsMode::Pin { .. } | TlsMode::Insecure => None,
        }
    }

    fn read_anchors(&self) -> Result<Anchors> {
        let mut anchors = Anchors {
            roots: self.system.clone(),
            own: Vec::new(),
        };
        if let Some(file) = self.ca_file() {
            anchors.own = read_certificates(file)?;
            for certificate in &anchors.own {
                // What cannot be a root can still be recognised as the leaf itself.
                let _ = anchors.roots.add(certificate.clone());
            }
        }
        Ok(anchors)
    }
}

/// A configuration with our own provider, never the process's default one, and TLS 1.2 or 1.3.
pub(super) fn client_config(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn rustls::client::danger::ServerCertVerifier>,
) -> Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(Status::Internal, "TLS cannot be set up").with_cause(error))?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn system_roots(has_own_file: bool) -> Result<RootCertStore> {
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
fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
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
            // A directory may hold what is none of our business.
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
fn stamp(path: &Path) -> u64 {
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The TLS sessions that can be resumed. A resumed session shows no certificate, so all are
/// forgotten when trust changes.
#[derive(Debug)]
struct SessionCache(RwLock<Arc<ClientSessionMemoryCache>>);

impl Default for SessionCache {
    fn default() -> Self {
        SessionCache(RwLock::new(SessionCache::empty()))
    }
}

impl SessionCache {
    fn empty() -> Arc<ClientSessionMemoryCache> {
        Arc::new(ClientSessionMemoryCache::new(KEPT_SESSIONS))
    }

    fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = SessionCache::empty();
    }

    fn cache(&self) -> Arc<ClientSessionMemoryCache> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl ClientSessionStore for SessionCache {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.cache().set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.cache().kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.cache().set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.cache().tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.cache().remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(
        &self,
        server_name: ServerName<'static>,
        value: Tls13ClientSessionValue,
    ) {
        self.cache().insert_tls13_ticket(server_name, value);
    }

    fn take_tls13_ticket(
        &self,
        server_name: &ServerName<'static>,
    ) -> Option<Tls13ClientSessionValue> {
        self.cache().take_tls13_ticket(server_name)
    }
}
