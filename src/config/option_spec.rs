//! Description of an option: the type of the rows of
//! [`OPTIONS`](super::OPTIONS).

/// How the text of an option is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionKind {
    /// Free text of one line.
    Text,
    /// The name of an object on the appliance: a letter or digit, then
    /// letters, digits and `_ . : -`, 64 characters at most.
    Name,
    /// Text that is never shown.
    Secret,
    /// A whole number between `min` and `max`, both allowed.
    Integer,
    /// `true`, `yes`, `on`, `1` or `false`, `no`, `off`, `0`, in any case.
    Boolean,
    /// One of `choices`.
    Choice,
    /// A power of two of bytes, as a number or with `k` or `m`.
    BlockSize,
    /// Texts separated by commas.
    List,
    /// An absolute path.
    Path,
    /// An IPv4 address, an IPv6 address (with or without brackets) or a DNS
    /// name.
    Host,
    /// `host:port`, several separated by commas; the port may be left out.
    Portals,
    /// iSCSI names (`iqn.`, `eui.`, `naa.`), separated by commas.
    InitiatorNames,
    /// Groups of initiators: a Python literal or JSON.
    InitiatorConfig,
    /// Accounts by the addresses of appliances: a Python literal or JSON.
    Destinations,
    /// SHA-256 fingerprints in hexadecimal, separated by commas.
    Fingerprints,
    /// `auto`, or a number of at least 1.
    Ratio,
    /// A URL whose scheme is one of `choices`.
    Url,
}

impl OptionKind {
    /// The kind's name in introspection and in the documentation. Names never
    /// change, since hosts may switch on them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Name => "name",
            Self::Secret => "secret",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Choice => "choice",
            Self::BlockSize => "block-size",
            Self::List => "list",
            Self::Path => "path",
            Self::Host => "host",
            Self::Portals => "portals",
            Self::InitiatorNames => "initiator-names",
            Self::InitiatorConfig => "initiator-config",
            Self::Destinations => "destinations",
            Self::Fingerprints => "fingerprints",
            Self::Ratio => "ratio",
            Self::Url => "url",
        }
    }
}

/// Who gave an option its name and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionOrigin {
    /// Cinder registers it for every driver. A Cinder driver must not register
    /// it again.
    Cinder,
    /// Cinder's former ZFSSA driver had it; name and default are kept.
    Reference,
    /// It belongs to this library.
    Library,
}

/// One option. This row is the only place that describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionSpec {
    /// The name, as in `cinder.conf`.
    pub name: &'static str,
    /// How the text is read.
    pub kind: OptionKind,
    /// The default as text; `None` means that there is none.
    pub default: Option<&'static str>,
    /// Whether a configuration without it is refused.
    pub required: bool,
    /// Whether the value must never be shown.
    pub secret: bool,
    /// The values allowed, in the order in which to offer them; empty when
    /// there is no such list.
    pub choices: &'static [&'static str],
    /// The smallest number allowed.
    pub min: Option<i64>,
    /// The largest number allowed.
    pub max: Option<i64>,
    /// The unit of the number.
    pub unit: Option<&'static str>,
    /// What it does, in one paragraph without markup but backquotes.
    pub help: &'static str,
    /// What to use in its place, when it should no longer be used.
    pub deprecated: Option<&'static str>,
    /// Who gave it its name.
    pub origin: OptionOrigin,
    /// The first version of this library that knows it.
    pub since: &'static str,
}

impl OptionSpec {
    pub(super) const fn new(
        origin: OptionOrigin,
        name: &'static str,
        kind: OptionKind,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            default: None,
            required: false,
            // These kinds carry passwords by nature; deriving it here means
            // that no row can forget it.
            secret: matches!(
                kind,
                OptionKind::Secret | OptionKind::InitiatorConfig | OptionKind::Destinations
            ),
            choices: &[],
            min: None,
            max: None,
            unit: None,
            help,
            deprecated: None,
            origin,
            since: "1.0",
        }
    }

    pub(super) const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn choices(mut self, choices: &'static [&'static str]) -> Self {
        self.choices = choices;
        self
    }

    pub(super) const fn range(mut self, min: i64, max: i64) -> Self {
        self.min = Some(min);
        self.max = Some(max);
        self
    }

    pub(super) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    pub(super) const fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }

    /// What a value must look like, as words that end a sentence such as
    /// "use …".
    pub fn allowed(&self) -> String {
        let number = |unit: &str| {
            let (min, max) = (self.min.unwrap_or(i64::MIN), self.max.unwrap_or(i64::MAX));
            format!("a whole number from {min} to {max}{unit}")
        };
        match self.kind {
            OptionKind::Text | OptionKind::Secret => "text on one line".into(),
            OptionKind::Name => "a letter or digit followed by letters, digits, `_`, `.`, `:` \
                                 or `-`, at most 64 characters"
                .into(),
            OptionKind::Integer => match self.unit {
                Some(unit) => number(&format!(" ({unit})")),
                None => number(""),
            },
            OptionKind::Boolean => "`true` or `false`".into(),
            OptionKind::Choice | OptionKind::BlockSize => format!(
                "one of {}",
                self.choices
                    .iter()
                    .map(|c| format!("`{c}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            OptionKind::List => "names separated by commas".into(),
            OptionKind::Path => match self.choices {
                [] => "an absolute path".into(),
                [word, ..] => format!("an absolute path, or `{word}`"),
            },
            OptionKind::Host => "an IPv4 address, an IPv6 address or a DNS name".into(),
            OptionKind::Portals => {
                "`host:port`, several separated by commas, an IPv6 address in brackets".into()
            }
            OptionKind::InitiatorNames => {
                "iSCSI names that begin with `iqn.`, `eui.` or `naa.`, separated by commas".into()
            }
            OptionKind::InitiatorConfig => {
                "{'group': [{'iqn': '…', 'user': '…', 'password': '…'}]} as a Python literal \
                 or as JSON"
                    .into()
            }
            OptionKind::Destinations => {
                "{'address': {'login': '…', 'password': '…'}} as a Python literal or as JSON".into()
            }
            OptionKind::Fingerprints => {
                "SHA-256 fingerprints of 64 hexadecimal digits, with or without colons, \
                 separated by commas"
                    .into()
            }
            OptionKind::Ratio => "`auto` or a number of at least 1".into(),
            OptionKind::Url => "a URL such as `etcd://host:2379`".into(),
        }
    }
}
