//! Names of locks: the kind of object, its name, and the backend that it is in.

/// What a key's path cannot have within a part: everything but letters, digits and `-._~:@+`.
const NOT_IN_KEYS: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b'+');

/// Object of a lock. Locks are taken in this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The setup of a backend. Groups, which backends share, have separate locks.
    Setup,
    /// The cache entries of an image, by the image's id.
    Image(String),
    /// A LUN with its snapshots, by name.
    Lun(String),
    /// A host that attachments register and detachments take away, by a digest of its iSCSI name.
    Initiator(String),
    /// An initiator group, by name.
    InitiatorGroup(String),
    /// A target group, by name.
    TargetGroup(String),
}

/// Location of a backend's objects. Backends with the same names exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Space {
    /// The appliance: the same text in every process that uses it, such as its address and port.
    pub appliance: String,
    /// The pool and project of the volumes.
    pub volumes: String,
    /// The pool and project of the cached images, which backends may share.
    pub images: String,
}

/// Name of a lock for all processes: kind of object, its name, and its location.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    pub(super) appliance: String,
    pub(super) place: String,
    pub(super) kind: &'static str,
    pub(super) name: String,
}

impl Name {
    /// Kind of object, location and name as the path of a key, without the appliance. Characters
    /// that could be taken for a separator are escaped.
    pub fn path(&self) -> String {
        let escape =
            |text: &str| percent_encoding::utf8_percent_encode(text, NOT_IN_KEYS).to_string();
        format!(
            "{}/{}/{}",
            self.kind,
            escape(&self.place),
            escape(&self.name)
        )
    }
}

impl Space {
    pub(super) fn name(&self, key: &Key) -> Name {
        let (kind, name, place) = match key {
            Key::Setup => ("setup", "", self.volumes.as_str()),
            Key::Image(name) => ("image", name.as_str(), self.images.as_str()),
            Key::Lun(name) => ("lun", name.as_str(), self.volumes.as_str()),
            Key::Initiator(digest) => ("initiator", digest.as_str(), ""),
            Key::InitiatorGroup(name) => ("initiator-group", name.as_str(), ""),
            Key::TargetGroup(name) => ("target-group", name.as_str(), ""),
        };
        Name {
            appliance: self.appliance.clone(),
            place: place.to_owned(),
            kind,
            name: name.to_owned(),
        }
    }
}
