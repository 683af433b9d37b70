//! Parser of `location_info`, the address that one backend reports to another.
//!
//! Six fields with colons between: appliance, credentials, pool, project, target group, address for
//! replication data. The former driver put its password into the second, as base64, from where it
//! reached every scheduler; here the field is empty, and the value of an older peer is used and
//! never shown. An IPv6 address is in brackets, and a colon within a name is written `%3A`.

use std::fmt;
use std::net::Ipv6Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::appliance::ProjectRef;
use crate::config::Config;
use crate::secret::Secret;

/// Number of fields after the appliance.
const OTHERS: usize = 5;

/// Where a volume goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::driver) struct LocationInfo {
    /// Address of the appliance, an IPv6 address without brackets.
    pub(in crate::driver) host: String,
    /// Credentials field of the former driver.
    pub(in crate::driver) account: Option<Account>,
    pub(in crate::driver) pool: String,
    pub(in crate::driver) project: String,
    pub(in crate::driver) target_group: String,
    /// Empty where the backend has none; an IPv6 address without brackets.
    pub(in crate::driver) replication_ip: String,
}

/// A user of an appliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::driver) struct Account {
    pub(in crate::driver) login: String,
    pub(in crate::driver) password: Secret,
}

impl LocationInfo {
    /// Where a backend is.
    pub(in crate::driver) fn of(config: &Config) -> LocationInfo {
        LocationInfo {
            host: config.appliance.host.clone(),
            account: None,
            pool: config.pool.clone(),
            project: config.project.clone(),
            target_group: config.target_group.clone(),
            replication_ip: config.replication_ip.clone().unwrap_or_default(),
        }
    }

    /// Where the volume goes there.
    pub(in crate::driver) fn place(&self) -> ProjectRef<'_> {
        ProjectRef {
            pool: &self.pool,
            project: &self.project,
        }
    }

    /// Reads the six fields; `None` if there are not six, or a required one is empty.
    pub(in crate::driver) fn read(text: &str) -> Option<LocationInfo> {
        let (host, rest) = host(text)?;
        let (account, rest) = rest.split_once(':')?;
        let mut fields = rest.splitn(4, ':');
        let mut name = || Some(fields.next()?.replace("%3A", ":")).filter(|name| !name.is_empty());
        let (pool, project, target_group) = (name()?, name()?, name()?);
        let replication_ip = address(fields.next()?)?;
        Some(LocationInfo {
            host,
            account: match account {
                "" => None,
                told => Some(read_account(told)?),
            },
            pool,
            project,
            target_group,
            replication_ip,
        })
    }
}

/// Prints without credentials.
impl fmt::Display for LocationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = |host: &str| {
            if host.contains(':') {
                format!("[{host}]")
            } else {
                host.to_owned()
            }
        };
        let name = |name: &str| name.replace(':', "%3A");
        write!(
            f,
            "{}::{}:{}:{}:{}",
            address(&self.host),
            name(&self.pool),
            name(&self.project),
            name(&self.target_group),
            address(&self.replication_ip)
        )
    }
}

/// The appliance's address, and what follows its colon. The former driver wrote an IPv6 address
/// without brackets: it is the longest beginning that is one and leaves enough fields.
fn host(text: &str) -> Option<(String, &str)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once("]:")?;
        host.parse::<Ipv6Addr>().ok()?;
        return Some((host.to_owned(), rest));
    }
    let colons: Vec<usize> = text.match_indices(':').map(|(at, _)| at).collect();
    let enough = colons.len().checked_sub(OTHERS)?;
    let ipv6 = |at: &&usize| text[..**at].parse::<Ipv6Addr>().is_ok();
    let end = colons[..=enough].iter().rev().find(ipv6);
    let end = *end.unwrap_or(&colons[0]);
    let host = &text[..end];
    (!host.is_empty()).then(|| (host.to_owned(), &text[end + 1..]))
}

/// The last field: nothing, an address without colons, or an IPv6 address.
fn address(text: &str) -> Option<String> {
    let inner = match text.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None => text,
    };
    if inner.contains(':') && inner.parse::<Ipv6Addr>().is_err() {
        return None;
    }
    Some(inner.to_owned())
}

/// `login:password` in base64.
fn read_account(text: &str) -> Option<Account> {
    let plain = Zeroizing::new(STANDARD.decode(text).ok()?);
    let plain = std::str::from_utf8(&plain).ok()?;
    let (login, password) = plain.split_once(':')?;
    let clean = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    (clean(login) && clean(password)).then(|| Account {
        login: login.to_owned(),
        password: Secret::new(password),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// base64 of `cinder:CANARY-secret`.
    const TOLD: &str = "Y2luZGVyOkNBTkFSWS1zZWNyZXQ=";

    fn location(host: &str, replication_ip: &str) -> LocationInfo {
        LocationInfo {
            host: host.into(),
            account: None,
            pool: "pool-0".into(),
            project: "cinder".into(),
            target_group: "tgt-grp".into(),
            replication_ip: replication_ip.into(),
        }
    }

    #[test]
    fn what_is_told_is_read() {
        for (host, replication_ip) in [
            ("192.0.2.1", "198.51.100.1"),
            ("zfs.example.net", ""),
            ("2001:db8::1", "2001:db8::2"),
            ("::1", "198.51.100.1"),
        ] {
            let told = location(host, replication_ip);
            assert_eq!(LocationInfo::read(&told.to_string()), Some(told));
        }
        let mut odd = location("192.0.2.1", "2001:db8::2");
        odd.pool = "a:b".into();
        odd.target_group = ":c:".into();
        assert_eq!(LocationInfo::read(&odd.to_string()), Some(odd));
    }

    #[test]
    fn the_former_driver_is_understood_and_its_password_not_shown() {
        for (host, replication_ip) in [
            ("192.0.2.1", "198.51.100.1"),
            ("2001:db8::1", "198.51.100.1"),
            ("2001:db8::1", "2001:db8::2"),
            ("1:2:3:4:5:6:7:8", "::2"),
            ("zfs.example.net", ""),
        ] {
            let text = format!("{host}:{TOLD}:pool-0:cinder:tgt-grp:{replication_ip}");
            let read =
                LocationInfo::read(&text).unwrap_or_else(|| panic!("{host} {replication_ip}"));
            let account = read.account.clone().unwrap();
            assert_eq!(account.login, "cinder");
            assert_eq!(account.password.expose(), "CANARY-secret");
            for shown in [format!("{read:?}"), read.to_string()] {
                assert!(!shown.contains("CANARY") && !shown.contains(TOLD));
            }
            let bare = LocationInfo {
                account: None,
                ..read
            };
            assert_eq!(bare, location(host, replication_ip));
        }
    }

    #[test]
    fn what_is_no_location() {
        for text in [
            "",
            ":::::",
            "192.0.2.1",
            "192.0.2.1::pool:project:group",
            "192.0.2.1::pool:project::198.51.100.1",
            "192.0.2.1:!:pool:project:group:198.51.100.1",
            "192.0.2.1:bm9jb2xvbg==:pool:project:group:198.51.100.1",
            "192.0.2.1::pool:project:group:198.51.100.1:more",
            "[192.0.2.1]::pool:project:group:198.51.100.1",
            "[2001:db8::1::pool:project:group:198.51.100.1",
            "192.0.2.1::pool:project:group:[2001:db8::2",
        ] {
            assert_eq!(LocationInfo::read(text), None, "{text}");
        }
    }
}
