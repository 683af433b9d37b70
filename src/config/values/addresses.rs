//! Host names, addresses and portals.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::config::config::{Endpoint, Portal};

/// The port of iSCSI (RFC 7143).
pub(in crate::config) const ISCSI_PORT: u16 = 3260;

/// An IPv4 address, an IPv6 address with or without brackets, or a DNS name.
/// Returns it without brackets.
pub(in crate::config) fn host(text: &str) -> Result<String, String> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner
            .strip_suffix(']')
            .ok_or("has a bracket that is not closed")?;
        return ipv6(inner);
    }
    if text.contains("://") {
        return Err("is a URL, not a host".into());
    }
    match text.matches(':').count() {
        0 => {}
        // Two colons at least make an IPv6 address; one is a port that an
        // option of its own has.
        1 => return Err("has a port, which is not allowed here".into()),
        _ => return ipv6(text),
    }
    if text.parse::<Ipv4Addr>().is_ok() {
        return Ok(text.to_owned());
    }
    dns_name(text)
}

fn ipv6(text: &str) -> Result<String, String> {
    if text.contains('%') {
        // Neither a URL nor a certificate can carry a zone.
        return Err("has an address zone, which cannot be used".into());
    }
    match text.parse::<Ipv6Addr>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("is not an IPv6 address".into()),
    }
}

/// RFC 1123, and the underscore that private networks use.
fn dns_name(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        return Err("is neither an address nor a DNS name".into());
    }
    // No top-level domain is numeric, so this is a mistyped address.
    if name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err("is not an IPv4 address".into());
    }
    Ok(text.to_owned())
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`; the port of iSCSI where none is given.
pub(in crate::config) fn portal(text: &str) -> Result<Portal, String> {
    let Endpoint { host, port } = endpoint(text, ISCSI_PORT)?;
    Ok(Portal { host, port })
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`, with the port for where none is given.
pub(in crate::config) fn endpoint(text: &str, default: u16) -> Result<Endpoint, String> {
    let split = match text.rfind(']') {
        Some(end) => (&text[..=end], &text[end + 1..]),
        None => match text.matches(':').count() {
            0 => (text, ""),
            1 => text.split_at(text.find(':').unwrap_or(text.len())),
            // The colon before the port is ambiguous.
            _ => return Err("holds an IPv6 address without brackets".into()),
        },
    };
    let (name, rest) = split;
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => default,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits
            .parse()
            .ok()
            .filter(|port| *port != 0)
            .ok_or("holds a port that is not between 1 and 65535")?,
        _ => return Err("holds a port that is not a number".into()),
    };
    let host = host(name).map_err(|problem| format!("holds a host that {problem}"))?;
    Ok(Endpoint { host, port })
}

/// The port of etcd.
const ETCD_PORT: u16 = 2379;

/// The scheme and the members of `etcd://host:port,…`.
pub(in crate::config) fn url(
    text: &str,
    schemes: &[&str],
) -> Result<(String, Vec<Endpoint>), String> {
    crate::config::values::line(text)?;
    let (scheme, rest) = text.split_once("://").ok_or("is not a URL")?;
    if !schemes.contains(&scheme) {
        return Err("has a scheme that is not known".into());
    }
    let mut members = Vec::new();
    for part in rest.trim_end_matches('/').split(',') {
        let member = endpoint(part.trim(), ETCD_PORT)?;
        if !members.contains(&member) {
            members.push(member);
        }
    }
    Ok((scheme.to_owned(), members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_kind() {
        for (given, want) in [
            ("192.0.2.1", "192.0.2.1"),
            ("zfs-1.example.net", "zfs-1.example.net"),
            ("zfs.", "zfs."),
            ("storage_a", "storage_a"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ] {
            assert_eq!(host(given).as_deref(), Ok(want), "{given}");
        }
    }

    #[test]
    fn what_is_no_host() {
        for given in [
            "",
            ".",
            "a..b",
            "-a",
            "a-",
            "192.0.2.300",
            "192.0.2",
            "192.0.2.1:215",
            "zfs:215",
            "https://zfs",
            "[2001:db8::1",
            "[zfs]",
            "fe80::1%eth0",
            "a b",
            "zfs/x",
            "zfs@y",
            "2001:db8:::1",
            "é.example",
            "a\0b",
        ] {
            assert!(host(given).is_err(), "{given:?}");
        }
        assert!(host(&"a".repeat(64)).is_err());
        assert!(host(&["abcd"; 60].join(".")).is_err());
    }

    #[test]
    fn portals_of_every_kind() {
        for (given, host, port) in [
            ("192.0.2.1:3260", "192.0.2.1", 3260),
            ("192.0.2.1", "192.0.2.1", 3260),
            ("iscsi.example.net:13260", "iscsi.example.net", 13260),
            ("[2001:db8::1]:860", "2001:db8::1", 860),
            ("[2001:db8::1]", "2001:db8::1", 3260),
        ] {
            assert_eq!(
                portal(given),
                Ok(Portal {
                    host: host.into(),
                    port
                }),
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_no_portal() {
        for given in [
            "",
            ":3260",
            "h:",
            "h:0",
            "h:65536",
            "h:+80",
            "h:x",
            "2001:db8::1",
            "[::1]x",
            "[::1]:",
            "]",
            "h:1:2",
            "[::1]:80]:90",
        ] {
            assert!(portal(given).is_err(), "{given:?}");
        }
    }
}
