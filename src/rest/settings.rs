//! What the transport needs to know.

use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

/// How to reach one appliance.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host name or IP address; an IPv6 address with or without brackets.
    pub host: String,
    /// The port of the REST service, 215 on an appliance.
    pub port: u16,
    /// The user.
    pub login: String,
    /// The user's password.
    pub password: Secret,
    /// Which certificates are accepted.
    pub tls: TlsMode,
    /// How long a connection with its TLS handshake may take.
    pub connect_timeout: Duration,
    /// How long one attempt at a request may take, connecting included.
    pub request_timeout: Duration,
    /// How many connections there may be at a time; at least 1.
    pub max_connections: usize,
    /// How many times a request is sent at most; at least 1.
    pub max_attempts: u32,
    /// The version of the API in every address.
    pub api_version: ApiVersion,
}

impl Settings {
    /// `https://host:port`, with brackets around an IPv6 address.
    pub(super) fn endpoint(&self) -> String {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        if host.contains(':') {
            format!("https://[{host}]:{}", self.port)
        } else {
            format!("https://{host}:{}", self.port)
        }
    }
}

/// The version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiVersion {
    /// `v1`, which every release with REST speaks.
    V1,
    /// `v2`, from OS8.8.
    V2,
}

/// Which certificates are accepted. Stand-in until the configuration's type is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// By the roots of the system, and by those in the file if there is one.
    System {
        /// PEM certificates.
        ca_file: Option<PathBuf>,
    },
    /// Only by the roots in the file.
    Ca {
        /// PEM certificates.
        ca_file: PathBuf,
    },
    /// Only by its SHA-256 fingerprint.
    Pin {
        /// Fingerprints of leaf certificates.
        pins: Vec<[u8; 32]>,
    },
    /// Not at all.
    Insecure,
}

/// Stand-in until the project's own type is merged.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a text.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
