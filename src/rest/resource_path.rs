//! Path of a REST resource: a service and the segments below it.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::ApiVersion;
use crate::error::{Error, Result, Status};
use crate::rest::Resource;

/// Characters that are not encoded in a segment: the unreserved characters of RFC 3986, and the
/// three that the appliance's own addresses carry raw (`iqn.1986-03.com.sun:02:…`, `alias=…`,
/// `user@pool`).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'=')
    .remove(b'@');

/// In a query `=` ends the key, so only the unreserved characters and `:` stay.
const QUERY: &AsciiSet = &SEGMENT.remove(b':').add(b'=').add(b'@');

/// The longest name in bytes; a whole dataset path of ZFS has no more.
const LONGEST_NAME: usize = 255;

/// A service of the REST API, the first part of every address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Login and logout.
    Access,
    /// Version, reboot and the like.
    System,
    /// Chassis and cluster.
    Hardware,
    /// The appliance's services, such as iSCSI and REST itself.
    Service,
    /// Pools, projects, LUNs, snapshots, replication, schema.
    Storage,
    /// Targets, initiators and their groups.
    San,
    /// Users and their tokens.
    User,
}

impl Service {
    /// The name in an address.
    pub fn name(self) -> &'static str {
        match self {
            Service::Access => "access",
            Service::System => "system",
            Service::Hardware => "hardware",
            Service::Service => "service",
            Service::Storage => "storage",
            Service::San => "san",
            Service::User => "user",
        }
    }

    /// Kind of the resource at its root.
    fn resource(self) -> Resource {
        match self {
            Service::Access => Resource::Access,
            Service::System => Resource::System,
            Service::Hardware => Resource::Hardware,
            Service::Service => Resource::Service,
            Service::Storage | Service::San => Resource::Other,
            Service::User => Resource::User,
        }
    }
}

/// The address of a resource, built from fixed words and checked names.
///
/// A name is percent-encoded as one segment, so whatever it holds it cannot reach another
/// resource. The version of the API is not part of it; the transport adds it.
///
/// ```
/// use zfssa::rest::{Path, Service};
///
/// let path = Path::new(Service::Storage)
///     .fixed("pools")
///     .name("pool-0")?
///     .fixed("projects")
///     .name("own project")?;
/// assert_eq!(path.to_string(), "storage/pools/pool-0/projects/own%20project");
/// # Ok::<(), zfssa::error::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Path {
    service: Service,
    segments: String,
    query: String,
    kind: u64,
    resource: Resource,
}

impl Path {
    /// The root of a service.
    pub fn new(service: Service) -> Path {
        Path {
            service,
            segments: String::with_capacity(96),
            query: String::new(),
            kind: mix(0xcbf2_9ce4_8422_2325, service.name().as_bytes()),
            resource: service.resource(),
        }
    }

    /// Adds a word of the API itself, or several joined by `/`.
    pub fn fixed(mut self, words: &'static str) -> Path {
        self.segments.push('/');
        self.segments.push_str(words);
        self.kind = mix(self.kind, words.as_bytes());
        self.resource = self.resource.below(words);
        self
    }

    /// Adds a name from outside as one segment.
    ///
    /// Refused are what no object of the appliance is called and what a server may read as
    /// something else: an empty name, `.` and `..`, control characters, more than 255 bytes, and
    /// `/`, which web servers answer with 404 even when it is encoded, as if it were absent.
    pub fn name(mut self, name: &str) -> Result<Path> {
        check_name(name)?;
        self.segments.push('/');
        if canary!("name-not-encoded") {
            self.segments.push_str(name);
            return Ok(self);
        }
        self.segments.extend(utf8_percent_encode(name, SEGMENT));
        self.kind = mix(self.kind, b"*");
        Ok(self)
    }

    /// Adds a `key=value` selector as one segment, such as `alias=group-0`.
    pub fn selector(mut self, key: &'static str, value: &str) -> Result<Path> {
        check_name(value)?;
        self.segments.push('/');
        self.segments.push_str(key);
        self.segments.push('=');
        self.segments.extend(utf8_percent_encode(value, SEGMENT));
        self.kind = mix(self.kind, key.as_bytes());
        Ok(self)
    }

    /// Adds a query parameter.
    pub fn query(mut self, key: &'static str, value: &str) -> Path {
        self.query
            .push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(key);
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, QUERY));
        self
    }

    /// The service it belongs to.
    pub fn service(&self) -> Service {
        self.service
    }

    /// A number for the kind of resource: the same whatever the names are. Latencies of one
    /// kind can be compared.
    pub(super) fn kind(&self) -> u64 {
        self.kind
    }

    /// Kind of the resource, for metrics.
    pub(super) fn resource(&self) -> Resource {
        self.resource
    }

    /// The whole URL below an endpoint.
    pub(super) fn url(&self, endpoint: &str, version: ApiVersion) -> Result<reqwest::Url> {
        let address = self.address(endpoint, version);
        reqwest::Url::parse(&address).map_err(|error| {
            Error::new(Status::Internal, format!("{address} is no URL")).with_cause(error)
        })
    }

    /// The whole address below `base`, which is `https://host:port`.
    pub(super) fn address(&self, base: &str, version: ApiVersion) -> String {
        let service = self.service.name();
        let mut address = String::with_capacity(
            base.len() + 5 + service.len() + 3 + self.segments.len() + self.query.len(),
        );
        address.push_str(base);
        address.push_str("/api/");
        address.push_str(service);
        address.push_str(match version {
            ApiVersion::Auto | ApiVersion::V1 => "/v1",
            ApiVersion::V2 => "/v2",
        });
        address.push_str(&self.segments);
        address.push_str(&self.query);
        address
    }
}

/// Refuses a name that [`Path::name`] would refuse: also for names that go into a request's body,
/// since what they make has to be found again.
pub fn check_name(name: &str) -> Result<()> {
    let allowed = if name.is_empty() {
        "a name must not be empty"
    } else if name == "." || name == ".." {
        "this is not a name"
    } else if name.len() > LONGEST_NAME {
        "a name has at most 255 bytes"
    } else if name.contains('/') {
        "a name must not contain '/'"
    } else if name.chars().any(char::is_control) {
        "a name must not contain control characters"
    } else {
        return Ok(());
    };
    Err(Error::invalid_argument(
        "name",
        format_args!("{name:?}"),
        allowed,
    ))
}

/// FNV-1a, with an end mark so that `ab`, `c` differs from `a`, `bc`.
fn mix(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().chain(&[0xff]).fold(hash, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.service.name())?;
        f.write_str(&self.segments)?;
        f.write_str(&self.query)
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    fn storage() -> Path {
        Path::new(Service::Storage)
    }

    #[test]
    fn an_address_has_version_segments_and_query() {
        let path = storage()
            .fixed("pools")
            .name("p")
            .unwrap()
            .query("props", "true")
            .query("at", "a&b=c");
        assert_eq!(
            path.address("https://zs:215", ApiVersion::V2),
            "https://zs:215/api/storage/v2/pools/p?props=true&at=a%26b%3Dc"
        );
    }

    #[test]
    fn qualified_names_and_selectors_stay_readable() {
        let path = Path::new(Service::San)
            .fixed("iscsi/initiators")
            .selector("alias", "iqn.1993-08.org.debian:01:a b")
            .unwrap();
        assert_eq!(
            path.to_string(),
            "san/iscsi/initiators/alias=iqn.1993-08.org.debian:01:a%20b"
        );
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in [
            "",
            ".",
            "..",
            "a\nb",
            "a\0",
            "\u{85}",
            "a/b",
            &"x".repeat(256),
        ] {
            let error = storage().name(name).unwrap_err();
            assert_eq!(error.status(), crate::error::Status::InvalidArgument);
        }
        for name in ["...", "%2e%2e", "a?b#c", "x y", "ä", &"x".repeat(255)] {
            storage().name(name).unwrap();
        }
    }

    #[test]
    fn the_kind_depends_on_words_and_not_on_names() {
        let of = |name: &str| storage().fixed("pools").name(name).unwrap().kind();
        assert_eq!(of("a"), of("b"));
        assert_ne!(of("a"), storage().fixed("pools").kind());
        assert_ne!(storage().fixed("pools").kind(), storage().fixed("p").kind());
    }

    #[test]
    fn the_last_word_that_names_a_kind_decides_and_no_name_does() {
        let storage = || Path::new(Service::Storage);
        let project = || {
            let pool = storage().fixed("pools").name("luns").unwrap();
            pool.fixed("projects").name("snapshots").unwrap()
        };
        let lun = || project().fixed("luns").name("clone").unwrap();
        let snapshot = || lun().fixed("snapshots").name("rollback").unwrap();
        for (path, wanted) in [
            (Path::new(Service::Access), Resource::Access),
            (storage().fixed("pools"), Resource::Pool),
            (project(), Resource::Project),
            (lun(), Resource::Lun),
            (snapshot(), Resource::Snapshot),
            (snapshot().fixed("dependents"), Resource::Snapshot),
            (snapshot().fixed("clone"), Resource::Clone),
            (snapshot().fixed("rollback"), Resource::Rollback),
            (
                storage().fixed("replication/targets"),
                Resource::Replication,
            ),
            (
                Path::new(Service::San).fixed("iscsi").fixed("targets"),
                Resource::Target,
            ),
            (
                Path::new(Service::San).fixed("iscsi/initiator-groups"),
                Resource::InitiatorGroup,
            ),
            (
                Path::new(Service::User)
                    .fixed("users")
                    .fixed("preferences/tokens"),
                Resource::Token,
            ),
            (storage().fixed("of-a-later-version"), Resource::Other),
        ] {
            assert_eq!(path.resource(), wanted, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_one_segment_and_comes_back(name in "\\PC{1,60}") {
            if let Ok(path) = storage().fixed("pools").name(&name) {
                let address = path.address("https://zs:215", ApiVersion::V1);
                let url = reqwest::Url::parse(&address).unwrap();
                prop_assert_eq!(url.as_str(), &address);
                let segments: Vec<&str> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments.len(), 5);
                let back = percent_decode_str(segments[4]).decode_utf8().unwrap();
                prop_assert_eq!(back.as_ref(), name.as_str());
                prop_assert!(url.query().is_none() && url.fragment().is_none());
            } else {
                prop_assert!(name.contains('/') || name == "." || name == ".." || name.len() > 255);
            }
        }
    }
}
