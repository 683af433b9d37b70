//! Options of the coordination with other hosts.

use std::path::PathBuf;
use std::time::Duration;

use super::input::Input;
use super::values;
use crate::config::config::{CoordinationConfig, CoordinationTls, Endpoint, Timeouts};
use crate::config::values::addresses;
use crate::secret::Secret;

const URL: &str = "zfssa_coordination_url";
const USER: &str = "zfssa_coordination_user";
const PASSWORD: &str = "zfssa_coordination_password";
const CA_FILE: &str = "zfssa_coordination_ca_file";
const CERTIFICATE: &str = "zfssa_coordination_cert_file";
const KEY: &str = "zfssa_coordination_key_file";
const NAMESPACE: &str = "zfssa_coordination_namespace";
const TTL: &str = "zfssa_coordination_ttl";
const TOTAL: &str = "zfssa_max_connections_total";

/// The least time for which a lock outlives the longest request: a lease is renewed three times in
/// it, and etcd counts leases in seconds.
const LEAST_SLACK: Duration = Duration::from_secs(3);

/// `None` only where an error has been recorded. `appliance` names the default namespace.
pub(super) fn read(
    input: &mut Input<'_>,
    appliance: Option<&Endpoint>,
    timeouts: Option<&Timeouts>,
) -> Option<Option<CoordinationConfig>> {
    let url = input.optional(URL, |spec, text| addresses::url(text, spec.choices));
    let user = input.optional(USER, |_, text| values::line(text).map(str::to_owned));
    let password = input.optional(PASSWORD, |_, text| values::line(text).map(Secret::from));
    let ca_file = input.path(CA_FILE);
    let certificate = input.path(CERTIFICATE);
    let key = input.path(KEY);
    let namespace = input.optional(NAMESPACE, |_, text| namespace(text));
    let ttl = input.integer(TTL).map(Duration::from_secs);
    let total = input.optional(TOTAL, values::integer);
    let Some((scheme, endpoints)) = url? else {
        let own = [
            USER,
            PASSWORD,
            CA_FILE,
            CERTIFICATE,
            KEY,
            NAMESPACE,
            TTL,
            TOTAL,
        ];
        for name in own {
            if input.given(name).is_some() {
                let warning = format!("{name} is not used, since {URL} is not set");
                input.warnings.push(warning);
            }
        }
        return Some(None);
    };
    let account = account(input, user?, password?)?;
    let tls = CoordinationTls {
        ca_file: ca_file?,
        certificate: pair(input, certificate?, key?)?,
    };
    let tls = match scheme.as_str() {
        "etcds" => Some(tls),
        _ if tls == CoordinationTls::default() => None,
        _ => {
            input.error(
                URL,
                "has no TLS, but options of its certificates are set",
                "write etcds:// instead of etcd://, or leave those options out",
            );
            return None;
        }
    };
    if account.is_some() && tls.is_none() {
        input.warnings.push(format!(
            "{URL} has no TLS: anyone on the network path can read the password of etcd; write \
             etcds://"
        ));
    }
    let ttl = ttl?;
    let longest = timeouts?.longest_request();
    if ttl < longest + LEAST_SLACK {
        input.error(
            TTL,
            format!(
                "is too short: an appliance may carry out a request up to {} s after it was sent \
                 (zfssa_rest_timeout and zfssa_late_request_timeout)",
                longest.as_secs()
            ),
            format!(
                "set it to at least {}, or shorten those two",
                (longest + LEAST_SLACK).as_secs()
            ),
        );
        return None;
    }
    let namespace = match namespace? {
        Some(namespace) => namespace,
        None => format!("zfssa/{}", appliance?).to_ascii_lowercase(),
    };
    Some(Some(CoordinationConfig {
        endpoints,
        tls,
        account,
        namespace,
        ttl,
        max_connections_total: total?.and_then(|total| usize::try_from(total).ok()),
    }))
}

fn account(
    input: &mut Input<'_>,
    user: Option<String>,
    password: Option<Secret>,
) -> Option<Option<(String, Secret)>> {
    match (user, password) {
        (Some(user), Some(password)) => Some(Some((user, password))),
        (None, None) => Some(None),
        (user, _) => {
            let (missing, given) = match user {
                Some(_) => (PASSWORD, USER),
                None => (USER, PASSWORD),
            };
            let problem = format!("is required with {given}");
            input.error(missing, problem, format!("set it, or remove {given}"));
            None
        }
    }
}

fn pair(
    input: &mut Input<'_>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Option<Option<(PathBuf, PathBuf)>> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some(Some((certificate, key))),
        (None, None) => Some(None),
        (certificate, _) => {
            let (missing, given) = match certificate {
                Some(_) => (KEY, CERTIFICATE),
                None => (CERTIFICATE, KEY),
            };
            let problem = format!("is required with {given}");
            input.error(missing, problem, format!("set it, or remove {given}"));
            None
        }
    }
}

/// Parts of letters, digits and `_ . : -`, separated by slashes, without one at the ends.
fn namespace(text: &str) -> Result<String, String> {
    let text = text.trim_matches('/');
    let part = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.:-[]".contains(c);
        !part.is_empty() && part.chars().all(allowed)
    };
    if text.len() > 256 || !text.split('/').all(part) {
        return Err(
            "is not a prefix of at most 256 letters, digits and `_ . : -`, with slashes between"
                .into(),
        );
    }
    Ok(text.to_owned())
}
