//! Trusted certificates: mode, CA file that may change while the engine runs, TLS sessions.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{NamedGroup, RootCertStore};

use crate::config::TlsMode;
use crate::error::Result;
use crate::rest::tls::anchors::{Anchors, read_certificates, stamp, system_roots};
use crate::sync::{lock, read, write};

/// How many TLS sessions are kept for resumption; there is one server.
const KEPT_SESSIONS: usize = 64;

/// Trust settings, shared by every connection to the appliance.
#[derive(Debug)]
pub(in crate::rest) struct Trust {
    mode: TlsMode,
    provider: Arc<CryptoProvider>,
    /// The system's roots, read once: they change with the system, not with the appliance.
    system: RootCertStore,
    anchors: RwLock<Arc<Anchors>>,
    stamp: Mutex<u64>,
    sessions: Arc<SessionCache>,
}

impl Trust {
    /// Reads the roots and the file.
    pub(in crate::rest) fn new(mode: TlsMode) -> Result<Arc<Trust>> {
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
        *write(&trust.anchors) = Arc::new(anchors);
        Ok(Arc::new(trust))
    }

    pub(in crate::rest) fn mode(&self) -> &TlsMode {
        &self.mode
    }

    pub(in crate::rest) fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// The TLS sessions to resume; emptied when the trusted certificates change.
    pub(in crate::rest) fn sessions(&self) -> Arc<dyn ClientSessionStore> {
        self.sessions.clone()
    }

    pub(in crate::rest) fn anchors(&self) -> Arc<Anchors> {
        read(&self.anchors).clone()
    }

    /// Reads the CA file again if it looks different. Called before every new connection, so
    /// that a certificate taken out of the file is not trusted through a resumed session either.
    pub(in crate::rest) fn refresh(&self) {
        let Some(file) = self.ca_file() else { return };
        let now = stamp(file);
        let mut last = lock(&self.stamp);
        if *last != now {
            *last = now;
            self.reload();
        }
    }

    /// Reads the CA file again and returns whether its content changed.
    ///
    /// A file that cannot be read now is most likely being replaced; what was trusted stays.
    pub(in crate::rest) fn reload(&self) -> bool {
        let Some(file) = self.ca_file() else {
            return false;
        };
        match self.read_anchors() {
            Ok(anchors) => {
                let mut current = write(&self.anchors);
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
        *write(&self.0) = SessionCache::empty();
    }

    fn cache(&self) -> Arc<ClientSessionMemoryCache> {
        read(&self.0).clone()
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
