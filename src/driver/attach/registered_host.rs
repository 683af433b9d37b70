//! Names and marks of registered hosts: hosts whose initiator and initiator group were made by an
//! attachment.
//!
//! The appliance keeps no owner of these objects, so their name is the mark: a prefix, the host's
//! name, and a digest of the initiator's name. A group belongs to this library if its name has that
//! form and the initiator of the digest is its only member, an initiator if its alias is such a
//! name.

use crate::appliance::{Initiator, InitiatorGroup};
use crate::config::{Chap, Config};
use crate::driver::attach::initiator_index::InitiatorIndex;
use crate::driver::backend::Driver;
use crate::driver::naming::LONGEST;
use crate::error::Result;
use crate::lock::{Held, Key, Mode};
use crate::scope::Scope;

/// Prefix of the groups of registered hosts, and of the aliases of their initiators.
const PREFIX: &str = "zfssa-host-";

/// Number of hexadecimal digits of the digest.
const DIGITS: usize = 10;

/// A host, as an attachment names it.
#[derive(Clone, Copy)]
pub(in crate::driver) struct Host<'a> {
    /// Its iSCSI name.
    pub(in crate::driver) iqn: &'a str,
    /// Its name; empty if the caller does not know it.
    pub(in crate::driver) name: &'a str,
}

/// Digest of an iSCSI name, which is compared without regard to case (RFC 3722).
fn digest(iqn: &str) -> String {
    crate::digest::short_hex([iqn.to_ascii_lowercase().as_bytes()], DIGITS)
}

/// The digest at the end of the name of a registered host's group.
pub(in crate::driver) fn digest_in(name: &str) -> Option<&str> {
    let (_, digest) = name.strip_prefix(PREFIX)?.rsplit_once('-')?;
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (digest.len() == DIGITS && digest.bytes().all(is_hex)).then_some(digest)
}

/// Name of the group of a host: the host's name, else its iSCSI name, with `-` for each character
/// that names of the appliance cannot have, cut to the longest name.
pub(in crate::driver) fn own_name(host: Host<'_>) -> String {
    let shown = if host.name.is_empty() {
        host.iqn
    } else {
        host.name
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    let room = LONGEST - PREFIX.len() - 1 - DIGITS;
    let shown = shown.chars().map(|c| if legal(c) { c } else { '-' });
    let shown: String = shown.take(room).collect();
    format!("{PREFIX}{shown}-{}", digest(host.iqn))
}

/// Whether a name is that of the group of this initiator, under any name of its host.
fn is_name_for(name: &str, iqn: &str) -> bool {
    digest_in(name).is_some_and(|found| found == digest(iqn))
}

/// Whether a group was made by a registration: by its name and its only member.
pub(in crate::driver) fn is_own(group: &InitiatorGroup) -> bool {
    matches!(group.initiators.as_slice(), [iqn] if is_name_for(&group.name, iqn))
}

/// Whether an initiator was made by a registration.
pub(in crate::driver) fn is_own_initiator(initiator: &Initiator) -> bool {
    is_name_for(&initiator.alias, &initiator.iqn)
}

/// The account of an initiator in the configuration, outside of registrations; the outer `None` if
/// the configuration does not name the initiator.
pub(in crate::driver) fn configured<'a>(config: &'a Config, iqn: &str) -> Option<Option<&'a Chap>> {
    let groups = config.initiator_groups.iter();
    groups
        .flat_map(|group| &group.initiators)
        .find(|initiator| initiator.iqn.eq_ignore_ascii_case(iqn))
        .map(|initiator| initiator.chap.as_ref())
}

/// CHAP account of a host: the one in the configuration, or that of registered hosts if the host is
/// one.
pub(in crate::driver) fn account<'a>(
    config: &'a Config,
    groups: &InitiatorIndex,
    iqn: &str,
) -> Option<&'a Chap> {
    configured(config, iqn).unwrap_or_else(|| {
        let account = config.registered_chap.as_ref();
        account.filter(|_| groups.of(iqn).into_iter().any(is_own))
    })
}

/// Keeps the groups of a host from being deleted by a last detachment; `None` where the
/// configuration registers no hosts.
pub(in crate::driver) async fn hold(
    driver: &Driver,
    scope: &Scope,
    iqn: &str,
    mode: Mode,
) -> Result<Option<Held>> {
    if !driver.config().register_hosts {
        return Ok(None);
    }
    let keys = [(Key::Initiator(digest(iqn)), mode)];
    Ok(driver.0.locks.all(scope, keys).await?.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    const IQN: &str = "iqn.1993-08.org.debian:01:9f3c1c2f8a";

    fn named(name: &str) -> String {
        own_name(Host { iqn: IQN, name })
    }

    #[test]
    fn a_group_has_the_name_of_its_host_and_a_digest_of_its_initiator() {
        let sum = digest(IQN);
        assert_eq!(named("node-1"), format!("zfssa-host-node-1-{sum}"));
        assert_eq!(named(""), format!("zfssa-host-{IQN}-{sum}"));
        assert_eq!(named("nö de/1"), format!("zfssa-host-n--de-1-{sum}"));
        let long = named(&"x".repeat(300));
        assert_eq!(long.len(), LONGEST);
        for name in [named("node-1"), named(""), long] {
            assert!(is_name_for(&name, &IQN.to_uppercase()), "{name}");
            assert!(!is_name_for(&name, "iqn.1993-08.org.debian:01:other"));
        }
    }

    #[test]
    fn hosts_with_one_name_have_groups_of_their_own() {
        let other = Host {
            iqn: "iqn.1993-08.org.debian:01:other",
            name: "localhost",
        };
        assert_ne!(named("localhost"), own_name(other));
    }

    #[test]
    fn only_a_group_of_this_form_with_its_initiator_alone_is_own() {
        let group = |name: &str, initiators: &[&str]| InitiatorGroup {
            name: name.to_owned(),
            initiators: initiators.iter().map(|iqn| iqn.to_string()).collect(),
        };
        let name = named("node-1");
        assert!(is_own(&group(&name, &[IQN])));
        assert!(!is_own(&group(&name, &[IQN, "iqn.2001-04.com.example:b"])));
        assert!(!is_own(&group(&name, &["iqn.2001-04.com.example:b"])));
        assert!(!is_own(&group(&name, &[])));
        for foreign in ["zfssa-host-node-1", "node-1", "zfssa-host-0123456789", ""] {
            assert!(!is_own(&group(foreign, &[IQN])), "{foreign}");
            assert_eq!(digest_in(foreign), None, "{foreign}");
        }
    }
}
