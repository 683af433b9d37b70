//! Settings of the transport.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{ApiVersion, Config, Credentials, TlsMode};
use crate::secret::Secret;

/// How to reach one appliance.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host name or IP address; an IPv6 address with or without brackets.
    pub host: String,
    /// The port of the REST service, 215 on an appliance.
    pub port: u16,
    /// The user.
    pub login: String,
    /// How the user is authenticated.
    pub authentication: Authentication,
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
    /// The longest list that is read.
    pub max_list_items: usize,
    /// The version of the API in every address.
    pub api_version: ApiVersion,
}

/// How a user is authenticated.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// A login with this password, whose session all requests share.
    Session(Secret),
    /// This password with each request, without a session.
    EachRequest(Secret),
    /// The persistent token in this file, without a login.
    TokenFile(PathBuf),
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

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        Settings {
            host: config.appliance.host.clone(),
            port: config.appliance.port,
            login: config.login.clone(),
            authentication: match &config.credentials {
                Credentials::Password(password) => Authentication::Session(password.clone()),
                Credentials::TokenFile(path) => Authentication::TokenFile(path.clone()),
            },
            tls: config.tls.clone(),
            connect_timeout: config.timeouts.connect,
            request_timeout: config.timeouts.request,
            max_connections: config.limits.max_connections,
            max_attempts: config.limits.max_attempts,
            max_list_items: config.limits.max_list_items,
            api_version: config.api_version,
        }
    }
}
