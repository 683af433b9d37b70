//! Properties of LUNs that are set on request only: encryption, deduplication, caches, copies and
//! limits.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::config::option_spec::{OptionKind, OptionSpec};
use crate::config::values;

macro_rules! properties {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)+) => {
        /// A property that a LUN has from its project or from the appliance, unless it is set.
        ///
        /// Oracle's guides for OS8.8 name the properties and the values of encryption, and captures
        /// of OS8.6 and OS8.7 show them on LUNs, but for `keystore`, `keyname` and `readlimit`.
        /// Appliances differ in what they have, so the answer to a creation or change is checked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[non_exhaustive]
        pub enum LunProperty {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl LunProperty {
            /// Every property, in the order of the documentation.
            pub const ALL: &'static [LunProperty] = &[$(LunProperty::$variant,)+];

            /// The name in the REST API.
            pub const fn name(self) -> &'static str {
                match self {
                    $(LunProperty::$variant => $name,)+
                }
            }

            /// The extra spec of a volume type that sets it.
            pub const fn extra_spec(self) -> &'static str {
                match self {
                    $(LunProperty::$variant => concat!("zfssa:", $name),)+
                }
            }

            /// The option with the backend's default. Its row says which values are allowed.
            pub const fn option(self) -> &'static str {
                match self {
                    $(LunProperty::$variant => concat!("zfssa_lun_", $name),)+
                }
            }
        }
    };
}

properties! {
    /// Cipher of the data: `off`, or AES with a length of the key and a mode.
    Encryption = "encryption";
    /// Key store that holds the wrapping key: `local`, `okm` or `kmip`.
    Keystore = "keystore";
    /// Name of the wrapping key in the key store.
    Keyname = "keyname";
    /// Deduplication of new data.
    Dedup = "dedup";
    /// Data kept on the read cache devices: `all`, `metadata` or `none`.
    SecondaryCache = "secondarycache";
    /// Whether the LUN tells hosts that it has a volatile write cache.
    WriteCache = "writecache";
    /// Copies of each new block, 1 to 3, in addition to the redundancy of the pool.
    Copies = "copies";
    /// Largest rate of reads from disk, in bytes per second.
    ReadLimit = "readlimit";
    /// Largest rate of writes to disk, in bytes per second.
    WriteLimit = "writelimit";
}

impl LunProperty {
    /// Whether only the creation of a LUN can set it. A clone has it from its origin.
    pub const fn is_fixed(self) -> bool {
        matches!(self, Self::Encryption | Self::Keystore | Self::Keyname)
    }

    /// Whether a project has it, too, for LUNs that do not set it.
    pub const fn is_inherited(self) -> bool {
        matches!(
            self,
            Self::Encryption | Self::Dedup | Self::SecondaryCache | Self::Copies
        )
    }

    /// Whether it is a rate, which is none unless it is set.
    pub const fn is_limit(self) -> bool {
        matches!(self, Self::ReadLimit | Self::WriteLimit)
    }

    /// The property of an extra spec.
    pub(super) fn of_extra_spec(key: &str) -> Option<LunProperty> {
        let mut all = Self::ALL.iter().copied();
        all.find(|property| property.extra_spec() == key)
    }
}

impl fmt::Display for LunProperty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Value of a [`LunProperty`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PropertyValue {
    /// `true` or `false`.
    Flag(bool),
    /// A count, or bytes per second.
    Number(u64),
    /// One of the words of the property, or a name.
    Word(String),
}

impl PropertyValue {
    /// The cipher of data that is not encrypted.
    pub(super) const OFF: &str = "off";

    /// Reads the text of an option or extra spec, by the option's row.
    pub(in crate::config) fn parse(spec: &OptionSpec, text: &str) -> Result<Self, String> {
        Ok(match spec.kind {
            OptionKind::Boolean => Self::Flag(values::boolean(text)?),
            OptionKind::Integer => Self::Number(values::integer(spec, text)?.unsigned_abs()),
            OptionKind::Choice => Self::Word(values::choice(spec, text)?.to_owned()),
            _ => Self::Word(values::line(text)?.to_owned()),
        })
    }

    /// Whether the appliance shows this value. It may print a flag as a word.
    pub fn is_shown_as(&self, shown: &PropertyValue) -> bool {
        match (self, shown) {
            (Self::Flag(flag), Self::Word(word)) => values::boolean(word) == Ok(*flag),
            (Self::Number(number), Self::Word(word)) => word.parse() == Ok(*number),
            _ => self == shown,
        }
    }
}

impl fmt::Display for PropertyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => f.write_str(word),
        }
    }
}

/// A value as an answer of the appliance has it; `None` for a form that no property has. Which form
/// an unset limit has is not known, so a form is no reason to call a LUN unreadable.
pub fn shown_value<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PropertyValue>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Bool(flag) => Some(PropertyValue::Flag(flag)),
        serde_json::Value::String(word) if !word.is_empty() => Some(PropertyValue::Word(word)),
        // Version 1 of the REST API prints bytes as reals.
        serde_json::Value::Number(number) => number
            .as_u64()
            .or_else(|| number.as_f64().and_then(whole))
            .map(PropertyValue::Number),
        _ => None,
    })
}

fn whole(real: f64) -> Option<u64> {
    let range = 0.0..9_007_199_254_740_992.0;
    (range.contains(&real) && real.fract() == 0.0).then_some(real as u64)
}

/// Properties to be set, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PropertyValues(BTreeMap<LunProperty, PropertyValue>);

impl PropertyValues {
    /// The value of a property, if it is to be set.
    pub fn get(&self, property: LunProperty) -> Option<&PropertyValue> {
        self.0.get(&property)
    }

    /// Sets a property.
    pub fn set(&mut self, property: LunProperty, value: PropertyValue) {
        self.0.insert(property, value);
    }

    /// Whether none is to be set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The properties and values, in the order of [`LunProperty::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (LunProperty, &PropertyValue)> {
        self.0.iter().map(|(property, value)| (*property, value))
    }

    /// The properties that `keep` accepts.
    pub fn only(&self, keep: impl Fn(LunProperty) -> bool) -> PropertyValues {
        let kept = self.0.iter().filter(|(property, _)| keep(**property));
        PropertyValues(kept.map(|(p, value)| (*p, value.clone())).collect())
    }

    /// Whether a LUN is to be encrypted.
    pub fn encrypts(&self) -> bool {
        let cipher = self.get(LunProperty::Encryption);
        cipher.is_some_and(|cipher| *cipher != PropertyValue::Word(PropertyValue::OFF.to_owned()))
    }

    /// These values, and `defaults` for properties that they do not have. The defaults of the key
    /// are left out unless the LUN is to be encrypted.
    pub(super) fn over(&self, defaults: &PropertyValues) -> PropertyValues {
        let mut all = defaults.clone();
        all.0.extend(self.0.clone());
        if !all.encrypts() {
            let is_of_key = |p: LunProperty| {
                matches!(p, LunProperty::Keystore | LunProperty::Keyname) && self.get(p).is_none()
            };
            all.0.retain(|property, _| !is_of_key(*property));
        }
        all
    }
}

impl FromIterator<(LunProperty, PropertyValue)> for PropertyValues {
    fn from_iter<I: IntoIterator<Item = (LunProperty, PropertyValue)>>(values: I) -> Self {
        PropertyValues(values.into_iter().collect())
    }
}
