//! Properties of a new LUN: the defaults, and the extra specs of a volume type.

use std::fmt;

use crate::config::did_you_mean::did_you_mean;
use crate::config::error::{ConfigError, ConfigErrors};
use crate::config::lun::delete_with_clones::DeleteWithClones;
use crate::config::lun::optional::{LunProperty, PropertyValue, PropertyValues};
use crate::config::option_spec::{OptionKind, OptionSpec};
use crate::config::{options, values};

/// Properties of a new LUN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LunProperties {
    /// Block size in bytes, a power of two from 512 to 1,048,576. The appliance
    /// refuses it on a clone, which has the block size of its origin.
    pub volblocksize: u32,
    /// Whether space is taken only when data is written.
    pub sparse: bool,
    /// Compression.
    pub compression: Compression,
    /// Bias of synchronous writes.
    pub logbias: Logbias,
    /// Properties that are set on request only.
    pub optional: PropertyValues,
    /// Policy for the deletion of the volume and its snapshots while they have clones. `None`: the
    /// volume follows the option `zfssa_delete_with_clones`.
    pub delete_with_clones: Option<DeleteWithClones>,
}

/// Compression of a LUN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// `off`
    Off,
    /// `lzjb`
    Lzjb,
    /// `gzip-2`
    Gzip2,
    /// `gzip`
    Gzip,
    /// `gzip-9`
    Gzip9,
    /// `lz4`, on newer releases of the appliance
    Lz4,
}

impl Compression {
    /// The word that the appliance uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Lzjb => "lzjb",
            Self::Gzip2 => "gzip-2",
            Self::Gzip => "gzip",
            Self::Gzip9 => "gzip-9",
            Self::Lz4 => "lz4",
        }
    }

    pub(in crate::config) fn from_choice(choice: &str) -> Option<Self> {
        [
            Self::Off,
            Self::Lzjb,
            Self::Gzip2,
            Self::Gzip,
            Self::Gzip9,
            Self::Lz4,
        ]
        .into_iter()
        .find(|value| value.as_str() == choice)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Bias of synchronous writes to a LUN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Logbias {
    /// `latency`
    Latency,
    /// `throughput`
    Throughput,
}

impl Logbias {
    /// The word that the appliance uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Throughput => "throughput",
        }
    }

    pub(in crate::config) fn from_choice(choice: &str) -> Option<Self> {
        [Self::Latency, Self::Throughput]
            .into_iter()
            .find(|value| value.as_str() == choice)
    }
}

impl fmt::Display for Logbias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Scope of the library's extra specs.
const SCOPE: &str = "zfssa:";

/// Extra specs of a volume type that set a property of each LUN, and the option
/// whose value each replaces. The option's row says what is allowed, so that
/// there is one list of choices. [`LunProperty`] has the other extra specs.
const SPECS: [(&str, &str); 5] = [
    ("zfssa:volblocksize", "zfssa_lun_volblocksize"),
    ("zfssa:sparse", "zfssa_lun_sparse"),
    ("zfssa:compression", "zfssa_lun_compression"),
    ("zfssa:logbias", "zfssa_lun_logbias"),
    ("zfssa:delete_with_clones", "zfssa_delete_with_clones"),
];

/// All extra specs, with their options.
fn extra_specs() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    let optional = LunProperty::ALL.iter();
    let optional = optional.map(|property| (property.extra_spec(), property.option()));
    SPECS.into_iter().chain(optional)
}

/// Properties that a volume type sets; `None` if it does not set one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LunSpecs {
    /// `zfssa:volblocksize`, in bytes.
    pub volblocksize: Option<u32>,
    /// `zfssa:sparse`
    pub sparse: Option<bool>,
    /// `zfssa:compression`
    pub compression: Option<Compression>,
    /// `zfssa:logbias`
    pub logbias: Option<Logbias>,
    /// `zfssa:delete_with_clones`
    pub delete_with_clones: Option<DeleteWithClones>,
    /// The extra specs of [`LunProperty`].
    pub optional: PropertyValues,
}

impl LunSpecs {
    /// Reads the extra specs of a volume type.
    ///
    /// Values are those of the options that they replace, and Cinder's scoped form
    /// `<is> True` for the boolean one. An empty value counts as none. Keys of
    /// other scopes are ignored; an unknown key of the scope `zfssa:` is an
    /// error, as is one key given twice.
    pub fn parse<K: AsRef<str>, V: AsRef<str>>(specs: &[(K, V)]) -> Result<Self, ConfigErrors> {
        let mut found = Self::default();
        let mut errors = Vec::new();
        let mut seen = Vec::new();
        for (key, value) in specs {
            let (key, value) = (key.as_ref().trim(), value.as_ref().trim());
            if !key.starts_with(SCOPE) {
                continue;
            }
            let Some((_, option)) = extra_specs().find(|(name, _)| *name == key) else {
                let names = extra_specs().map(|(name, _)| name);
                errors.push(
                    ConfigError::new(key, "is not an extra spec", did_you_mean(key, names))
                        .plain_value(value),
                );
                continue;
            };
            if seen.contains(&key) {
                errors.push(ConfigError::new(key, "is given twice", "give it once"));
                continue;
            }
            seen.push(key);
            let spec = options::find(option).expect("extra specs name rows of the table");
            if !value.is_empty()
                && let Err(problem) = found.set(key, spec, value)
            {
                let remedy = format!("use {}", spec.allowed());
                errors.push(ConfigError::new(key, problem, remedy).plain_value(value));
            }
        }
        if errors.is_empty() {
            Ok(found)
        } else {
            Err(ConfigErrors(errors))
        }
    }

    fn set(&mut self, key: &str, spec: &OptionSpec, value: &str) -> Result<(), String> {
        // Cinder's scoped form of a boolean value.
        let value = match spec.kind {
            OptionKind::Boolean => value.strip_prefix("<is>").unwrap_or(value).trim(),
            _ => value,
        };
        if let Some(property) = LunProperty::of_extra_spec(key) {
            let value = PropertyValue::parse(spec, value)?;
            self.optional.set(property, value);
            return Ok(());
        }
        match key {
            "zfssa:volblocksize" => self.volblocksize = Some(values::block_size(spec, value)?),
            "zfssa:sparse" => self.sparse = Some(values::boolean(value)?),
            "zfssa:compression" => {
                self.compression = Compression::from_choice(values::choice(spec, value)?);
            }
            "zfssa:delete_with_clones" => {
                self.delete_with_clones =
                    DeleteWithClones::from_choice(values::choice(spec, value)?);
            }
            _ => self.logbias = Logbias::from_choice(values::choice(spec, value)?),
        }
        Ok(())
    }

    /// The properties of these specs, and `defaults` for those that they do not
    /// set.
    pub fn over(&self, defaults: &LunProperties) -> LunProperties {
        LunProperties {
            volblocksize: self.volblocksize.unwrap_or(defaults.volblocksize),
            sparse: self.sparse.unwrap_or(defaults.sparse),
            compression: self.compression.unwrap_or(defaults.compression),
            logbias: self.logbias.unwrap_or(defaults.logbias),
            optional: self.optional.over(&defaults.optional),
            delete_with_clones: self.delete_with_clones.or(defaults.delete_with_clones),
        }
    }
}

impl LunProperties {
    /// These properties, overridden by the extra specs of a volume type. See
    /// [`LunSpecs::parse`].
    pub fn with_extra_specs<K: AsRef<str>, V: AsRef<str>>(
        &self,
        specs: &[(K, V)],
    ) -> Result<LunProperties, ConfigErrors> {
        let specs = LunSpecs::parse(specs)?;
        let all = specs.over(self);
        let named = |property: LunProperty| match specs.optional.get(property) {
            Some(_) => property.extra_spec(),
            None => property.option(),
        };
        match key_problem(&all.optional, named) {
            None => Ok(all),
            Some(error) => Err(ConfigErrors(vec![error])),
        }
    }
}

/// The problem of encryption without a key, or of a key without encryption.
/// `named` returns the extra spec or option that set a property.
pub(in crate::config) fn key_problem(
    values: &PropertyValues,
    named: impl Fn(LunProperty) -> &'static str,
) -> Option<ConfigError> {
    let error = |property, problem: &str, remedy: String| {
        let error = ConfigError::new(named(property), problem, remedy);
        let value = values.get(property).map(ToString::to_string);
        error.plain_value(&value.unwrap_or_default())
    };
    if values.encrypts() {
        return values.get(LunProperty::Keyname).is_none().then(|| {
            let (spec, option) = (
                LunProperty::Keyname.extra_spec(),
                LunProperty::Keyname.option(),
            );
            let remedy = format!("name a key of the key store with {spec} or {option}");
            error(LunProperty::Encryption, "needs a key", remedy)
        });
    }
    let (spec, option) = (
        LunProperty::Encryption.extra_spec(),
        LunProperty::Encryption.option(),
    );
    let remedy = format!("choose a cipher with {spec} or {option}");
    [LunProperty::Keystore, LunProperty::Keyname]
        .into_iter()
        .find(|property| values.get(*property).is_some())
        .map(|property| error(property, "is of no use without encryption", remedy))
}
