//! Failures of requests to etcd.

use serde::Deserialize;

use crate::rest::{find_cause, innermost_cause};

/// Why a request to etcd failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::coordination) enum Failure {
    /// There is no answer: the request may be carried out, now or later.
    Unanswered(String),
    /// This member cannot serve the request now.
    Busy(String),
    /// The token of the session is not valid any more.
    Token(String),
    /// The lease does not exist.
    NoLease,
    /// Another attempt would fail in the same way.
    Refused(String),
}

/// What etcd answers in place of a result.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: i32,
    message: String,
    error: String,
}

/// The refusal of a certificate by etcd with authentication.
const COMMON_NAME: &str = "it takes no certificate with a CommonName while it wants a password";

/// TLS that failed, by whose certificate was not accepted.
const UNTRUSTED: &str = "its certificate is not trusted";
const REFUSED_BY_TLS: &str = "it refuses this host in the TLS handshake";

/// Status codes of gRPC that the gateway passes on.
mod code {
    pub(super) const INVALID_ARGUMENT: i32 = 3;
    pub(super) const NOT_FOUND: i32 = 5;
    pub(super) const PERMISSION_DENIED: i32 = 7;
    pub(super) const FAILED_PRECONDITION: i32 = 9;
    pub(super) const UNAUTHENTICATED: i32 = 16;
}

impl Failure {
    /// Of an answer that is no success.
    pub(super) fn of_answer(status: u16, body: &[u8]) -> Failure {
        let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
            // The gateway knows a user by the password alone, and takes no certificate with a name.
            if body.starts_with(b"CommonName") {
                return Failure::Refused(COMMON_NAME.to_owned());
            }
            return Failure::Refused(format!(
                "it answers {status}, which is not etcd's JSON gateway of version 3.4 or later"
            ));
        };
        let text = match refusal.message.is_empty() {
            true => refusal.error,
            false => refusal.message,
        };
        match refusal.code {
            code::NOT_FOUND if text.contains("lease not found") => Failure::NoLease,
            code::UNAUTHENTICATED => Failure::Token(text),
            // A member that restarted forgot the token of a session.
            code::INVALID_ARGUMENT if text.contains("user name is empty") => Failure::Token(text),
            code::INVALID_ARGUMENT | code::PERMISSION_DENIED | code::FAILED_PRECONDITION => {
                Failure::Refused(text)
            }
            _ => Failure::Busy(text),
        }
    }

    /// Of a request without an answer.
    pub(super) fn of_transport(error: reqwest::Error) -> Failure {
        let error = error.without_url();
        let innermost = innermost_cause(&error);
        let text = match find_cause::<rustls::Error>(&error) {
            Some(rustls::Error::InvalidCertificate(_)) => UNTRUSTED.to_owned(),
            Some(rustls::Error::AlertReceived(_)) => format!("{REFUSED_BY_TLS} ({innermost})"),
            _ => innermost,
        };
        match error.is_connect() {
            // Nothing was sent.
            true => Failure::Busy(format!("no connection: {text}")),
            false => Failure::Unanswered(format!("no answer: {text}")),
        }
    }

    /// The reason, with the option to check where one is to blame.
    pub(in crate::coordination) fn explained(&self) -> String {
        let text = self.text();
        let remedy = match self {
            Failure::Token(_) => {
                "set zfssa_coordination_user and zfssa_coordination_password: etcd wants a login"
            }
            Failure::Refused(_) if text == COMMON_NAME => {
                "set zfssa_coordination_cert_file to a certificate without a CN in its subject"
            }
            Failure::Refused(_) if text.contains("authentication failed") => {
                "check zfssa_coordination_user and zfssa_coordination_password"
            }
            Failure::Refused(_) if text.contains("authentication is not enabled") => {
                "remove zfssa_coordination_user and zfssa_coordination_password, or enable it"
            }
            Failure::Refused(_) if text.contains("permission denied") => {
                "grant the user of zfssa_coordination_user the keys below \
                 zfssa_coordination_namespace for reading and writing"
            }
            Failure::Busy(_) if text.contains("database space exceeded") => {
                "compact and defragment the database of etcd, then disarm its alarm with etcdctl \
                 alarm disarm"
            }
            Failure::Refused(_) => "check zfssa_coordination_url",
            _ if text.contains(UNTRUSTED) => {
                "set zfssa_coordination_ca_file to the authority of etcd's certificates, and name \
                 the members in zfssa_coordination_url as their certificates do"
            }
            _ if text.contains(REFUSED_BY_TLS) => {
                "check zfssa_coordination_cert_file and zfssa_coordination_key_file"
            }
            Failure::Busy(_) | Failure::Unanswered(_) | Failure::NoLease => {
                "check zfssa_coordination_url and the cluster's health"
            }
        };
        format!("{text}; {remedy}")
    }

    /// The reason, for messages.
    pub(in crate::coordination) fn text(&self) -> &str {
        match self {
            Failure::Unanswered(text)
            | Failure::Busy(text)
            | Failure::Token(text)
            | Failure::Refused(text) => text,
            Failure::NoLease => "the lease does not exist",
        }
    }
}
